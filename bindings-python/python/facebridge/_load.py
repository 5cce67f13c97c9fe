"""What happens once, when the package is imported."""

from pathlib import Path

from . import _facebridge


def load(api_hash: str) -> None:
    """Refuses a native module of another release, and tells ours where models and runtime lie."""
    if api_hash != _facebridge.API_HASH:
        raise ImportError(
            "The native part of facebridge does not belong to this package. Install it anew: "
            "python -m pip install --force-reinstall facebridge"
        )
    bundled = Path(__file__).parent / "bundled"
    if bundled.is_dir():
        _facebridge.set_package_folder(bundled)
