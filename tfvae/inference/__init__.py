"""From a finished run to pictures, with nothing but its SavedModel: no Keras model, network or TFP is imported.

`flags` reads and checks the command line, `runs` finds the run, `restored` calls the SavedModel's signatures,
`images` reads the user's own pictures, `walks` goes from latent to latent, `pictures` makes what is drawn.
"""
