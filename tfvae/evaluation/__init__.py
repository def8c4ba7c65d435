"""How good a trained model is: `python -m tfvae.evaluation --run=model_directory/NAME`.

The functions here take arrays, or a model as `Functions` of arrays, and serve any model, ours or not. Importing
this package imports no TensorFlow.
"""
