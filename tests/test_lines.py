"""Lines that the database writes are those that are made cell by cell, on both databases."""

import asyncio
import sys
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from pledge.app import database_of, make_services
from pledge.content import read_content
from pledge.domain.links import LinkKind
from pledge.domain.offsets import steady
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Company, Person, Proposal
from pledge.exporting import Exporting
from pledge.lines import Lines
from pledge.sources import Source, unheard
from pledge.store.database import Database
from pledge.store.migrating import migrate
from pledge.store.schema import meeting, signature, signing_link
from pledge.tables import csv_by_cells, csv_pieces
from tests.postgres import postgres
from tests.site import SAMPLE, SLUG, settings_for

pytestmark = pytest.mark.sqlite("runs on both engines by itself")

COUNT = 12
ZONES = ("Asia/Shanghai", "America/New_York", "Asia/Kathmandu")
CHOICES: tuple[dict[str, list[str]], ...] = (
    {},
    {"extent": ["public"]},
    {"language": ["en"], "state": ["standing", "hidden"], "meeting": ["jinan", "dujiangyan"]},
    {"column": ["company", "note"]},
    {"column": ["seat", "signed_at"], "language": ["en"]},
    {"column": ["title"]},
)
HOSTILE = [
    *(
        "",
        " ",
        ",",
        '"',
        '""',
        "=1+1",
        "+86 531",
        "-",
        "@x",
        "\t=",
        "＝1",
        "＋",
        "－1",
        "＠",
        "'",
        "''",
    ),
    *(
        "007",
        "0531-1",
        "915100000000000009",
        "12E4567",
        "12345678901",
        "1e5",
        "०१२",
        "０１２",
        "1２",
    ),
    *("12345678901２", "示例,有限公司", 'He said "no"', "欧阳修", "ZHANG San", "👩‍🚒,", "é", "𝟎𝟏"),
]
BREAKING = ["a\r\nb", "\n", "\r", "=\n1", *"\x1c\x1d\x1e\x1f", "\x1f=1\x1e", "x\x1e,\x1fy"]

calm = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("=+-@'\t,\"09Ee＝１示"),
    max_size=9,
)
"""Whatever a line may hold."""
wild = calm | st.sampled_from(BREAKING)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Where twelve signatures are, some of whose companies were invited."""
    data = tmp_path_factory.mktemp("lines")
    if request.param == "sqlite":
        asyncio.run(_arrange(data, {}))
        yield data, {}
        return
    with postgres(hasty=True) as server:
        environment = {"PLEDGE_DATABASE_URL": server.url()}
        asyncio.run(_arrange(data, environment))
        yield data, environment


async def _arrange(data: Path, environment: dict[str, str]) -> None:
    made_for = settings_for(data, **environment)
    database = database_of(made_for)
    await migrate(database)
    made = make_services(made_for, database)
    await made.organizing.import_initiative(read_content(SAMPLE))
    initiative_id = await made.organizing.initiative_id(SLUG)
    table = '企业名称,桌号,分组,备注\n示例1有限公司,A-1,,\n示例2有限公司,=A,"甲,乙",\'注\n'
    name = await made.inviting.receive(initiative_id, "jinan", "roster.csv", table.encode())
    checked = await made.inviting.check(initiative_id, name)
    assert checked is not None
    await made.inviting.invite(initiative_id, checked, by=OPERATOR)
    made.signing.start()
    for key in ("jinan", "dujiangyan", "yongkang"):
        link = await made.organizing.create_link(SLUG, LinkKind.POSTER, meeting=key)
        found = await made.publishing.behind_link(link.id)
        assert found is not None
        for number in range(COUNT // 3):
            attempt = f"attempt-{key}-{number}"
            company = Company(f"示例{number}有限公司" if key == "jinan" else f"{key}{number}公司")
            digest = found.initiative.text.digest
            await made.signing.sign(
                Proposal(
                    found.link, attempt, digest, company, Person("张某某"), f"receipt-{attempt}"
                )
            )
    await made.signing.stop()
    async with database.writing() as connection:  # its kind is looked up
        await connection.execute(
            update(signing_link).where(signing_link.c.id == link.id).values(kind="invitation")
        )
    await database.close()


@asynccontextmanager
async def _opened(where: tuple[Path, dict[str, str]]) -> AsyncIterator[tuple[Database, Exporting]]:
    data, environment = where
    made_for = settings_for(data, **environment)
    database = database_of(made_for)
    try:
        yield database, make_services(made_for, database).exporting
    finally:
        await database.close()


async def _type(database: Database, rows: list[dict[str, Any]]) -> None:
    async with database.writing() as connection:
        for number, row in enumerate(rows, 1):
            await connection.execute(
                update(signature).where(signature.c.number == number).values(**row)
            )


async def _set_clocks(database: Database, zones: tuple[str, ...]) -> None:
    async with database.writing() as connection:
        for number in range(1, 9):
            zone = zones[number % len(zones)]
            await connection.execute(
                update(meeting).where(meeting.c.id == number).values(zone=zone)
            )


async def _written(source: Source) -> tuple[bytes, bytes]:
    """By the database, and cell by cell."""
    quick = [piece async for piece in csv_pieces(source, unheard())]
    slow = [piece async for piece in csv_by_cells(source, unheard())]
    return b"".join(quick[1:]), b"".join(slow)


def _rows(text: st.SearchStrategy[str], since: datetime, until: datetime) -> Any:
    row = st.fixed_dictionaries(
        {
            **dict.fromkeys(("company", "representative", "title", "phone"), text),
            "publish": st.booleans(),
            "hidden": st.booleans(),
            "assisted": st.booleans(),
            "signed_at": st.datetimes(since, until, timezones=st.just(UTC)),
            "erased_at": st.none() | st.just(datetime(2024, 1, 1, tzinfo=UTC)),
            "replaces": st.none() | st.integers(1, 10**12),
        }
    )
    return st.lists(row, min_size=COUNT, max_size=COUNT)


@settings(
    deadline=None,
    max_examples=15,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    rows=_rows(calm, datetime(2024, 7, 1), datetime(2024, 7, 31)),
    zones=st.sampled_from([ZONES[:1], ZONES]),
)
def test_whatever_a_line_may_hold_is_written_as_cells_are(
    database_settings: tuple[Path, dict[str, str]],
    rows: list[dict[str, Any]],
    zones: tuple[str, ...],
) -> None:
    async def hold() -> None:
        async with _opened(database_settings) as (database, exporting):
            await _type(database, rows)
            await _set_clocks(database, zones)
            for choice in CHOICES:
                source = await exporting.source(1, {"format": ["csv"], **choice}, origin="http://x")
                quick, slow = await _written(source)
                assert quick == slow, choice
                if len(source.columns) > 1 and slow:
                    some = await Lines(source).beyond(0)
                    assert some is not None
                    assert some.text == slow, "not by the database"

    asyncio.run(hold())


@settings(
    deadline=None,
    max_examples=15,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    rows=_rows(wild, datetime(1900, 1, 1), datetime(2100, 1, 1)),
    zones=st.sampled_from([ZONES[:1], ZONES]),
)
def test_whatever_else_there_is_is_written_as_cells_are(
    database_settings: tuple[Path, dict[str, str]],
    rows: list[dict[str, Any]],
    zones: tuple[str, ...],
) -> None:
    async def hold() -> None:
        async with _opened(database_settings) as (database, exporting):
            await _type(database, rows)
            await _set_clocks(database, zones)
            for choice in CHOICES:
                source = await exporting.source(1, {"format": ["csv"], **choice})
                quick, slow = await _written(source)
                assert quick == slow, choice

    asyncio.run(hold())


def test_digits_of_every_script_are_looked_at() -> None:
    digits = [chr(n) for n in range(128, sys.maxunicode) if unicodedata.category(chr(n)) == "Nd"]
    assert {digit.encode()[0] for digit in digits} <= set(b"\xd9\xdb\xdf\xe0\xe1\xea\xef\xf0")


@given(
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(1880, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 100),
)
def test_a_clock_is_steady_within_its_time(name: str, at: datetime, part: int) -> None:
    zone = ZoneInfo(name)
    found = steady(zone, at)
    assert found.since <= at < found.until
    within = found.since + (found.until - timedelta(minutes=1) - found.since) * part / 100
    assert within.astimezone(zone).utcoffset() == found.offset
    assert within.astimezone(zone).isoformat().endswith(found.written)
