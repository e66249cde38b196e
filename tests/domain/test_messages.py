"""Messages are signed as their receivers check it, and say no more than they may."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pledge.domain.messages import (
    LONGEST_TEXT,
    dingtalk_signature,
    feishu_signature,
    message_for,
    new_secret,
    standard_signature,
)
from pledge.domain.notices import (
    Answer,
    Notice,
    NoticeEvent,
    Problem,
    Target,
    TargetKind,
    likely_kind,
    masked,
    problem_of,
    wait_after,
    without_secrets,
)

AT = datetime(2023, 8, 10, 2, 0, tzinfo=UTC)
DINGTALK = "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
FEISHU = "/eYKrXQBzTjUZJ3s6NX16VxGbTwmK7AEs8/FnvC1CSw="
INITIATIVE = {"slug": "example", "title": "示例倡议书"}
TARGET = Target(
    id=7,
    initiative_id=3,
    kind=TargetKind.WECOM,
    name="",
    address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-1111-2222-3333-4444abcd",
    secret="",
    events=frozenset(NoticeEvent),
    language="zh",
    active=True,
    cursor=0,
)


def _signed(number: int, company: str = "示例消防科技有限公司") -> Notice:
    data = {"initiative": INITIATIVE, "number": number, "company": company}
    data |= {"representative": "张某某", "total": number}
    return Notice(number, NoticeEvent.SIGNED, AT, data)


def _text(notices: list[Notice], kind: TargetKind = TargetKind.WECOM) -> tuple[str, int]:
    message = message_for(replace(TARGET, kind=kind), notices, AT, lambda words: words)
    content: Any = json.loads(message.body)
    found = content["content"]["text"] if kind is TargetKind.FEISHU else content["text"]["content"]
    return found, message.cursor


def test_the_reference_vector_of_standard_webhooks() -> None:
    signature = standard_signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_robots_signatures_as_openssl_makes_them() -> None:
    """`openssl dgst -sha256 -hmac`, with what the two documents say is key and message."""
    assert dingtalk_signature("this is secret", 1577262236757) == DINGTALK
    assert feishu_signature("this is secret", 1599360473) == FEISHU


def test_a_secret_is_as_the_specification_has_it() -> None:
    secret = new_secret(bytes(range(32)))
    assert secret == "whsec_" + b64encode(bytes(range(32))).decode()


def test_dingtalks_signature_is_in_the_query_and_feishus_in_the_body() -> None:
    target = replace(TARGET, secret="this is secret")
    ding = message_for(replace(target, kind=TargetKind.DINGTALK), [_signed(1)], AT, str)
    milliseconds = int(AT.timestamp() * 1000)
    assert ding.query == {
        "timestamp": str(milliseconds),
        "sign": dingtalk_signature("this is secret", milliseconds),
    }
    fei = message_for(replace(target, kind=TargetKind.FEISHU), [_signed(1)], AT, str)
    body = json.loads(fei.body)
    assert body["timestamp"] == str(int(AT.timestamp()))
    assert body["sign"] == feishu_signature("this is secret", int(AT.timestamp()))
    assert (fei.query, body["msg_type"]) == ({}, "text")


@pytest.mark.parametrize("kind", [kind for kind in TargetKind if kind.is_robot])
def test_robots_are_told_many_at_once_in_order_and_within_their_limit(kind: TargetKind) -> None:
    notices = [_signed(number) for number in range(1, 200)]
    told = 0
    while told < len(notices):
        text, cursor = _text(notices[told:], kind)
        lines = text.split("\n")
        assert len(text.encode()) <= LONGEST_TEXT
        assert [f"No. {n}:" for n in range(told + 1, cursor + 1)] == [
            line[: line.index(":") + 1] for line in lines[1:-1]
        ]
        assert lines[-1] == f"Signatories: {cursor}"
        assert cursor > told
        told = cursor
    assert told == 199


def test_programs_are_told_one_by_one() -> None:
    target = replace(TARGET, kind=TargetKind.STANDARD, secret=new_secret(bytes(32)))
    message = message_for(target, [_signed(1), _signed(2)], AT, str)
    assert message.cursor == 1
    assert message.headers["webhook-id"] == "msg_3_1"
    again = message_for(target, [_signed(1)], AT.replace(hour=5), str)
    assert again.headers["webhook-id"] == message.headers["webhook-id"]
    assert again.body == message.body


def test_nobody_is_called_by_a_companys_name() -> None:
    text, _ = _text([_signed(1, '<at user_id="all">所有人</at><@all>')])
    assert "<" not in text
    assert "所有人" in text


def test_a_company_that_is_not_shown_is_not_named() -> None:
    notice = _signed(1)
    data = {key: notice.data[key] for key in ("initiative", "number", "total")}
    assert _text([replace(notice, data=data)])[0].split("\n")[1] == "No. 1 has signed"


@pytest.mark.parametrize(
    ("kind", "status", "body", "problem"),
    [
        (TargetKind.STANDARD, 204, b"", None),
        (TargetKind.STANDARD, 200, b"whatever", None),
        (TargetKind.STANDARD, 302, b"", Problem.REDIRECT),
        (TargetKind.STANDARD, 410, b"", Problem.GONE),
        (TargetKind.STANDARD, 429, b"", Problem.LIMITED),
        (TargetKind.STANDARD, 500, b"", Problem.STATUS),
        (TargetKind.WECOM, 200, b'{"errcode":0,"errmsg":"ok"}', None),
        (TargetKind.WECOM, 200, b'{"errcode":93000,"errmsg":"invalid"}', Problem.REFUSED),
        (TargetKind.WECOM, 200, b'{"errcode":45009}', Problem.LIMITED),
        (TargetKind.DINGTALK, 200, b'{"errcode":310000}', Problem.REFUSED),
        (TargetKind.DINGTALK, 200, b'{"errcode":130101}', Problem.LIMITED),
        (TargetKind.FEISHU, 200, b'{"code":0,"msg":"success"}', None),
        (TargetKind.FEISHU, 200, b'{"code":19021}', Problem.REFUSED),
        (TargetKind.FEISHU, 200, b'{"code":11232}', Problem.LIMITED),
        (TargetKind.WECOM, 200, b"<html>", Problem.REFUSED),
        (TargetKind.WECOM, 200, b"[]", Problem.REFUSED),
        (TargetKind.FEISHU, 200, b"{}", Problem.REFUSED),
    ],
)
def test_an_answer_is_judged_by_its_word_too(
    kind: TargetKind, status: int, body: bytes, problem: Problem | None
) -> None:
    assert problem_of(kind, status, body) is problem


def test_waiting_doubles_from_five_seconds_to_an_hour() -> None:
    failed = Answer(AT, Problem.STATUS)
    waits = [wait_after(attempts, failed, 0).total_seconds() for attempts in range(1, 13)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert wait_after(1000, failed, 1).total_seconds() == 4500


@pytest.mark.parametrize(("asked", "waits"), [(120, 120), (1, 5), (10**9, 86400)])
def test_what_a_receiver_asks_for_is_heard(asked: float, waits: float) -> None:
    answer = Answer(AT, Problem.STATUS, retry_after=asked)
    assert wait_after(1, answer, 0).total_seconds() == waits


def test_keys_are_masked_wherever_an_address_is_named() -> None:
    assert masked(TARGET.address) == "qyapi.weixin.qq.com/…abcd"
    assert masked("https://user:word@example.org/") == "example.org"
    said = without_secrets("no robot 00000000-1111-2222-3333-4444abcd here", TARGET)
    assert "1111" not in said


def test_robots_are_known_by_their_hosts() -> None:
    assert likely_kind(TARGET.address) is TargetKind.WECOM
    assert likely_kind("https://example.org/qyapi.weixin.qq.com") is None
