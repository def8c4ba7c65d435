"""Encoding and decoding: the SavedModel's signatures beside PyTorch in inference mode."""

from benchmarks.contest import Contest
from benchmarks.suite import Findings, Session, Suite
from benchmarks.suites.training import CONFIGURATIONS, CONTIGUOUS, EAGER
from benchmarks.targets import AtLeast
from benchmarks.workers import Worker, call

PEER, FLAGS = "benchmarks.peers.celeba64:CelebA64", ("--config=celeba64",)
TARGETS = {("decode", 64): AtLeast(1.2, (EAGER, CONTIGUOUS), "eager PyTorch")}


def _measure(session: Session) -> Findings:
    path = call("benchmarks.served:export", flags=FLAGS, folder=str(session.folder))
    found = []
    for verb in ("encode", "decode"):
        for batch_size in (1, 64):
            call_of = {"verb": verb, "batch_size": batch_size}
            peers = [
                Worker(name, "benchmarks.peers.inference:Calls", {"peer": PEER, "configuration": way, **call_of})
                for name, way in CONFIGURATIONS.items()
            ]
            contest = Contest(
                name=f"{verb}, batch {batch_size}",
                ours=Worker("ours, SavedModel", "benchmarks.served:Calls", {"path": path, **call_of}),
                peers=peers,
                target=TARGETS.get((verb, batch_size)),
                seconds=0.5,  # hundreds of calls
            )
            found.append(session.compare(contest))
    return Findings(found)


SERVING = Suite("celeba64 served: encode and decode from the SavedModel, beside PyTorch in inference mode.", _measure)
