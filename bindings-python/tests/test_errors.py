"""Errors: one class for each kind, all with the same facts."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import facebridge
from conftest import Photo, RunPython
from facebridge import Client, ErrorKind, FaceError, _facebridge
from facebridge._errors import from_native


def classes() -> list[type[FaceError]]:
    found = (getattr(facebridge, name) for name in facebridge.__all__)
    return [item for item in found if isinstance(item, type) and issubclass(item, FaceError)]


def test_every_kind_has_its_class() -> None:
    by_kind = {error.kind: error for error in classes() if error is not FaceError}
    assert set(by_kind) == set(ErrorKind)
    for kind, error in by_kind.items():
        assert error.__name__ == kind.name.title().replace("_", "") + "Error"
        assert error.__module__ == "facebridge" and error.__doc__
        raised = from_native(kind, "m", "v", 10, "t", True)
        assert type(raised) is error and raised.kind is kind
    assert issubclass(facebridge.InvalidArgumentError, ValueError)
    assert issubclass(facebridge.InvalidArgumentError, TypeError)
    assert issubclass(facebridge.IoError, OSError)
    assert issubclass(facebridge.UnsupportedError, NotImplementedError)


def test_a_kind_that_is_not_known_is_still_an_error() -> None:
    unknown = from_native(12345, "m", None, None, None, False)
    assert type(unknown) is FaceError and unknown.message == "m"


def test_facts_survive_copying() -> None:
    for error in classes():
        first = error(
            "what happened", vendor_code="40301", check_code=10, trace_id="t", retryable=True
        )
        for again in (pickle.loads(pickle.dumps(first)), copy.copy(first), copy.deepcopy(first)):
            assert type(again) is error and str(again) == "what happened"
            assert vars(again) == vars(first)
            assert (again.vendor_code, again.check_code, again.retryable) == ("40301", 10, True)


def test_the_core_says_what_is_wrong(client: Client, photo: Photo, tmp_path: Path) -> None:
    note = tmp_path / "note.jpg"
    note.write_text("not a photo")
    with pytest.raises(facebridge.UnsupportedImageError) as unsupported:
        client.detect(note)
    assert unsupported.value.check_code == 50 and not unsupported.value.retryable
    absent = tmp_path / "absent.jpg"
    calls: list[Callable[[Path], object]] = [
        client.detect,
        client.embed,
        lambda image: facebridge.draw(image, []),
    ]
    for call in calls:
        with pytest.raises(facebridge.IoError) as unreadable:
            call(absent)
        assert "absent" not in repr(unreadable.value), "photos are called after people"
    with pytest.raises(facebridge.NoFaceError, match="first image") as none:
        client.compare(facebridge.Pixels(bytes(30_000), "rgb", width=100, height=100), note)
    assert none.value.check_code == facebridge.CheckCode.NO_FACE
    whole = photo("face_recognition/obama.jpg").read_bytes()
    with pytest.raises(facebridge.InvalidImageError):
        client.detect(whole[:100])
    with pytest.raises(facebridge.InvalidModelError):
        facebridge.optimize_model(b"\x08\x07garbage")
    with pytest.raises(facebridge.AssetMissingError):
        Client.local(model_dir=tmp_path)
    with pytest.raises(FaceError):
        Client.from_config(tmp_path / "absent.toml")


@pytest.mark.parametrize("max_fmr", [0, 1, -1e-4, 2, float("nan"), float("inf")])
def test_rates_out_of_range(client: Client, face: Path, max_fmr: float) -> None:
    with pytest.raises(facebridge.InvalidArgumentError, match="max_fmr"):
        client.compare(face, face, max_fmr=max_fmr)


@pytest.mark.parametrize("max_faces", [0, 101, -1, 2**32, 2**70, None, 1.5, "3"])
def test_counts_out_of_range(client: Client, face: Path, max_faces: int) -> None:
    with pytest.raises(facebridge.InvalidArgumentError, match="max_faces"):
        client.detect(face, max_faces=max_faces)


PANIC = """
import sys
import facebridge
from facebridge import _facebridge

try:
    _facebridge._panic("the customer's name")
except facebridge.InternalError as error:
    assert "customer" not in str(error) + repr(error) and "report" in error.message
facebridge.Client.local().embed(sys.argv[1])
print("done")
"""


@pytest.mark.skipif(not hasattr(_facebridge, "_panic"), reason="only development builds can panic")
def test_a_bug_is_an_error_without_its_words(run_python: RunPython, face: Path) -> None:
    ran = run_python(PANIC, face)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "done\n", "")


def test_unknown_arguments_are_type_errors(client: Client, face: Path) -> None:
    with pytest.raises(TypeError):
        client.detect(face, 3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        client.detect(face, max_face=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Client()
