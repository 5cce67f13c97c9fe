"""Closing, forking, leaving: nothing hangs, nothing crashes."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

import facebridge
from conftest import Photo, RunPython, resident
from facebridge import Client, ClosedError


def test_a_closed_client_says_so(face: Path) -> None:
    client = Client.local()
    assert not client.closed and repr(client) == "<Client>"
    client.close()
    assert client.closed and repr(client) == "<Client, closed>"
    for call in (
        lambda: client.embed(face),
        client.capabilities,
        lambda: client.embed_many([face]),
        client.close,
    ):
        with pytest.raises(ClosedError):
            call()


def test_a_with_block_closes_once(face: Path) -> None:
    with Client.local() as client:
        client.close()
    with pytest.raises(ZeroDivisionError), Client.local() as client:
        raise ZeroDivisionError
    assert client.closed


def test_jobs_outlive_their_client_and_end_with_their_close(face: Path) -> None:
    with Client.local() as client:
        job = client.embed_many([face] * 3)
    assert len(list(job)) == 3
    job.close()
    for call in (
        job.progress,
        job.wait,
        job.cancel,
        lambda: job.take_outcomes(1),
        lambda: list(job),
        job.close,
    ):
        with pytest.raises(ClosedError):
            call()


def test_objects_are_neither_pickled_nor_copied(client: Client, face: Path) -> None:
    with client.embed_many([face]) as job:
        for item in (client, job):
            for copying in (pickle.dumps, copy.copy, copy.deepcopy):
                with pytest.raises(TypeError, match="in one process"):
                    copying(item)


FORK = """
import os, sys, threading
import facebridge

client = facebridge.Client.local(concurrency=2)
face = sys.argv[1]
expected = client.embed(face)
job = client.embed_many([face])
job.wait()
running = True
gate = threading.Barrier(3, timeout=60)

def busy():
    gate.wait()
    for _ in range(3):
        client.embed(face)
    # By now both have a session: what ONNX Runtime makes during a fork never ends in the child.
    gate.wait()
    while running:
        client.embed(face)

workers = [threading.Thread(target=busy) for _ in range(2)]
for worker in workers:
    worker.start()
gate.wait()
gate.wait()

def child():
    for call in (lambda: client.embed(face), client.capabilities, job.progress, job.wait):
        try:
            call()
            return 1
        except (facebridge.ForkedProcessError, facebridge.ClosedError) as error:
            assert "fork" in error.message
    with facebridge.Client.local() as fresh:
        if fresh.embed(face) != expected:
            return 2
        with fresh.embed_many([face, face]) as again:
            if len(list(again)) != 2:
                return 3
    return 0

for _ in range(3):
    process = os.fork()
    if process == 0:
        code = 99
        try:
            code = child()
            global_names = globals()
            del global_names["client"], global_names["job"]
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
running = False
for worker in workers:
    worker.join()
assert client.embed(face) == expected
print("done")
"""


def test_a_fork_needs_a_client_of_its_own(run_python: RunPython, face: Path) -> None:
    ran = run_python(FORK, face, options=("-W", "ignore::DeprecationWarning"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "done\n", "")


POOL = """
import multiprocessing, sys
import facebridge

def embedded(face):
    with facebridge.Client.local() as client:
        return client.embed(face)

if __name__ == "__main__":
    client = facebridge.Client.local()
    expected = client.embed(sys.argv[1])
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.map(embedded, [sys.argv[1]] * 4) == [expected] * 4
    print("done")
"""


def test_results_come_back_from_forked_workers(run_python: RunPython, face: Path) -> None:
    ran = run_python(POOL, face, options=("-W", "ignore::DeprecationWarning"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "done\n", "")


LEAVE = """
import sys, threading, time
import facebridge

client = facebridge.Client.local()
job = client.embed_many([sys.argv[1]] * 1000)

def busy():
    while True:
        client.embed(sys.argv[1])

for _ in range(4):
    threading.Thread(target=busy, daemon=True).start()
time.sleep(float(sys.argv[2]))
sys.exit(7)
"""


@pytest.mark.parametrize("after", [0, 0.01, 0.1, 0.2, 0.3])
def test_leaving_while_calls_run_keeps_the_exit_code(
    run_python: RunPython, photo: Photo, after: float
) -> None:
    ran = run_python(LEAVE, photo("face_recognition/obama.jpg"), after)
    assert (ran.returncode, ran.stdout, ran.stderr) == (7, "", "")


INTERPRETERS = """
import sys
import facebridge
facebridge.Client.local().embed(sys.argv[1])
raise RuntimeError("the program's own")
"""


def test_an_uncaught_error_ends_as_usual(run_python: RunPython, face: Path) -> None:
    ran = run_python(INTERPRETERS, face)
    assert ran.returncode == 1 and ran.stderr.endswith("RuntimeError: the program's own\n")


def test_forgotten_clients_are_released(face: Path) -> None:
    """Each holds tens of megabytes; what is forgotten must not pile up."""
    Client.local().embed(face)
    before = resident()
    for _ in range(10):
        Client.local().embed(face)
    assert resident() - before < 200 * 2**20


def test_messages_never_name_the_photo(client: Client) -> None:
    with pytest.raises(facebridge.FaceError) as caught:
        client.detect(b"the customer's secret bytes")
    assert "secret" not in str(caught.value) + repr(caught.value)
