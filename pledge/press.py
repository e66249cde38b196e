"""Sets one document, in a process of its own: `python -m pledge.press`.

The job comes in on standard input as JSON, the document goes out on standard output. Typst keeps
what it has computed for its next ten documents, which is a hundred megabytes after a book; a
process that ends gives all of it back, and whatever goes wrong in it ends that document alone.
"""

import json
import sys
from typing import Any

import typst

from pledge.paths import FONTS, TEMPLATES

FOLDER = TEMPLATES / "print"


def set_in_type(job: dict[str, Any]) -> bytes:
    """The document that a job asks for; of a picture, the first page."""
    fonts = typst.Fonts(
        include_system_fonts=job["system_fonts"],
        include_embedded_fonts=False,
        font_paths=[FONTS],
    )
    compiler = typst.Compiler(FOLDER / job["template"], root=FOLDER, font_paths=fonts)
    document = compiler.compile(
        format=job["format"],
        ppi=job["ppi"],
        # Text travels as data and never as markup: what is typed is what is printed.
        sys_inputs={"data": json.dumps(job["data"], ensure_ascii=False)},
        timestamp=job["timestamp"],
        pdf_tags=job["tagged"],
    )
    return document[0] if isinstance(document, list) else document or b""


def main() -> int:
    try:
        document = set_in_type(json.load(sys.stdin.buffer))
    except typst.TypstError as error:
        print(error.diagnostic or error.message, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
