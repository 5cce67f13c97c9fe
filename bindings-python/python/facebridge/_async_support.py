"""What the classes for asyncio stand on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ._jobs import LONGEST_WAIT, Feed, Job, Outcome

if TYPE_CHECKING:
    from types import TracebackType

_SHORTEST_PAUSE = 0.002


class _Closing(Protocol):
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


T = TypeVar("T", bound=_Closing)


class Opening(Generic[T]):
    """Something that is being made: await it to have it, or `async with` it to have it closed again."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.to_thread(self._make).__await__()

    async def __aenter__(self) -> T:
        self._made = await self
        return self._made

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._made is not None:
            await self._made.__aexit__(kind, error, traceback)


async def wait(job: Job, timeout_seconds: float | None) -> bool:
    """Waits for a job without keeping a thread, so that cancelling the task ends the wait at once."""
    try:
        refused = timeout_seconds is not None and not timeout_seconds >= 0
    except TypeError:
        refused = True
    if refused:
        return job.wait(timeout_seconds)  # Says why.
    end = None if timeout_seconds is None else time.monotonic() + float(timeout_seconds)
    pause = _SHORTEST_PAUSE
    while not job.wait(0):
        if end is not None:
            left = end - time.monotonic()
            if left <= 0:
                return False
            pause = min(pause, left)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_WAIT)
    return True


async def outcomes(job: Feed[Outcome]) -> AsyncIterator[Outcome]:
    """Hands over what comes, as it comes, until the job has ended."""
    ended = False
    while True:
        # One at a time: whoever leaves the loop finds the others still there.
        taken = job.take_outcomes(1)
        for outcome in taken:
            yield outcome
        if taken:
            continue
        if ended:
            break
        ended = await wait(job, LONGEST_WAIT)
