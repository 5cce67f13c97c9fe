"""Long work: waited for, watched, cancelled, interrupted."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

import facebridge
from conftest import Photo, started
from facebridge import Client, EmbeddingOutcome, JobState, Progress
from facebridge._jobs import outcomes


def test_outcomes_come_one_by_one(client: Client, face: Path, tmp_path: Path) -> None:
    paths = [face, tmp_path / "absent.jpg", face, face]
    with client.embed_many(paths) as job:
        by_index = {outcome.index: outcome for outcome in job}
        assert job.progress() == facebridge.Progress(done=4, total=4, state="finished")
        assert list(job) == [] and job.take_outcomes(5) == ()
    assert sorted(by_index) == [0, 1, 2, 3]
    assert by_index[0].embedding == client.embed(face) and by_index[0].failure is None
    failure = by_index[1].failure
    assert failure is not None and failure.kind is facebridge.ErrorKind.IO
    assert by_index[1].embedding is None
    assert "absent" not in failure.message + repr(by_index[1]), "photos are called after people"


def test_a_loop_may_be_left_and_taken_up_again(client: Client, face: Path) -> None:
    with client.embed_many([face] * 5) as job:
        assert job.wait()
        seen = []
        for outcome in job:
            seen.append(outcome.index)
            if len(seen) == 2:
                break
        with pytest.raises(ZeroDivisionError):
            for outcome in job:
                seen.append(outcome.index)
                raise ZeroDivisionError
        seen += [outcome.index for outcome in job]
        assert sorted(seen) == [0, 1, 2, 3, 4]


class Stopped:
    """A job whose own work failed after its first outcome."""

    def __init__(self, outcome: EmbeddingOutcome) -> None:
        self.left = [outcome]

    def progress(self) -> Progress:
        return Progress(done=1, total=2, state=JobState.FAILED)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        return True

    def take_outcomes(self, max_outcomes: int) -> tuple[EmbeddingOutcome, ...]:
        if not self.left:
            raise facebridge.IoError("The disk is gone.")
        return (self.left.pop(),)


def test_a_job_that_failed_says_why_itself(client: Client, face: Path) -> None:
    with client.embed_many([face]) as job:
        [outcome] = job
    feed = outcomes(Stopped(outcome))
    assert next(feed) is outcome
    with pytest.raises(facebridge.IoError, match="The disk is gone"):
        next(feed)


def test_none_at_all(client: Client) -> None:
    with client.embed_many([]) as job:
        assert list(job) == [] and job.progress().state is JobState.FINISHED


def test_results_are_waited_for(client: Client, people: Path) -> None:
    report = client.evaluate(folder=people).result()
    assert (report.images, report.undetected, report.unreadable) == (6, 0, 0)
    assert report.all_pairs is not None and report.all_pairs.all.counts.mated == 3
    job = client.evaluate(folder=people)
    assert job.wait() and job.wait(0) and job.result() == report


def test_waiting_has_an_end(client: Client, crowd: Path) -> None:
    with client.evaluate(folder=crowd) as job:
        assert not job.wait(0)
        assert not job.wait(0.15)
        assert not job.wait(timeout_seconds=0.001)
        with pytest.raises(facebridge.StillRunningError):
            job.result(0.01)
        for wrong in (-1, float("nan"), -float("inf"), "soon"):
            with pytest.raises(facebridge.InvalidArgumentError, match="timeout_seconds"):
                job.wait(wrong)  # type: ignore[arg-type]
        progress = job.progress()
        assert progress.state is JobState.RUNNING and progress.done <= progress.total
        job.cancel()
        assert job.wait()
        assert job.progress().state is JobState.CANCELLED
        with pytest.raises(facebridge.CancelledError):
            job.result()


def test_a_cancelled_feed_ends(client: Client, photo: Photo) -> None:
    with client.embed_many([photo("face_recognition/obama.jpg")] * 1000) as job:
        taken = 0
        for outcome in job:
            assert outcome.embedding is not None
            taken += 1
            job.cancel()
        assert 0 < taken < 1000


def test_labelled_photos_are_checked(client: Client) -> None:
    with pytest.raises(facebridge.InvalidArgumentError):
        client.evaluate()
    with pytest.raises(facebridge.InvalidArgumentError, match="made"):
        client.calibrate(5, folder="people")  # type: ignore[arg-type]


def test_a_calibration_needs_people(client: Client, people: Path) -> None:
    job = client.calibrate("2026-01-31", folder=people)
    with pytest.raises(facebridge.InsufficientDataError):
        job.result()


WAITING = """
import signal
import sys
import facebridge

# A program that was started in the background of a script ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
client = facebridge.Client.local()
job = client.evaluate(folder=sys.argv[1])
many = client.embed_many([sys.argv[2]] * 5000)
waiting = {
    "wait": job.wait,
    "wait with a limit": lambda: job.wait(600),
    "result": job.result,
    "feed": lambda: list(many),
}
try:
    print("ready", flush=True)
    waiting[sys.argv[3]]()
    print("done")
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("what", ["wait", "wait with a limit", "result", "feed"])
def test_ctrl_c_ends_a_wait(crowd: Path, photo: Photo, what: str) -> None:
    many = photo("face_recognition/obama.jpg")
    command: list[str | Path] = [sys.executable, "-c", WAITING, crowd, many, what]
    with started(command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)  # by then it waits; a signal that comes earlier ends it just the same
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "interrupted\n", "")
