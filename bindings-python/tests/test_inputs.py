"""Every way to hand over an image gives the same bits."""

from __future__ import annotations

import array
import gc
import io
import mmap
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import facebridge
from conftest import Photo
from facebridge import Client, InvalidArgumentError, PixelFormat, Pixels

Bytes = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def rgb(face: Path) -> Bytes:
    return np.array(PIL.Image.open(face).convert("RGB"))


@pytest.fixture(scope="module")
def grey(face: Path) -> Bytes:
    return np.array(PIL.Image.open(face).convert("L"))


def test_encoded(client: Client, face: Path) -> None:
    data = face.read_bytes()
    expected = client.embed(data)
    spread = bytearray(2 * len(data))
    spread[::2] = data
    with face.open("rb") as file, face.open("rb") as mapped:
        alike: dict[str, Any] = {
            "str": str(face),
            "Path": face,
            "bytearray": bytearray(data),
            "memoryview": memoryview(data),
            "memoryview of every second byte": memoryview(spread)[::2],
            "array": array.array("B", data),
            "numpy": np.frombuffer(data, np.uint8),
            "file": file,
            "BytesIO": io.BytesIO(data),
            "mmap": mmap.mmap(mapped.fileno(), 0, access=mmap.ACCESS_READ),
        }
        for name, image in alike.items():
            assert client.embed(image) == expected, name


def test_colour_pixels(client: Client, rgb: Bytes) -> None:
    expected = client.embed(Pixels(rgb, "rgb"))
    height, width, _ = rgb.shape
    padded = np.zeros((height + 10, width + 20, 3), np.uint8)
    padded[5 : 5 + height, 7 : 7 + width] = rgb
    rows = np.zeros((height, width * 3 + 13), np.uint8)
    rows[:, : width * 3] = rgb.reshape(height, -1)
    locked = rgb.copy()
    locked.flags.writeable = False
    alike: dict[str, Any] = {
        "enum": Pixels(rgb, PixelFormat.RGB),
        "by name": Pixels(data=rgb, format="rgb"),
        "bgr": Pixels(np.ascontiguousarray(rgb[:, :, ::-1]), "bgr"),
        "channels backwards": Pixels(rgb[:, :, ::-1], "bgr"),
        "part of a larger array": Pixels(padded[5 : 5 + height, 7 : 7 + width], "rgb"),
        "rows upwards": Pixels(np.ascontiguousarray(rgb[::-1])[::-1], "rgb"),
        "columns first": Pixels(np.asfortranarray(rgb), "rgb"),
        "channels first": Pixels(
            np.ascontiguousarray(rgb.transpose(2, 0, 1)).transpose(1, 2, 0), "rgb"
        ),
        "read-only": Pixels(locked, "rgb"),
        "bytes": Pixels(rgb.tobytes(), "rgb", width=width, height=height),
        "bytes with a stride": Pixels(
            rows.tobytes(), "rgb", width=width, height=height, stride=rows.shape[1]
        ),
        "Pillow": PIL.Image.fromarray(rgb),
        "Pillow with transparency": PIL.Image.fromarray(rgb).convert("RGBA"),
    }
    for name, image in alike.items():
        assert client.embed(image) == expected, name


def test_rows_that_lie_together_are_not_copied(client: Client, rgb: Bytes) -> None:
    class Watched(np.ndarray[Any, np.dtype[np.uint8]]):
        copies = 0

        def tobytes(self, *arguments: Any, **options: Any) -> bytes:
            Watched.copies += 1
            return super().tobytes(*arguments, **options)

    for in_place in (rgb, rgb[10:, 20:-30], rgb[::2], rgb[:, :, ::1]):
        client.detect(Pixels(in_place.view(Watched), "rgb"))
    client.detect(np.ascontiguousarray(rgb[:, :, 0]).view(Watched))
    assert Watched.copies == 0
    client.detect(Pixels(np.asfortranarray(rgb).view(Watched), "rgb"))
    client.detect(rgb[:, :, 0].view(Watched))
    assert Watched.copies == 2


def test_grey_pixels(client: Client, grey: Bytes) -> None:
    expected = client.embed(Pixels(grey, "grey"))
    alike: dict[str, Any] = {
        "bare array": grey,
        "one channel": grey[:, :, None],
        "one channel within Pixels": Pixels(grey[:, :, None], "grey"),
        "every second column of a wider one": np.repeat(grey, 2, axis=1)[:, ::2],
        "Pillow": PIL.Image.fromarray(grey),
        "as colours": Pixels(np.repeat(grey[:, :, None], 3, axis=2), "rgb"),
    }
    for name, image in alike.items():
        assert client.embed(image) == expected, name


def test_pillow_file(client: Client, photo: Photo) -> None:
    with PIL.Image.open(photo("face_recognition/32bit.png")) as image:
        assert len(client.detect(image).faces) == 1


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (None, "must be encoded bytes"),
        (5, "must be encoded bytes"),
        ([1, 2], "must be encoded bytes"),
        (np.zeros((8, 8, 3), np.uint8), "facebridge.Pixels"),
        (np.zeros((8, 8, 4), np.uint8), "height x width"),
        (np.zeros((2, 8, 8, 3), np.uint8), "height x width"),
        (np.zeros((8, 8), np.float32), "dtype uint8"),
        (np.zeros((8, 8), np.int8), "dtype uint8"),
        (io.StringIO("text"), "binary mode"),
    ],
)
def test_what_is_no_image_is_refused_by_name(client: Client, image: Any, says: str) -> None:
    with pytest.raises(InvalidArgumentError, match="^`image` must") as caught:
        client.detect(image)
    assert says in caught.value.message
    with pytest.raises(InvalidArgumentError, match="^`image_b` must"):
        client.compare(b"", image)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((np.zeros((8, 8), np.uint8), "rgb"), "`data`.*height x width x 3"),
        ((np.zeros((8, 8, 3), np.uint8), "grey"), "`data`.*height x width for grey"),
        ((np.zeros((8, 8, 3), np.float64), "rgb"), "`data`.*dtype uint8"),
        ((np.zeros((8, 8, 3), np.uint8), "rgba"), "`format`.*rgb, bgr, grey"),
        ((b"12", "grey"), "`data`"),
        (("text", "grey"), "`data`"),
    ],
)
def test_pixels_are_checked_where_they_are_made(arguments: Any, says: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        Pixels(*arguments)


def test_stated_layouts_are_checked(client: Client) -> None:
    for stated in ({"width": 4}, {"height": 4}, {"stride": 12}):
        with pytest.raises(InvalidArgumentError, match="`width`"):
            Pixels(bytes(48), "rgb", **stated)
    with pytest.raises(InvalidArgumentError, match="`height` must be a whole number"):
        Pixels(bytes(48), "rgb", width=4, height=-1)
    for stated in ({"width": 5, "height": 4}, {"width": 4, "height": 4, "stride": 11}):
        with pytest.raises(InvalidArgumentError, match="buffer"):
            client.detect(Pixels(bytes(48), "rgb", **stated))
    with pytest.raises(facebridge.InvalidImageError):
        client.detect(Pixels(b"", "rgb", width=0, height=0))
    with pytest.raises(facebridge.InvalidImageError):
        client.detect(np.zeros((0, 8), np.uint8))


def test_pixels_say_what_they_are(rgb: Bytes) -> None:
    pixels = Pixels(rgb, "bgr")
    assert pixels.data is rgb
    assert pixels.format is PixelFormat.BGR
    assert repr(pixels) == f"Pixels({rgb.shape[1]}x{rgb.shape[0]}, bgr)"


def test_a_reader_that_fails_says_so_itself(client: Client) -> None:
    class Broken:
        def read(self) -> bytes:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.detect(Broken())


class Interrupted:
    """Whatever is asked of it, Ctrl-C is pressed."""

    def interrupt(self, *_: object) -> Any:
        raise KeyboardInterrupt

    __iter__ = __float__ = __index__ = __fspath__ = __eq__ = interrupt


def test_what_an_argument_raises_itself_stays_what_it_is(client: Client, face: Path) -> None:
    def failing() -> Iterator[Any]:
        yield client.detect(face).faces[0]
        raise ZeroDivisionError

    interrupted: Any = Interrupted()
    calls: dict[str, tuple[type[BaseException], Callable[[], object]]] = {
        "iterator of faces": (ZeroDivisionError, lambda: facebridge.draw(face, failing())),
        "faces": (KeyboardInterrupt, lambda: facebridge.draw(face, interrupted)),
        "list": (KeyboardInterrupt, lambda: client.embed_many(interrupted)),
        "vector": (KeyboardInterrupt, lambda: facebridge.FloatArray(interrupted)),
        "number": (KeyboardInterrupt, lambda: facebridge.Point(x=interrupted)),
        "count": (KeyboardInterrupt, lambda: client.detect(face, max_faces=interrupted)),
        "path": (KeyboardInterrupt, lambda: client.evaluate(folder=interrupted)),
        "enum": (KeyboardInterrupt, lambda: Pixels(b"", interrupted)),
    }
    for name, (raised, call) in calls.items():
        with pytest.raises(raised):
            call()
            pytest.fail(name)


def test_pixels_that_hold_each_other_are_forgotten(rgb: Bytes) -> None:
    class Frame(np.ndarray[Any, np.dtype[np.uint8]]):
        pixels: Pixels

    frame = rgb.view(Frame)
    frame.pixels = Pixels(frame, "rgb")
    there = weakref.ref(frame)
    del frame
    gc.collect()
    assert there() is None


def test_lists_of_paths(client: Client, face: Path) -> None:
    for paths in ([face], (str(face),), iter([face]), {face: 1}):
        with client.embed_many(paths) as job:
            assert [outcome.index for outcome in job] == [0]
    for wrong in (str(face), bytes(face), 5, None):
        with pytest.raises(InvalidArgumentError, match="`paths` must be a list"):
            client.embed_many(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match=r"`paths\[1\]` must be a path"):
        client.embed_many([face, None])  # type: ignore[list-item]
