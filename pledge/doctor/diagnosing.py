"""Diagnosing: all that can be checked of a site from its machine, one after the other."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

from pledge.doctor import keys, machine, reached, stored
from pledge.doctor.findings import Finding, Level, fault, ok, warning
from pledge.settings import Settings, unknown_settings


async def diagnose(
    settings: Settings, database_url: str, environment: Mapping[str, str], now: datetime
) -> list[Finding]:
    """Changes nothing, also where nothing is yet. Takes as long as reading the database does."""
    database = await stored.database(database_url, now)
    checks: Sequence[tuple[str, Callable[[], Iterable[Finding] | Awaitable[Iterable[Finding]]]]] = (
        ("settings", lambda: _settings(environment)),
        ("data folder", lambda: machine.folder(settings.data)),
        ("disk", lambda: machine.disk(settings.data)),
        ("database", lambda: database.findings),
        ("secret keys", lambda: keys.secret_keys(settings)),
        ("register keys", lambda: keys.keys_of_registers(settings)),
        ("keys of nodes", lambda: keys.keys_of_nodes(settings, database_url)),
        ("clock", lambda: machine.clock(now, database.newest)),
        ("base URL", lambda: reached.base_url(settings)),
        ("proxies", lambda: reached.proxies(settings)),
        ("open files", machine.open_files),
        ("fonts", lambda: machine.fonts(now)),
        ("PDF certificate", lambda: keys.certificate(settings, now)),
        ("time stamps", lambda: reached.roots_of_stamps(settings)),
        ("mail", lambda: reached.mail(settings)),
    )
    return [finding for name, check in checks for finding in await _checked(name, check)]


def of_level(findings: Sequence[Finding], level: Level) -> list[Finding]:
    return [finding for finding in findings if finding.level is level]


async def _checked(
    name: str, check: Callable[[], Iterable[Finding] | Awaitable[Iterable[Finding]]]
) -> list[Finding]:
    """A check that fails itself is a finding, and keeps no other one from being made."""
    try:
        found = check()
        return list(await found if isinstance(found, Awaitable) else found)
    except Exception as failure:
        return [
            fault(
                name,
                f"it could not be checked ({type(failure).__name__})",
                "look at what is special there, and tell whoever maintains Pledge",
            )
        ]


def _settings(environment: Mapping[str, str]) -> Iterable[Finding]:
    if unknown := unknown_settings(environment):
        yield warning(
            "settings",
            f"{', '.join(unknown)}: no such setting",
            "docs/operating.md lists them all",
        )
    else:
        yield ok("settings", "each is known, and has a value that it takes")
