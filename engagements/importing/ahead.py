"""Reading rows in other processes, while this one writes.

A reader is a copy of this process (fork): it has the names and codes already and asks the database
nothing. Where processes cannot be copied, or only one processor is there, rows are read here.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

AT_MOST = 3

_work: Callable[[Any], Any] | None = None


def available() -> int:
    """Return how many readers this machine has room for, beside the writer and the database."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return 0
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return min(processors - 1, AT_MOST)


@contextmanager
def readers(
    work: Callable[[Any], Any], number: int
) -> Iterator[Callable[[Any], Callable[[], Any]]]:
    """Yield a function that hands something to a reader and returns how to get the answer."""
    global _work
    if number < 1:
        yield lambda item: lambda: work(item)
        return
    _work = work
    pool = multiprocessing.get_context("fork").Pool(number)
    try:
        yield lambda item: pool.apply_async(_do, [item]).get
    finally:
        _work = None
        pool.terminate()
        pool.join()


def _do(item: Any) -> Any:
    assert _work is not None  # set before the process was copied
    return _work(item)


def in_order(
    items: Iterable[Any], hand_over: Callable[[Any], Any], ahead: int
) -> Iterator[tuple[Any, Any]]:
    """Yield each item with what ``hand_over`` made of it, with some of them under way."""
    under_way: deque[tuple[Any, Any]] = deque()
    for item in items:
        under_way.append((item, hand_over(item)))
        if len(under_way) > ahead:
            yield under_way.popleft()
    yield from under_way
