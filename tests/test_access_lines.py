"""The lines of requests: none is lost, none stands in the middle of another, none is forged."""

import asyncio
import io
import json
import os
import subprocess
import sys

import pytest

from pledge.access_lines import AccessLines


def _added(lines: AccessLines, count: int) -> None:
    for number in range(count):
        lines.add(f"{number:016}", "GET", "/s/{token}", 200, 0.0012)


async def _written(capsys: pytest.CaptureFixture[str]) -> str:
    """What the timer writes by itself."""
    for _ in range(1000):
        if said := capsys.readouterr().err:
            return said
        await asyncio.sleep(0.005)
    raise AssertionError("nothing was written")


async def test_lines_are_written_soon_and_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    lines = AccessLines()
    lines.configure("json")
    _added(lines, 30)
    told = [json.loads(line) for line in (await _written(capsys)).splitlines()]
    assert [int(one["request"]) for one in told] == list(range(30))
    assert told[0] | {"timestamp": ""} == {
        "method": "GET",
        "route": "/s/{token}",
        "status": 200,
        "ms": 1.2,
        "event": "request",
        "request": "0" * 16,
        "level": "info",
        "timestamp": "",
    }


async def test_many_are_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = AccessLines()
    lines.configure("console")
    _added(lines, 1000)
    assert len(capsys.readouterr().err.splitlines()) == 1000


async def test_nothing_is_gathered_where_nothing_is_logged() -> None:
    lines = AccessLines()
    _added(lines, 3)
    lines.flush(said := io.StringIO())
    assert said.getvalue() == ""


async def test_what_a_client_calls_its_method_forges_no_line() -> None:
    lines = AccessLines()
    lines.configure("json")
    lines.add("0" * 16, 'GET"}\n{"event": "消"', "none", 405, 0)
    lines.flush(said := io.StringIO())
    assert len(said.getvalue().splitlines()) == 1
    assert said.getvalue().isascii()
    assert json.loads(said.getvalue())["status"] == 405


_WORKER = """
import asyncio
from pledge.access_lines import AccessLines
async def main():
    lines = AccessLines()
    lines.configure("json")
    for number in range(5000):
        lines.add(f"{number:016}", "GET", "/s/{token}", 200, 0.0012)
    lines.flush()
asyncio.run(main())
"""


def test_workers_that_share_a_pipe_write_whole_lines() -> None:
    """Much more than the pipe holds, so that each of them has to wait in the middle."""
    receiving, sending = os.pipe()
    workers = [subprocess.Popen([sys.executable, "-c", _WORKER], stderr=sending) for _ in range(3)]
    os.close(sending)
    with open(receiving, "rb") as pipe:
        told = [json.loads(line)["request"] for line in pipe]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert sorted(told) == sorted(f"{number:016}" for number in range(5000) for _ in workers)
