"""Several batches at once, in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORKERS = (os.cpu_count() or 1) + 1  # one more than cores: while one thread is in Python, the others compute


def in_order(function: Callable[[T], R], items: Iterable[T], workers: int = WORKERS) -> Iterator[R]:
    """`map`, with so many calls at once. TensorFlow computes without holding Python's lock.

    One batch alone leaves cores idle wherever an operation is too small to be shared between them. No more items are
    read than are being worked on. When the iteration ends early, calls that have begun are waited for.
    """
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
