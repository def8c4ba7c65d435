import threading

import pytest

from tfvae.evaluation.concurrency import in_order


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10])
def test_results_come_in_the_order_of_the_items(count):
    release = [threading.Event() for _ in range(count)]

    def job(number):
        if number + 1 < count and number % 2 == 0:
            release[number + 1].wait(5)  # even ones end after the next
        release[number].set()
        return number

    assert list(in_order(job, range(count), workers=3)) == list(range(count))


def test_no_more_items_are_read_than_are_worked_on():
    read = []

    def items():
        for number in range(100):
            read.append(number)
            yield number

    results = in_order(lambda number: number, items(), workers=4)
    next(results)
    assert len(read) == 4
    results.close()
    assert len(read) == 4


def test_faults_and_interruptions_come_through():
    def job(number):
        if number == 2:
            raise KeyboardInterrupt
        return number

    results = in_order(job, range(5), workers=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(KeyboardInterrupt):
        next(results)
