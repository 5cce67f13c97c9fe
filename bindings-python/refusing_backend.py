"""Answers `pip install` of this folder: the sources hold neither models nor runtime, so no wheel is made of them."""

from typing import NoReturn

MESSAGE = (
    "pip cannot build facebridge from its sources, which hold neither models nor runtime. In the checkout, "
    "`cargo xtask package python` makes a folder for PYTHONPATH, and `make dist` a wheel for pip (docs/python.md)."
)


def build_wheel(*_: object, **__: object) -> NoReturn:
    raise SystemExit(MESSAGE)


build_editable = build_sdist = build_wheel
