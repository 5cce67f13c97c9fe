"""Jobs that hand out results bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from ._facebridge import Progress

LONGEST_WAIT = 0.05

Outcome = TypeVar("Outcome", covariant=True)


class Job(Protocol):
    """Long work."""

    def progress(self) -> Progress:
        """How far the job is."""
        ...

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Whether the job has ended, after waiting for that."""
        ...


class Feed(Job, Protocol[Outcome]):
    """Long work whose results come one after the other."""

    def take_outcomes(self, max_outcomes: int) -> tuple[Outcome, ...]:
        """What is there by now."""
        ...


def outcomes(job: Feed[Outcome]) -> Iterator[Outcome]:
    """Hands over what comes, as it comes, until the job has ended."""
    ended = False
    while True:
        # One at a time: whoever leaves the loop finds the others still there.
        taken = job.take_outcomes(1)
        yield from taken
        if taken:
            continue
        if ended:
            break
        ended = job.wait(LONGEST_WAIT)
