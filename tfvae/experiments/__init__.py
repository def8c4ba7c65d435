"""Lists of presets, trained one after the other on one data set and budget, measured alike, in one report.

`python -m tfvae.experiments NAME` is `__main__.py`; the lists stand in `config.py`.
"""
