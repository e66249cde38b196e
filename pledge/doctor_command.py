"""The command `pledge doctor`."""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from pledge.app import address_of, utc_now
from pledge.doctor.diagnosing import diagnose, of_level
from pledge.doctor.findings import Finding, Level
from pledge.outputs import harmless
from pledge.settings import read_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Check the site and its machine, and say what to do about what is wrong.

    Changes nothing, and may be run while the site runs. Fails if there is a fault; warnings alone
    are no failure. A large database takes a while to be read.
    """
    settings = read_settings(os.environ)
    findings = asyncio.run(diagnose(settings, address_of(settings), os.environ, utc_now()))
    for line in [_json(findings)] if as_json else _lines(findings):
        click.echo(line)
    if faults := of_level(findings, Level.FAULT):
        names = ", ".join(dict.fromkeys(finding.check for finding in faults))
        raise click.ClickException(f"{len(faults)} fault{'s'[: len(faults) > 1]}: {names}")


def _json(findings: Sequence[Finding]) -> str:
    return json.dumps({"findings": [asdict(one) for one in findings]}, ensure_ascii=False)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.check) for finding in findings)
    for one in findings:
        yield harmless(f"{one.level:8} {one.check:{width}}  {one.what}")
        if one.advice:
            yield harmless(f"{'':8} {'':{width}}  → {one.advice}")
