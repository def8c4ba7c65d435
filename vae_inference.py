"""Pictures, GIFs and latents from a trained run, restored from its SavedModel alone.

python vae_inference.py                                the newest run in model_directory/
python vae_inference.py --run=model_directory/NAME --only=generations --seed=1
python vae_inference.py --images=my_pictures/          reconstruct and interpolate your own
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tfvae import scripts
from tfvae.inference.flags import parse
from tfvae.inference.pictures import PICTURES, make
from tfvae.inference.source import open_source, save


def main(argv: Sequence[str]) -> None:
    """Checks the flags, restores the model, makes the pictures, writes them, and says what it wrote."""
    request = parse(argv, Path(__file__).resolve().parent, tuple(PICTURES))
    if isinstance(request, str):
        print(__doc__, request, sep="\n")
        return
    print(f"Run {request.run.folder}, version {request.run.serving.name}", flush=True)
    source = open_source(request)
    files, left_out = make(source, request.only)
    for sentence in left_out:
        print(f"Left out: {sentence}")
    for path in save(files, request.output_dir):
        print(f"Wrote {path}")


def run(argv: Sequence[str]) -> int:
    """`main`, with an exit status."""
    return scripts.run(main, argv)


if __name__ == "__main__":
    sys.exit(run(sys.argv))
