"""What the documents say of settings, commands and files is held against the code."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pledge.cli import main
from pledge.settings import ROWS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_setting_is_documented_as_it_is(row: object) -> None:
    default = f"`{row.default}`" if row.default else "empty"
    line = f"| `{row.name}` | {default} | {row.help} |"
    assert line in (ROOT / "docs/operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_only_settings_that_exist(document: Path) -> None:
    named = set(re.findall(r"PLEDGE_[A-Z_]+", document.read_text(encoding="utf-8")))
    assert named <= {row.name for row in ROWS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_show_only_commands_that_exist(document: Path) -> None:
    for words in re.findall(r"^    pledge ([^#\n]*)", document.read_text(encoding="utf-8"), re.M):
        command: click.Command = main
        for word in words.split():
            if isinstance(command, click.Group) and word.islower():
                found = command.get_command(click.Context(command), word)
                assert found, f"pledge {words}"
                command = found
            elif word.startswith("-") and len(word) > 1:
                options = {name for option in command.params for name in option.opts}
                assert word in options, f"pledge {words}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_every_command_says_what_it_does() -> None:
    def commands(group: click.Group) -> Iterator[click.Command]:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command, name
            yield command
            if isinstance(command, click.Group):
                yield from commands(command)

    for command in commands(main):
        assert command.help, command.name
        for option in command.params:
            if isinstance(option, click.Option) and option.name not in ("help", "port", "workers"):
                assert option.help or option.name == "format_", f"{command.name} {option.name}"
