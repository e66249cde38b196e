"""The structure that `docs/architecture.md` promises, held against the code."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pledge.paths import PACKAGE

# From the top down; what stands in one line may not import from a line above it.
LAYERS = [
    {"command"},
    {"cli"},
    {
        "backup_commands",
        "doctor_command",
        "erase_command",
        "export_command",
        "initiative_commands",
        "link_command",
        "moving_command",
        "organizer_commands",
        "print_command",
        "register_commands",
        "roster_commands",
        "serve_command",
        "verify_command",
    },
    {"outputs", "serving", "site"},
    {"connections"},
    {"app"},
    {"web"},
    {
        "admitting",
        "agreeing",
        "backups",
        "restoring",
        "arranging",
        "attending",
        "auditing",
        "certifying",
        "convening",
        "entering",
        "signing",
        "organizing",
        "exporting",
        "editing",
        "founding",
        "scheduling",
        "inviting",
        "linking",
        "publishing",
        "directing",
        "doctor",
        "moderating",
        "moving",
        "amending",
        "erasing",
        "sweeping",
        "indexing",
        "reviewing",
        "registering",
        "timestamping",
        "register_files",
        "checking",
        "comparing",
        "rereading",
        "rehearsing",
        "staging",
        "stopping",
        "watching",
        "printing",
        "books",
        "notifying",
        "observing",
        "subscribing",
        "verifying",
        "telling",
        "long_exports",
        "exporter",
        "lines",
        "sources",
        "tables",
        "sheets",
    },
    {
        "authorities",
        "backup_files",
        "certificate_files",
        "content",
        "entries",
        "feed",
        "mailing",
        "logos",
        "official_text",
        "opening",
        "outbound",
        "presses",
        "spreadsheets",
        "typesetting",
        "volumes",
        "workbooks",
    },
    {"unbundling", "crowds"},
    {"columns", "bundles", "drawings", "histories", "registration"},
    {"cells", "ink_pictures", "sealing_press"},
    {"warm_press"},
    {"codes", "glyphs", "press"},
    {"character_maps", "pades", "palettes"},
    {"store"},
    {"register_keys"},
    {"drafts", "encryption", "secrets", "passwords", "sealing", "second_factor"},
    {"domain", "register"},
    {
        "access_lines",
        "errors",
        "late",
        "logs",
        "measures",
        "origins",
        "paths",
        "settings",
        "__init__",
    },
]
NO_SQL = {"web", "domain", "feed", "cli", "serving", "site", *LAYERS[2]}
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}

MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts and path.stem != "env"
)


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _ours(name: str | None) -> Iterator[str]:
    if name and name.startswith("pledge."):
        yield name.removeprefix("pledge.")


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _ours(alias.name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = whole.startswith("pledge.") and any(
                    _name(path) == whole.removeprefix("pledge.") for path in MODULES
                )
                yield from _ours(whole if is_module else node.module)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_point_down(path: Path) -> None:
    own = RANK[_name(path).split(".")[0]]
    for imported in _imports(_tree(path)):
        assert RANK[imported.split(".")[0]] >= own, f"{_name(path)} imports {imported}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {_name(path): set(_imports(_tree(path))) for path in MODULES}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_nothing_is_imported_late(path: Path) -> None:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            late = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not late, f"{_name(path)}.{node.name} imports inside"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_named_by_what_is_in_them(path: Path) -> None:
    assert not VAGUE & set(_name(path).split("."))
    assert ast.get_docstring(_tree(path)) or path.stem == "__init__"


def test_the_domain_does_no_io_and_reads_no_clock() -> None:
    allowed_from_outside = {"stdnum", "collections", "dataclasses", "datetime", "enum", "hashlib"}
    allowed_from_outside |= {"re", "unicodedata", "zoneinfo", "pledge"}
    allowed_from_outside |= {"base64", "hmac", "ipaddress"}
    allowed_from_outside |= {"difflib", "functools", "itertools", "json", "math", "typing"}
    for path in (PACKAGE / "domain").glob("*.py"):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Import):
                roots = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                roots = {str(node.module).split(".")[0]}
            else:
                assert not (isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow"))
                continue
            assert roots <= allowed_from_outside, f"{path.name}: {roots}"


def test_sql_stays_in_the_store() -> None:
    for path in MODULES:
        if _name(path).split(".")[0] in NO_SQL:
            assert "sqlalchemy" not in path.read_text(encoding="utf-8"), _name(path)


def test_no_test_is_ever_skipped() -> None:
    tests = Path(__file__).parent
    assert (tests / "browser/test_main_journey.py").exists()
    for path in set(tests.rglob("*.py")) - {Path(__file__)}:
        for way in ("pytest.skip", "mark.skip", "mark.xfail", "importorskip"):
            assert way not in path.read_text(encoding="utf-8"), path.name
