"""Writes each piece of C and C++ in a document to a file of its own: documented.py DOCUMENT FOLDER

A piece without main() is a fragment: it is put into a function that has what a caller would have.
"""

import re
import sys
from pathlib import Path

AROUND = """\
#include <facebridge/facebridge.h>
void fragment(const void *data, size_t length, uint32_t width, uint32_t height, size_t stride);
void fragment(const void *data, size_t length, uint32_t width, uint32_t height, size_t stride) {
    (void)data, (void)length, (void)width, (void)height, (void)stride;
%s
%s
}
int main(void) { return 0; }
"""


def used(piece: str) -> str:
    """Nothing that a fragment declares counts as unused."""
    names = re.findall(r"^fb_\w+ (\w+)\b", piece, re.MULTILINE)
    return "".join(f"    (void){name};\n" for name in names)


def main(document: str, folder: str) -> None:
    target = Path(folder)
    target.mkdir()
    pieces = re.findall(r"^```(c|cpp)\n(.*?)^```$", Path(document).read_text(), re.MULTILINE | re.DOTALL)
    for number, (language, piece) in enumerate(pieces):
        whole = "int main(" in piece
        name = f"{number}{'' if whole else '_fragment'}.{language}"
        (target / name).write_text(piece if whole else AROUND % (piece, used(piece)))
    if len(pieces) < 2:
        raise SystemExit("the document holds no code")


if __name__ == "__main__":
    main(*sys.argv[1:])
