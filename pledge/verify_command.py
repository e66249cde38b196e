"""The command `pledge verify`."""

from pathlib import Path

import click

from pledge.checking import check
from pledge.errors import PledgeError
from pledge.outputs import harmless
from pledge.register.notes import VerifierKey
from pledge.register.trees import InvalidProof


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "keys",
    multiple=True,
    help="A key that is known to be the register's (name+id+key), or a file with one a line; "
    "without it, the key of the file itself is taken.",
)
def verify(file: Path, keys: tuple[str, ...]) -> None:
    """Check a receipt (receipt.json), or an export bundle against the register in it.

    Needs nothing but the file: no data folder, no network. Says what is proven, every difference
    with its number, and what could not be checked.
    """
    known = [one for key in keys for one in _verifier_keys(key)]
    try:
        report = check(file, known)
    except PledgeError as refused:
        raise click.ClickException(harmless(str(refused))) from None
    for difference in report.differences:
        click.echo(harmless(difference))
    if report.count > len(report.differences):
        click.echo(f"and {report.count - len(report.differences)} more")
    width = max(len(name) for name, _text in report.facts) + 2
    for name, text in report.facts:
        click.echo(harmless(f"{name:{width}}{text}"))
    if report.count:
        plural = "" if report.count == 1 else "s"
        raise click.ClickException(f"{file}: {report.count} difference{plural} from the register")


def _verifier_keys(given: str) -> list[VerifierKey]:
    try:
        if not Path(given).is_file():
            return [VerifierKey.parse(given)]
        lines = Path(given).read_text(encoding="utf-8").split()
        return [VerifierKey.parse(line) for line in lines]
    except (InvalidProof, UnicodeDecodeError):
        raise click.UsageError(
            "--key takes a verifier key (name+id+key), or a file with one a line"
        ) from None
