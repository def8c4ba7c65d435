"""Sections of an evaluation: what `--metrics` may name, in the order of the report.

To add one: write one file with a `Section`, and one line here.
"""

from tfvae.registry import Registry

SECTIONS = Registry(
    "metric",
    __name__,
    {
        "density": "density:Density",
        "latents": "latents:Latents",
        "reconstruction": "reconstruction:Reconstruction",
        "codes": "codes:Codes",
        "samples": "samples:Samples",
        "anomaly": "anomaly:Anomaly",
        "probes": "probes:Probes",
    },
)
