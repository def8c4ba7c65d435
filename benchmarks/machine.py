"""What figures are of: the processor, what it can compute, the versions. No paths and no names of machines."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.sides import HOME

FLAGS = (  # that decide which kernels oneDNN takes
    "avx2",
    "fma",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "avx_vnni",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
)
PACKAGES = ("tensorflow", "keras", "tensorflow-probability", "torch", "pythae", "numpy", "pillow")
BFLOAT16 = {"avx512_bf16", "amx_bf16"}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_WAIT_POLICY")


def describe() -> dict[str, Any]:
    """The machine and the versions, as plain JSON."""
    info = _cpuinfo()
    return {
        "processor": info.get("model name", platform.machine()),
        "flags": [flag for flag in FLAGS if flag in info.get("flags", "").split()],
        "cores": cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
        "versions": {"python": platform.python_version(), **_versions()},
    }


def session() -> dict[str, Any]:
    """When, and of which revision."""
    return {"date": datetime.now(UTC).isoformat(timespec="seconds"), "revision": _revision()}


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0))


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself."""
    return bool(BFLOAT16 & set(describe()["flags"]))


def _cpuinfo() -> dict[str, str]:
    """Of the first core."""
    path = Path("/proc/cpuinfo")
    first = path.read_text(encoding="utf-8").split("\n\n")[0] if path.exists() else ""
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _revision() -> str:
    """Of git, with a + if files differ from it; "unknown" outside a checkout."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD").strip()
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/results")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed.strip() else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=HOME).stdout
