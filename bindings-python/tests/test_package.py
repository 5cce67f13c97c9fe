"""The package as a whole: what importing it does, and that its parts say the same."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import facebridge
from conftest import LONGEST_RUN, PROJECT, RunPython
from facebridge._load import load

PACKAGE = Path(facebridge.__file__).parent

IMPORT = """
import os, sys
before = dict(os.environ)
import facebridge
assert dict(os.environ) == before
assert not {"numpy", "PIL", "typing_extensions"} & set(sys.modules), "needs what need not be there"
facebridge.Client.local().capabilities()
assert dict(os.environ) == before
print(facebridge.__version__)
"""


def test_importing_needs_nothing_and_changes_nothing(run_python: RunPython) -> None:
    ran = run_python(IMPORT)
    version = tomllib.loads((PROJECT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{version}\n", "")


DEFERRED = """
import sys
import facebridge
assert not {"asyncio", "pathlib"} & set(sys.modules), "imported before anybody needs it"
assert "AsyncClient" in dir(facebridge)
from facebridge import AsyncClient
assert AsyncClient is facebridge.AsyncClient and "asyncio" in sys.modules
try:
    facebridge.Nothing
except AttributeError as error:
    print(error)
"""


def test_asyncio_is_imported_for_those_who_use_it(run_python: RunPython) -> None:
    ran = run_python(DEFERRED)
    message = "module 'facebridge' has no attribute 'Nothing'\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, message, "")


def test_installing_from_the_sources_says_what_to_do_instead() -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    refused = subprocess.run(
        [*pip, "--no-build-isolation", "--no-deps", "--dry-run", PROJECT / "bindings-python"],
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN,
        check=False,
    )
    assert refused.returncode != 0
    assert "cargo xtask package python" in " ".join(refused.stderr.split())


def test_parts_of_different_releases_are_refused() -> None:
    with pytest.raises(ImportError, match="does not belong to this package"):
        load("0" * 16)


def test_everything_public_is_there_and_documented() -> None:
    assert len(set(facebridge.__all__)) == len(facebridge.__all__)
    for name in facebridge.__all__:
        item = getattr(facebridge, name)
        if inspect.isclass(item) or inspect.isroutine(item):
            assert inspect.getdoc(item), name
            assert item.__module__ in ("facebridge", "facebridge._facebridge"), name
    assert (PACKAGE / "py.typed").exists()


def documented(body: list[ast.stmt], owner: object, path: str) -> Iterator[tuple[str, str, str]]:
    """Name, docstring in the stub and docstring at run time of all that has one."""
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        name = f"{path}.{node.name}"
        item = inspect.getattr_static(owner, node.name, None)
        said = ast.get_docstring(node)
        # The interpreter describes its own protocols itself.
        if said is not None and not isinstance(item, types.WrapperDescriptorType):
            at_runtime = getattr(item, "__func__", item).__doc__
            yield name, said, inspect.cleandoc(at_runtime or "")
        if isinstance(node, ast.ClassDef):
            yield from documented(node.body, item, name)


def test_stubs_say_what_the_runtime_says() -> None:
    stub = ast.parse((PACKAGE / "_facebridge.pyi").read_text())
    seen = 0
    for name, said, at_runtime in documented(stub.body, facebridge._facebridge, "facebridge"):
        assert said == at_runtime, name
        seen += 1
    assert seen > 200
