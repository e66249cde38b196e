"""Sets one document, in a process of its own: `python -m pledge.press`.

The job comes in on standard input as JSON, the document goes out on standard output. Typst keeps
what it has computed for its next ten documents, which is hundreds of megabytes after a book; a
process that ends gives all of it back. Whatever goes wrong in it ends that document alone, and the
site goes on meanwhile: three hundred QR codes keep a processor busy for two seconds.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from pledge.codes import Correction, drawn_code
from pledge.late import late
from pledge.palettes import in_few_colours
from pledge.paths import FONTS, TEMPLATES

if TYPE_CHECKING:
    import typst
else:
    typst = late("typst")

FOLDER = TEMPLATES / "print"


def set_in_type(job: dict[str, Any], data: Any) -> bytes:
    """The document that a job asks for, of data with its codes; of a picture, the first page."""
    compiler = _compiler(job["template"], job["system_fonts"])
    document = compiler.compile(
        format=job["format"],
        ppi=job["ppi"],
        # Text travels as data and never as markup: what is typed is what is printed.
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=job["timestamp"],
        pdf_tags=job["tagged"],
    )
    made = document[0] if isinstance(document, list) else document or b""
    return in_few_colours(made) if job.get("few_colours") else made


@cache
def _compiler(template: str, system_fonts: bool) -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=system_fonts,
        include_embedded_fonts=True,
        font_paths=[FONTS],
    )
    return typst.Compiler(FOLDER / template, root=FOLDER, font_paths=fonts)


def with_codes(data: Any) -> Any:
    """Data in which each address under `code` has become its drawn QR code."""
    match data:
        case dict():
            return {
                name: _drawn(value) if name == "code" else with_codes(value)
                for name, value in data.items()
            }
        case list():
            return [with_codes(value) for value in data]
        case _:
            return data


def _drawn(address: str) -> dict[str, Any]:
    return asdict(drawn_code(address, Correction.PRINT))


def main() -> int:
    try:
        job = json.load(sys.stdin.buffer)
        document = set_in_type(job, with_codes(job["data"]))
    except typst.TypstError as error:
        print(error.diagnostic or error.message, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
