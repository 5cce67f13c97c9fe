"""Results are values: frozen, comparable, printable, picklable."""

from __future__ import annotations

import array
import copy
import ctypes
import gc
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import facebridge
from conftest import resident
from facebridge import Client, Embedding, FloatArray


@pytest.fixture(scope="module")
def embedding(client: Client, face: Path) -> Embedding:
    return client.embed(face)


@pytest.fixture
def results(client: Client, face: Path, people: Path) -> list[Any]:
    """One of nearly every record."""
    with client.embed_many([face, people / "none.jpg"]) as job:
        outcomes = list(job)
        progress = job.progress()
    with client.evaluate(folder=people) as evaluation:
        report = evaluation.result()
    return [
        client.capabilities(),
        client.detect(face),
        client.compare(face, face),
        client.embed(face),
        *outcomes,
        progress,
        report,
        facebridge.CohortList(name="a", file=people / "a.txt"),
        facebridge.ImageLimits(),
        facebridge.QualityThresholds(min_face_size=50),
    ]


def records(value: object) -> Iterator[Any]:
    """A record and all within it."""
    if isinstance(value, tuple):
        for item in value:
            yield from records(item)
    elif hasattr(value, "to_dict"):
        yield value
        for name in value.to_dict():
            yield from records(getattr(value, name))


def test_copies_are_equal(results: list[Any]) -> None:
    seen = set()
    for record in records(tuple(results)):
        seen.add(type(record))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(record, protocol))
            assert again == record and type(again) is type(record)
        assert copy.deepcopy(record) == record
        assert copy.copy(record) == record
        assert record != object()
    assert len(seen) > 25


def test_representation_makes_the_same_again(results: list[Any]) -> None:
    made = 0
    for record in records(tuple(results)):
        text = repr(record)
        assert text.startswith(f"{type(record).__name__}(")
        if "numbers>" not in text:
            made += 1
            assert eval(text, vars(facebridge)) == record
    assert made > 20


def test_dictionaries_are_ready_for_json(results: list[Any]) -> None:
    for record in records(tuple(results)):
        again = json.loads(json.dumps(record.to_dict()))
        assert list(again) == list(record.to_dict())
        for name, value in again.items():
            assert hasattr(record, name)
            assert not isinstance(getattr(record, name), list), "lists come out as tuples"
            if isinstance(getattr(record, name), facebridge.CheckCode):
                assert value == getattr(record, name).text


def test_dictionaries_are_read_back(results: list[Any]) -> None:
    seen = set()
    for record in records(tuple(results)):
        seen.add(type(record))
        assert type(record).from_dict(record.to_dict()) == record
        assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record
    assert len(seen) > 25


def test_dictionaries_may_lack_what_has_a_default() -> None:
    assert facebridge.ImageLimits.from_dict({}) == facebridge.ImageLimits()
    limits = facebridge.ImageLimits.from_dict({"max_side": 100})
    assert limits == facebridge.ImageLimits(max_side=100)
    stored = {"kind": "io", "message": "m", "retryable": False}
    failure = facebridge.Failure(kind="io", message="m", retryable=False)
    assert facebridge.Failure.from_dict(stored) == failure
    assert failure.kind is facebridge.ErrorKind.IO


def test_dictionaries_are_checked(client: Client, face: Path) -> None:
    def changed(path: str, value: object) -> dict[str, Any]:
        stored = client.detect(face).to_dict()
        *within, last = path.split(".")
        place: Any = stored
        for step in within:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
        return stored

    wrong: list[tuple[Any, str]] = [
        (5, "`fields` must be a dictionary"),
        ({}, "`faces` must be there"),
        (changed("other", 1), "`fields` must have no names but those of facebridge.Detection"),
        (changed("faces.0.other", 1), r"`faces\[0\]` must have no names but"),
        (changed("faces.0.quality.sharpness", "x"), r"`faces\[0\].quality.sharpness` must"),
        (changed("faces.0.pose", [1, 2, 3]), r"`faces\[0\].pose` must be a dictionary"),
        (changed("faces.0.direction", "no"), r"`faces\[0\].direction` must be a"),
    ]
    for fields, says in wrong:
        with pytest.raises(facebridge.InvalidArgumentError, match=f"^{says}"):
            facebridge.Detection.from_dict(fields)


def test_records_are_frozen(client: Client, face: Path) -> None:
    detection: Any = client.detect(face)
    with pytest.raises(AttributeError):
        detection.rotation = 90
    with pytest.raises(AttributeError):
        detection.other = 90
    with pytest.raises(AttributeError):
        del detection.rotation
    with pytest.raises(TypeError):
        hash(detection)
    with pytest.raises(TypeError):
        facebridge.Point(1, 2)  # type: ignore[call-arg]
    assert detection.faces[0].bounding_box.width > 0


def test_records_are_made_by_name() -> None:
    point = facebridge.Point(x=1, y=0.1)
    assert (point.x, point.y) == (1.0, float(np.float32(0.1)))
    assert repr(point) == "Point(x=1.0, y=0.1)"
    assert facebridge.Point(x=1).y == 0.0
    default = facebridge.ImageLimits()
    absent: Any = ...
    limits = facebridge.ImageLimits(max_side=100, max_bytes=absent)
    assert limits == facebridge.ImageLimits(max_side=100)
    assert default.max_side == 8192 and facebridge.ImageLimits(max_side=1) != default
    failure = facebridge.Failure(kind=facebridge.ErrorKind.IO, message="m", retryable=False)
    assert failure.vendor_code is None and failure == eval(repr(failure), vars(facebridge))
    with pytest.raises(TypeError):
        facebridge.Failure(message="m")  # type: ignore[call-arg]


def client_of(**arguments: Any) -> None:
    with Client.local() as client:
        client.evaluate(**arguments)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: facebridge.ImageLimits(max_side=-1), "max_side"),
        (lambda: facebridge.ImageLimits(max_side=2**32), "max_side"),
        (lambda: facebridge.ImageLimits(max_bytes=2**64), "max_bytes"),
        (lambda: facebridge.ImageLimits(max_side=None), "max_side"),  # type: ignore[arg-type]
        (lambda: facebridge.ImageLimits(max_side=1.5), "max_side"),  # type: ignore[arg-type]
        (lambda: facebridge.Point(x="1"), "x"),  # type: ignore[arg-type]
        (lambda: facebridge.Point(x=1e300), "x"),
        (lambda: facebridge.CohortList(name=1, file="f"), "name"),  # type: ignore[arg-type]
        (lambda: facebridge.CohortList(name="\ud800", file="f"), "name"),
        (lambda: facebridge.CohortList(name="n", file=1), "file"),  # type: ignore[arg-type]
        (lambda: client_of(folder=1), "folder"),
        (lambda: client_of(cohorts=[1]), r"cohorts\[0\]"),
        (lambda: facebridge.Progress(done=1, total=1, state="no"), "state"),  # type: ignore[arg-type]
        (lambda: facebridge.Client.local(limits=5), "limits"),  # type: ignore[arg-type]
    ],
)
def test_wrong_fields_are_refused_by_name(make: Any, name: str) -> None:
    with pytest.raises(facebridge.InvalidArgumentError, match=f"^`{name}` must"):
        make()


def test_enums_have_text_and_number(client: Client, face: Path) -> None:
    face_found = client.detect(face).faces[0]
    assert face_found.direction is facebridge.Direction.FRONT
    assert (face_found.direction, face_found.direction.text) == (0, "front")
    code: int = facebridge.CheckCode.NO_FACE
    text: str = facebridge.Decision.NO_MATCH
    assert (code, text) == (10, "no_match")
    assert facebridge.Decision("match") is facebridge.Decision.MATCH
    failure = facebridge.Failure(kind="no_face", message="m", retryable=False)
    assert failure.kind is facebridge.ErrorKind.NO_FACE
    assert failure == facebridge.Failure(kind=5, message="m", retryable=False)
    progress = facebridge.Progress(done=1, total=2, state="running")
    assert progress.state is facebridge.JobState.RUNNING
    for enum in (facebridge.Decision, facebridge.CheckCode):
        for member in enum:
            assert pickle.loads(pickle.dumps(member)) is member


def test_vectors_are_not_shown(embedding: Embedding) -> None:
    shown = repr(embedding) + repr(embedding.values) + str(embedding) + f"{embedding.values}"
    assert "<128 numbers>" in shown and "FloatArray of 128" in shown
    for value in embedding.values:
        assert f"{value:.6f}"[:8] not in shown and repr(float(np.float32(value))) not in shown


def test_vectors_are_read_in_place(embedding: Embedding) -> None:
    values = embedding.values
    array: npt.NDArray[np.float32] = np.asarray(values)
    assert (array.dtype.name, array.shape, array.flags.writeable) == ("float32", (128,), False)
    assert array.ctypes.data == np.asarray(values).ctypes.data
    assert array.ctypes.data == np.frombuffer(memoryview(values), np.float32).ctypes.data
    assert float(np.linalg.norm(array)) == pytest.approx(1, abs=1e-5)
    view = memoryview(values)
    assert (view.format, view.shape, view.strides, view.readonly) == ("f", (128,), (4,), True)
    kept = array.tolist()
    del values, view
    gc.collect()
    assert array.tolist() == kept == embedding.values.tolist()


def test_vectors_by_dlpack(embedding: Embedding) -> None:
    values = embedding.values
    array = np.from_dlpack(values)
    assert array.ctypes.data == np.asarray(values).ctypes.data and not array.flags.writeable
    copied = np.from_dlpack(values, copy=True)
    assert copied.ctypes.data != array.ctypes.data and copied.tolist() == array.tolist()
    copied[0] = 7  # its own
    assert array[0] != 7
    assert values.__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError):
        values.__dlpack__(copy=False)
    with pytest.raises(BufferError):
        values.__dlpack__(dl_device=(2, 0))
    for _ in range(1000):
        np.from_dlpack(FloatArray([1, 2, 3]))
        values.__dlpack__()
        values.__dlpack__(max_version=(1, 0))
    is_valid = ctypes.pythonapi.PyCapsule_IsValid
    is_valid.argtypes = (ctypes.py_object, ctypes.c_char_p)
    assert is_valid(values.__dlpack__(), b"dltensor")
    assert is_valid(values.__dlpack__(max_version=(1, 1)), b"dltensor_versioned")
    kept = array.tolist()
    del values
    gc.collect()
    assert array.tolist() == kept


def test_vectors_that_were_exported_are_forgotten() -> None:
    """Twenty megabytes each time, taken over by a reader and left lying."""
    numbers = np.zeros(5_000_000, np.float32)

    def export() -> None:
        values = FloatArray(numbers)
        for copied in (False, True):
            np.from_dlpack(values, copy=copied)
            values.__dlpack__(max_version=(1, 0), copy=copied)
        values.__dlpack__()

    export()
    before = resident()
    for _ in range(20):
        export()
    assert resident() - before < 200 * 2**20


def test_vectors_are_sequences() -> None:
    values = FloatArray([1, 2.5, -3])
    assert (len(values), list(values), values[-1], values[1]) == (3, [1.0, 2.5, -3.0], -3.0, 2.5)
    assert values[::-1] == FloatArray([-3, 2.5, 1]) and values[1:].tolist() == [2.5, -3.0]
    assert (
        values
        == FloatArray(np.array([1, 2.5, -3]))
        == FloatArray(np.array([1, 2.5, -3], np.float32))
    )
    assert values == FloatArray(values) and values != [1, 2.5, -3]
    assert pickle.loads(pickle.dumps(values)) == values == copy.deepcopy(values)
    for index in (3, -4, 2**70):
        with pytest.raises(IndexError):
            values[index]
    with pytest.raises(TypeError):
        values["a"]  # type: ignore[call-overload]
    with pytest.raises(facebridge.InvalidArgumentError, match=r"`values\[1\]`"):
        FloatArray([1, "a"])  # type: ignore[list-item]
    with pytest.raises(facebridge.InvalidArgumentError):
        FloatArray("12")  # type: ignore[arg-type]
    stored = np.array([1, 2], np.float32).tobytes()
    for data in (
        stored,
        bytearray(stored),
        memoryview(stored),
        array.array("B", stored),
        np.frombuffer(stored, np.uint8),
    ):
        with pytest.raises(facebridge.InvalidArgumentError, match="numpy.frombuffer"):
            FloatArray(data)
    assert FloatArray(np.frombuffer(stored, np.float32)) == FloatArray(array.array("d", [1, 2]))
    with pytest.raises(TypeError):
        memoryview(values)[0] = 1
    assert len(FloatArray([])) == 0 and np.asarray(FloatArray([])).shape == (0,)


def test_embeddings_are_taken_back(client: Client, embedding: Embedding) -> None:
    """From a database, for example."""
    stored = embedding.to_dict()
    again = Embedding(
        values=np.frombuffer(memoryview(embedding.values).tobytes(), np.float32),
        model_id=stored["model_id"],
        pipeline=stored["pipeline"],
        source=facebridge.SelectedFace.from_dict(stored["source"]),
    )
    assert again == embedding == Embedding.from_dict(json.loads(json.dumps(stored)))
    result = client.compare_embeddings(again, embedding)
    assert result.decision == facebridge.Decision.MATCH and result.score == pytest.approx(100, abs=1e-6)
    for values in ([1.0] * 128, [float("nan")] * 128):
        long = Embedding(
            values=values,
            model_id=embedding.model_id,
            pipeline=embedding.pipeline,
            source=embedding.source,
        )
        with pytest.raises(facebridge.InvalidArgumentError):
            client.compare_embeddings(long, embedding)


def test_pictures(client: Client, face: Path, tmp_path: Path) -> None:
    import PIL.Image

    found = client.detect(face)
    with PIL.Image.open(face) as original:
        plain = np.array(original.convert("RGB"))
    drawn = facebridge.draw(face, found)
    assert (drawn.width, drawn.height) == (plain.shape[1], plain.shape[0])
    assert drawn._repr_png_() == drawn.png and drawn.png.startswith(b"\x89PNG")
    drawn.save(tmp_path / "drawn.png")
    with PIL.Image.open(tmp_path / "drawn.png") as image:
        pixels = np.array(image)
    box = found.faces[0].bounding_box
    row, column = int(box.y + box.height / 2), int(box.x)
    assert (pixels[row, column] != plain[row, column]).any()
    assert facebridge.draw(face.read_bytes(), found).png == drawn.png
    with face.open("rb") as file:
        assert facebridge.draw(file, found).png == drawn.png
    selected = client.embed(face).source
    for faces in (found.faces, list(found.faces), found.faces[0], selected):
        assert facebridge.draw(face, faces).png == drawn.png
    from_array = facebridge.draw(facebridge.Pixels(plain, "rgb"), found)
    assert from_array.width == drawn.width
    with pytest.raises(facebridge.InvalidArgumentError, match="`faces`"):
        facebridge.draw(face, "faces")  # type: ignore[arg-type]
    with pytest.raises(facebridge.ImageTooLargeError):
        facebridge.draw(face, found, limits=facebridge.ImageLimits(max_side=10))
    with pytest.raises(facebridge.InvalidArgumentError, match=r"`faces\[0\]`"):
        facebridge.draw(face, [found])  # type: ignore[list-item]
    with pytest.raises(facebridge.IoError) as unwritten:
        drawn.save(tmp_path / "none" / "drawn.png")
    assert "drawn" not in unwritten.value.message
