# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading ahead and writing behind: threads with a bounded queue, results in order."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextlib.contextmanager
def mapped(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, ahead: int
) -> Iterator[Iterator[Result]]:
    """Yields the results of ``function`` over ``items``, in their order, from ``workers`` threads.

    ``items`` is drawn in the caller's thread. At most ``ahead`` items are under way, so memory
    doesn't grow with their number. Leaving the block drops what has not begun and waits for what
    has: no thread outlives it.
    """
    pool = ThreadPoolExecutor(workers)
    pending: deque[Future[Result]] = deque()

    def results() -> Iterator[Result]:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    try:
        yield results()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
