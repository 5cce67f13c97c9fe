"""Types that signatures mention."""

import os
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ._facebridge import Pixels

if TYPE_CHECKING:
    from typing_extensions import Buffer
else:
    Buffer = bytes | bytearray | memoryview

DEFAULT: Any = ...
"""Stands for the library's own default, which is written in one place for every language."""

StrPath: TypeAlias = str | os.PathLike[str]


class BinaryFile(Protocol):
    """A file opened in binary mode; it is read to its end."""

    def read(self) -> bytes:
        """What is left in the file."""
        ...


class ArrayLike(Protocol):
    """A numpy array, a Pillow image, or anything that describes its memory in the same way."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


ImageLike: TypeAlias = Buffer | str | os.PathLike[str] | BinaryFile | ArrayLike | Pixels
"""Every way to hand over an image."""
