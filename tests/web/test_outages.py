"""While PostgreSQL can't be used, every page says so and when to come back, and none is a fault."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
from starlette.routing import Route

from pledge.app import create_app
from pledge.content import read_content
from pledge.domain.links import LinkKind
from pledge.settings import read_settings
from pledge.web.routes import ROUTES
from tests import databases
from tests.delegate import FILLED_IN, Delegate, Page
from tests.handwriting import handwriting, sent
from tests.postgres import STARTS, Postgres, postgres
from tests.site import ORIGIN, SAMPLE, SLUG, running

pytestmark = pytest.mark.sqlite("its sites have a PostgreSQL of their own, on either engine")

ADDRESSES = sorted(
    {one.path for one in ROUTES if isinstance(one, Route) and "GET" in (one.methods or ())}
)
ASK_NOTHING = {"/healthz", "/metrics", "/organizer/login", "/organizer/login/code"}
"""These answer by themselves."""
WRONG = ("/organizer/setup/", "/organizer/join/", "/organizer/reset/", "/v/")
"""What the hall does not have there is known to be wrong without asking."""


_DRAWN = sent(handwriting(1))


@dataclass
class Hall:
    server: Postgres
    client: httpx.AsyncClient
    delegate: Delegate
    receipt: str

    def addresses(self) -> list[str]:
        """One of each kind, all of which lead somewhere."""
        values = {
            "token": self.delegate.link.removeprefix("/s/"),
            "slug": SLUG,
            "id": self.receipt.removeprefix("/r/"),
            "number": "1",
            "path:path": "0/000",
            "old": "1",
            "sha256": "0" * 64,
        }
        return [
            re.sub(r"\{([^}]+)\}", lambda found: values.get(found[1], "1"), path)
            for path in ADDRESSES
            if path not in ASK_NOTHING and not path.startswith(WRONG)
        ]


@pytest.fixture
def server() -> Iterator[Postgres]:
    with postgres() as started:  # a hasty one would lose what it has acknowledged
        yield started


@pytest.fixture
async def hall(server: Postgres, tmp_path: Path) -> AsyncIterator[Hall]:
    """A site whose account is not the server's own, so that the server's limits hold for it."""
    server.sql("CREATE ROLE pledge LOGIN")
    server.sql("CREATE DATABASE pledge OWNER pledge")
    url = server.url("pledge").replace("postgres@", "pledge@")
    await databases.migrated(url)
    settings = read_settings(
        {
            "PLEDGE_DATA": str(tmp_path),
            "PLEDGE_DATABASE_URL": url,
            "PLEDGE_SECRET_KEYS": "a key for tests alone",
        }
    )
    app = create_app(settings)
    async with running(app) as client:
        services = app.state.services
        await services.organizing.import_initiative(read_content(SAMPLE))
        link = await services.organizing.create_link(SLUG, LinkKind.POSTER)
        delegate = Delegate(client, f"/s/{services.tokens.link(link.id)}")
        answer = await delegate.sign()
        await services.organizing.first_organizer("organizer@example.org", "a long enough password")
        form = Page((await client.get("/organizer/login")).text)
        typed = {"email": "organizer@example.org", "password": "a long enough password"}
        await client.post("/organizer/login", data={**typed, **form.hidden})
        yield Hall(server, client, delegate, answer.headers["location"].removeprefix(ORIGIN))


def _says_when_to_come_back(answer: httpx.Response) -> None:
    where = (answer.request.method, str(answer.request.url), answer.status_code)
    assert answer.status_code == 503, where
    assert int(answer.headers["retry-after"]) > 0, where
    assert answer.headers["cache-control"] == "no-store", where
    assert "default-src 'none'" in answer.headers["content-security-policy"], where


async def _none_answers(hall: Hall) -> None:
    for path in hall.addresses():
        _says_when_to_come_back(await hall.client.get(path))
    form = {"attempt": "attempt-0123456789", "text": "0" * 64, **FILLED_IN}
    _says_when_to_come_back(await hall.client.post(hall.delegate.link, data=form))
    login = {"email": "organizer@example.org", "password": "x"}
    page = Page((await hall.client.get("/organizer/login")).text)
    _says_when_to_come_back(
        await hall.client.post("/organizer/login", data={**login, **page.hidden})
    )
    assert (await hall.client.get("/healthz")).status_code == 200


async def _all_answer(hall: Hall) -> None:
    assert (await hall.client.get("/readyz")).status_code == 200
    assert (await hall.client.get(hall.delegate.link)).status_code == 200
    assert (await hall.client.get(hall.receipt)).status_code == 200
    assert (await hall.client.get("/organizer/initiatives")).status_code == 200


@pytest.mark.parametrize("end", [Postgres.stop, Postgres.kill])
async def test_while_it_is_away_and_while_it_starts(
    hall: Hall, end: Callable[[Postgres], None]
) -> None:
    end(hall.server)
    await _none_answers(hall)
    signal = hall.server.data / "standby.signal"
    hall.server.configure("hot_standby=off")
    signal.touch()  # it goes on starting for as long as it follows another
    hall.server.begin()
    hall.server.wait(STARTS)
    await _none_answers(hall)
    hall.server.stop()
    signal.unlink()
    hall.server.start()
    await _all_answer(hall)
    assert (await hall.delegate.sign(company="示例乙有限公司")).status_code == 303


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", ("再次提交", "企业名称", "手写签名")),
        ("en", ("Send again", "Company", "Handwriting")),
    ],
)
async def test_what_was_entered_is_kept_to_be_sent_again(
    hall: Hall, language: str, words: tuple[str, ...]
) -> None:
    chosen = {"Accept-Language": language}
    form = await hall.delegate.open(**chosen)
    typed = {**FILLED_IN, "company": '示例"乙"<b>有限公司', "publish": "yes", "ink": _DRAWN}
    posted = {name: value for name, value in {**form.hidden, **typed}.items() if value}
    hall.server.stop()
    for _twice in range(2):
        answer = await hall.client.post(hall.delegate.link, data=posted, headers=chosen)
        _says_when_to_come_back(answer)
        page = Page(answer.text)
        assert page.language == language
        assert page.hidden == posted
        for shown in (*words, typed["company"], typed["representative"], typed["phone"]):
            assert shown in page.text
        assert f'method="post" action="{hall.delegate.link}"' in answer.text
        assert '<svg class="ink"' in answer.text
        posted = page.hidden
    hall.server.start()
    first, second = [await hall.client.post(hall.delegate.link, data=posted) for _twice in range(2)]
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    receipt = await hall.client.get(first.headers["location"])
    assert typed["company"] in Page(receipt.text).text
    assert '<svg class="ink"' in receipt.text


async def test_what_can_not_be_read_is_not_kept(hall: Hall) -> None:
    hall.server.stop()
    too_large = {**FILLED_IN, "ink": "x" * 2_000_000}
    answer = await hall.client.post(hall.delegate.link, data=too_large)
    _says_when_to_come_back(answer)
    assert not Page(answer.text).hidden


async def test_while_it_takes_no_more_connections(hall: Hall) -> None:
    hall.server.sql("ALTER ROLE pledge CONNECTION LIMIT 0")
    _break_off(hall.server)
    await _none_answers(hall)
    hall.server.sql("ALTER ROLE pledge CONNECTION LIMIT -1")
    await _all_answer(hall)


async def test_while_others_hold_all_connections(hall: Hall) -> None:
    url = hall.server.url("pledge").replace("postgres@", "pledge@")
    other = await asyncpg.connect(url)
    try:
        hall.server.sql("ALTER ROLE pledge CONNECTION LIMIT 1")
        _break_off(hall.server, but=other.get_server_pid())
        await _none_answers(hall)
    finally:
        await other.close()
    hall.server.sql("ALTER ROLE pledge CONNECTION LIMIT -1")  # one of the site's own listens
    await _all_answer(hall)


async def test_what_can_only_be_read_is_read(hall: Hall) -> None:
    form = await hall.delegate.open()
    hall.server.sql("ALTER DATABASE pledge SET default_transaction_read_only = on")
    await _connected_anew(hall)
    _says_when_to_come_back(await hall.delegate.post(form, company="示例乙有限公司"))
    for path in hall.addresses():
        if path.endswith("/events"):
            continue  # it would not end
        answer = await hall.client.get(path)
        assert answer.status_code < 500 or "retry-after" in answer.headers, path
    for path in ("/", hall.delegate.link, hall.receipt, f"/i/{SLUG}/signatories"):
        assert (await hall.client.get(path)).status_code == 200
    hall.server.sql("ALTER DATABASE pledge RESET default_transaction_read_only")
    await _connected_anew(hall)
    assert (await hall.delegate.post(form, company="示例乙有限公司")).status_code == 303


async def _connected_anew(hall: Hall) -> None:
    """One request may meet a connection that was just used and is gone since."""
    _break_off(hall.server)
    while (await hall.client.get("/readyz")).status_code != 200:
        pass


def _break_off(server: Postgres, but: int = 0) -> None:
    server.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE usename = 'pledge' AND pid <> {but}"
    )
