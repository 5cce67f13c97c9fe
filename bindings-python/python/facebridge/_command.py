"""The `facebridge` command."""

import signal
import sys

from . import _facebridge


def main() -> int:
    """Runs the command with the arguments of this process and returns its exit code."""
    # The command is not Python's: signals end it as they end any other program. One that was to be ignored when
    # the program was started, as in the background of a script, stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return _facebridge.run_command(["facebridge", *sys.argv[1:]])
