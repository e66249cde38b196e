"""The log of a real site: each line has its fields, and none has what somebody typed or holds."""

import ast
import errno
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pledge.access_lines import access_lines
from pledge.logs import without_words
from pledge.paths import PACKAGE
from tests import databases
from tests.delegate import Delegate, Page
from tests.organizer import Organizer
from tests.server import Server, served
from tests.site import SLUG, Site

EMAIL, PASSWORD = "zhang@example.org", "a password of nobody's business"
COMPANY, PERSON, PHONE = "示例秘密消防公司", "张某某", "13712345678"


async def hostile_journey(server: Server) -> list[str]:
    """Everything that a site is asked, rightly and wrongly; returns what must not be in its log."""
    secrets = [EMAIL, PASSWORD, COMPANY, PERSON, PHONE, server.link.removeprefix("/s/")]
    async with server.client() as client:
        delegate = Delegate(client, server.link)
        signed = await delegate.sign(company=COMPANY, representative=PERSON, phone=PHONE)
        assert signed.status_code == 303
        receipt = signed.headers["location"]
        secrets.append(receipt.removeprefix("/r/"))
        assert (await client.get(receipt)).status_code == 200
        assert (await client.get(f"{server.link}x")).status_code == 404
        assert (await client.get(f"/nothing/{COMPANY}?q={PHONE}")).status_code == 404
        searched = await client.get(f"/i/{SLUG}/signatories", params={"q": COMPANY})
        assert searched.status_code == 200
        refused = await delegate.sign(company="", representative=PERSON, phone="秘密号码")
        assert refused.status_code == 422
        secrets.append("秘密号码")

        setup = server.printed["Organizer set-up (works once)"].removeprefix(server.origin)
        secrets.append(setup.rpartition("/")[2])
        organizer = Organizer(client)
        made = await organizer.post(setup, email=EMAIL, password=PASSWORD, again=PASSWORD)
        assert made.status_code == 303
        async with server.client() as other:
            wrong = await Organizer(other).log_in(EMAIL, f"{PASSWORD} mistyped")
            assert wrong.status_code == 422
            assert (await Organizer(other).log_in(EMAIL, PASSWORD)).status_code == 303
        exported = await client.get(f"/organizer/exports/{SLUG}.csv")
        assert COMPANY in exported.text
        secrets += [value for client in (client, other) for value in client.cookies.values()]

        databases.sql(server.data, "UPDATE signature SET vouched = :secret", secret="秘密级别")
        secrets.append("秘密级别")
        broken = await client.get(f"{receipt}/receipt.json")
        assert broken.status_code == 500
        secrets += Page(searched.text).hidden.values()
    return [secret for secret in secrets if len(secret) > 2]


def logged(folder: Path) -> list[dict[str, Any]]:
    """All lines since the site serves; before, the command says in words what is new."""
    lines = (folder / "stderr").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if not line.startswith("Note: ")]


@pytest.mark.parametrize("form", ["json", "text"])
async def test_nobody_is_found_in_the_log(tmp_path: Path, form: str) -> None:
    async with served(tmp_path, PLEDGE_LOG_FORMAT=form) as server:
        secrets = await hostile_journey(server)
        await server.stop()
    log = (tmp_path / "stderr").read_text(encoding="utf-8")
    for route in ("/s/{token}", "/r/{id}", "unexpected error"):
        assert route in log, log
    for secret in secrets:
        assert secret not in log, secret
    assert "127.0.0.1" not in log
    assert "?" not in log


async def test_lines_for_machines_have_the_fields_that_are_documented(tmp_path: Path) -> None:
    async with served(tmp_path, PLEDGE_LOG_FORMAT="json") as server:
        await hostile_journey(server)
        await server.stop()
    lines = logged(tmp_path)
    documented = Path(__file__).parent.parent / "docs/operating.md"
    fields = documented.read_text(encoding="utf-8")
    for line in lines:
        assert {"event", "level", "timestamp"} <= line.keys()
        for name in line:
            assert f"| `{name}` |" in fields, line
    requests = [line for line in lines if line["event"] == "request"]
    assert {"request", "method", "route", "status", "ms"} <= requests[0].keys()
    [fault] = [line for line in lines if line["event"] == "unexpected error"]
    [answer] = [line for line in requests if line["status"] == 500]
    assert fault["request"] == answer["request"]
    assert "Error" in fault["exception"].splitlines()[-1]


def test_every_field_of_every_line_is_documented() -> None:
    documented = (Path(__file__).parent.parent / "docs/operating.md").read_text(encoding="utf-8")
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Attribute(ast.Name("_log")), _, keywords):
                    for keyword in keywords:
                        assert f"| `{keyword.arg}` |" in documented, f"{path}: {keyword.arg}"


async def test_the_answer_names_the_line_of_the_log(tmp_path: Path) -> None:
    async with served(tmp_path, PLEDGE_LOG_FORMAT="json") as server:
        async with server.client() as client:
            own = (await client.get("/")).headers["x-request-id"]
            sent = await client.get("/", headers={"X-Request-ID": "proxy-0123456789"})
            assert sent.headers["x-request-id"] == "proxy-0123456789"
            for wrong in ("short", "x" * 65, 'a"b{c}d e f g', "示例"):
                answer = await client.get("/", headers={"X-Request-ID": wrong.encode()})
                assert len(answer.headers["x-request-id"]) == 16
        await server.stop()
    named = {line.get("request") for line in logged(tmp_path)}
    assert {own, "proxy-0123456789"} <= named


def test_exceptions_are_logged_by_their_types_and_places() -> None:
    def fails() -> None:
        try:
            raise ValueError(COMPANY)
        except ValueError as cause:
            raise RuntimeError(PERSON) from cause

    with pytest.raises(RuntimeError) as caught:
        fails()
    shown = without_words(caught.value)
    assert COMPANY not in shown
    assert PERSON not in shown
    assert shown.index("builtins.ValueError") < shown.index("builtins.RuntimeError")
    assert "in fails" in shown
    together = without_words(ExceptionGroup(COMPANY, [KeyError(PERSON)]))
    assert together.splitlines() == ["builtins.ExceptionGroup", "builtins.KeyError"]


async def test_who_is_served_is_served_where_no_log_can_be_written(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", _FullDisk())
    access_lines.configure("json")
    try:
        for _ in range(2):
            assert (await site.client.get("/")).status_code == 200
            access_lines.flush()
    finally:
        access_lines.configure("")


class _FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "no space left")


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_libraries_log_goes_the_same_way(form: str) -> None:
    program = f"""
import logging
from pledge.logs import configure_logs
configure_logs({form!r})
try:
    raise KeyError("a secret")
except KeyError:
    logging.getLogger("asyncio").exception("never retrieved\\nfuture: KeyError('a secret')")
    logging.getLogger("uvicorn.error").exception("a fault")
logging.getLogger("uvicorn.error").info("not worth a line")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    log = done.stderr.decode()
    assert "never retrieved" in log
    assert log.count("builtins.KeyError") == 2
    assert "a secret" not in log
    assert "not worth a line" not in log
    if form == "json":
        first, second = map(json.loads, log.splitlines())
        assert (first["level"], second["event"]) == ("error", "a fault")
