"""Work for workers that takes no time worth mentioning, and work that fails."""

import time


class Sleeper:
    """A unit takes so many seconds."""

    def __init__(self, seconds):
        self._seconds = seconds

    def run(self, amount):
        print("what libraries print is no answer")  # noqa: T201
        time.sleep(self._seconds * amount)
        return 10 * amount


class Busy:
    """A unit is so many additions."""

    def run(self, amount):
        sum(range(amount * 2_000_000))
        return amount


class Broken:
    """Can be built, and not run."""

    def run(self, amount):
        raise ValueError(f"no {amount} of these")


def unbuildable():
    raise OSError("there is no compiler")


def doubled(number):
    return {"double": 2 * number}
