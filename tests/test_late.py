"""What is imported when it is first used, so that a site which signs needs none of it."""

import ast
import re
from pathlib import Path

import pytest

from pledge.late import late
from pledge.paths import PACKAGE
from tests.delegate import Delegate
from tests.server import served

LARGE = {
    "alembic": "changing the schema",
    "fontTools": "joining PDFs",
    "frontmatter": "reading texts",
    "httpx": "telling others",
    "mako": "changing the schema",
    "openpyxl": "reading workbooks",
    "pypdf": "joining PDFs",
    "rfc3161_client": "time stamps",
    "typst": "paper",
    "xlsxwriter": "writing workbooks",
    "yaml": "reading texts",
}
"""Top-level packages, and what each is for."""


async def test_a_site_that_signs_has_imported_nothing_large(tmp_path: Path) -> None:
    """From its second start on; the first one makes the tables and reads the sample's text."""
    async with served(tmp_path, PYTHONPROFILEIMPORTTIME="1") as server:
        await server.stop()
        log = tmp_path / "stderr"
        log.write_text("")
        await server.start()
        async with server.client() as phone:
            signed = await Delegate(phone, server.link).sign(company="示例消防科技有限公司")
            assert signed.status_code == 303
            for path in ("/", "/i/fire-product-quality/wall", "/organizer/login", "/metrics"):
                assert (await phone.get(path, follow_redirects=True)).status_code == 200
        await server.stop()
    imported = set(re.findall(r"^import time: .*\| +([\w.]+)$", log.read_text(), re.MULTILINE))
    assert {"pledge.web.routes", "sqlalchemy"} <= imported
    assert not LARGE.keys() & {name.split(".")[0] for name in imported}


def test_what_is_late_is_what_types_see() -> None:
    found = 0
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                seen, late_ones = dict(_imported(node.body)), dict(_late(node.orelse))
                assert not late_ones or seen == late_ones, path
                found += len(late_ones)
    assert found > 10


def test_what_is_missing_is_missed_when_it_is_used() -> None:
    missing = late("pledge.no_such_module")
    with pytest.raises(ModuleNotFoundError):
        missing.anything()
    with pytest.raises(AttributeError):
        late("pledge.late").nothing()


def _imported(statements: list[ast.stmt]) -> list[tuple[str, str]]:
    """The name of each module here, and the module."""
    found = []
    for node in statements:
        if isinstance(node, ast.Import):
            found += [(one.name, one.name) for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(one.name, f"{node.module}.{one.name}") for one in node.names]
    return found


def _late(statements: list[ast.stmt]) -> list[tuple[str, str]]:
    return [
        (ast.unparse(node.targets[0]), ast.literal_eval(node.value.args[0]))
        for node in statements
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    ]
