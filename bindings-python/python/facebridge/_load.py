"""What happens once, when the package is imported."""

import os

from . import _facebridge


def load(api_hash: str) -> None:
    """Refuses a native module of another release, and tells ours where models and runtime lie."""
    if api_hash != _facebridge.API_HASH:
        raise ImportError(
            "The native part of facebridge does not belong to this package. Install it anew: "
            "python -m pip install --force-reinstall facebridge"
        )
    # Not pathlib: importing it takes longer than the rest of this module.
    bundled = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bundled")
    if os.path.isdir(bundled):
        _facebridge.set_package_folder(bundled)
