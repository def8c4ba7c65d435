"""Pictures, GIFs and latents from a trained run, restored from its SavedModel alone.

python vae_inference.py                                the newest run in model_directory/
python vae_inference.py --run=model_directory/NAME --only=generations --seed=1
python vae_inference.py --images=my_pictures/          reconstruct and interpolate your own
python vae_inference.py --attribute=Smiling            latent arithmetic: the attribute's vector, applied and measured
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfvae import scripts
from tfvae.inference.flags import Request, parse
from tfvae.inference.pictures import PICTURES, Files, make
from tfvae.inference.source import open_source, save


def main(argv: Sequence[str]) -> None:
    """Checks the flags, restores the model, and makes the pictures: each is written, and said so, before the next."""
    request = parse(argv, Path(__file__).resolve().parent, tuple(PICTURES))
    if isinstance(request, str):
        print(__doc__, request, sep="\n")
        return
    print(f"Run {request.run.folder}, version {request.run.serving.name}", flush=True)
    for files, sentence in _made(request):
        if sentence:
            print(sentence, flush=True)
        for path in save(files, request.output_dir):
            print(f"Wrote {path}", flush=True)


def _made(request: Request) -> Iterator[tuple[Files, str]]:
    """The files asked for, and what there is to say of them."""
    if request.attribute is None:
        yield from make(open_source(request), request.only)
        return
    from tfvae.inference.attributes import study  # scikit-learn, which pictures do without

    files, sentences = study.make(request, request.attribute)
    yield files, "\n".join(sentences)


def run(argv: Sequence[str]) -> int:
    """`main`, with an exit status."""
    return scripts.run(main, argv)


if __name__ == "__main__":
    sys.exit(run(sys.argv))
