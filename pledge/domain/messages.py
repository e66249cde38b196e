"""Messages: a notice as its receiver expects it, with the signature that it checks.

- Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec): headers
  `webhook-id`, `webhook-timestamp`, `webhook-signature`; one event a message.
- 企业微信 群机器人 (developer.work.weixin.qq.com, 91770): the key is in the address; text of at
  most 2048 bytes.
- 钉钉 自定义机器人 (open.dingtalk.com, custom-robot-access): `timestamp` in milliseconds and `sign`
  in the query.
- 飞书 自定义机器人 (open.feishu.cn, add-custom-bot): `timestamp` in seconds and `sign` in the body;
  20 KB at most.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from pledge.domain.notices import Notice, NoticeEvent, Target, TargetKind

SECRET_PREFIX = "whsec_"  # noqa: S105 -- how such secrets begin
SECRET_BYTES = 32
"""Of a generated secret; the specification takes 24 to 64."""

LONGEST_TEXT = 2048
"""Bytes: as much as WeCom takes, and as much as a chat bears."""
_LONGEST_TITLE = 60

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Message:
    """What is posted."""

    cursor: int
    """Of the last notice that it tells."""
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    """To be added to the address."""


def new_secret(random_bytes: bytes) -> str:
    """From `SECRET_BYTES` random bytes."""
    return SECRET_PREFIX + b64encode(random_bytes).decode()


def message_for(
    target: Target, notices: Sequence[Notice], at: datetime, translate: Translate
) -> Message:
    """Tells the first notice, or to robots as many of them as fit into one message."""
    if target.kind is TargetKind.STANDARD:
        first = notices[0]
        name = f"msg_{target.initiative_id}_{first.cursor}"
        return _standard(target, name, first.event, first.at, first.data, at, first.cursor)
    told = _fitting(notices, translate)
    return _to_robot(target, _text(notices[:told], translate), at, notices[told - 1].cursor)


def test_message(
    target: Target, initiative: Mapping[str, str], name: str, at: datetime, translate: Translate
) -> Message:
    """Tells nothing but that it arrives. `name` is not to be used twice."""
    if target.kind is TargetKind.STANDARD:
        data = {"initiative": initiative}
        return _standard(target, f"msg_test_{name}", "test", at, data, at, target.cursor)
    _ = translate
    line = _("This is a test: notices about signing will arrive here.")
    return _to_robot(target, f"{_heading(initiative['title'])}\n{line}", at, target.cursor)


def standard_signature(secret: str, name: str, timestamp: int, body: bytes) -> str:
    """As the header `webhook-signature` has it."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{name}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()


def dingtalk_signature(secret: str, milliseconds: int) -> str:
    signed = f"{milliseconds}\n{secret}".encode()
    return b64encode(hmac.digest(secret.encode(), signed, sha256)).decode()


def feishu_signature(secret: str, timestamp: int) -> str:
    """Time and secret are the key, and what is signed is empty: not as DingTalk has it."""
    key = f"{timestamp}\n{secret}".encode()
    return b64encode(hmac.digest(key, b"", sha256)).decode()


def _standard(
    target: Target,
    name: str,
    event: str,
    happened: datetime,
    data: Mapping[str, Any],
    at: datetime,
    cursor: int,
) -> Message:
    body = _json({"type": event, "timestamp": happened.isoformat(), "data": data})
    timestamp = int(at.timestamp())
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": standard_signature(target.secret, name, timestamp, body),
    }
    return Message(cursor, body, headers)


def _to_robot(target: Target, text: str, at: datetime, cursor: int) -> Message:
    if target.kind is TargetKind.FEISHU:
        content: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if target.secret:
            timestamp = int(at.timestamp())
            sign = feishu_signature(target.secret, timestamp)
            content = {"timestamp": str(timestamp), "sign": sign, **content}
        return Message(cursor, _json(content))
    query = {}
    if target.kind is TargetKind.DINGTALK and target.secret:
        milliseconds = int(at.timestamp() * 1000)
        sign = dingtalk_signature(target.secret, milliseconds)
        query = {"timestamp": str(milliseconds), "sign": sign}
    return Message(cursor, _json({"msgtype": "text", "text": {"content": text}}), query=query)


def _fitting(notices: Sequence[Notice], translate: Translate) -> int:
    """How many of the first notices fit into a text; one always does."""
    told = 1
    while told < len(notices):
        if len(_text(notices[: told + 1], translate).encode()) > LONGEST_TEXT:
            break
        told += 1
    return told


def _text(notices: Sequence[Notice], translate: Translate) -> str:
    last = notices[-1].data
    _ = translate
    return "\n".join(
        [
            _heading(last["initiative"]["title"]),
            *(_line(notice, translate) for notice in notices),
            _("Signatories: %(total)d") % {"total": last["total"]},
        ]
    )


def _heading(title: str) -> str:
    return f"【{_plain(title[:_LONGEST_TITLE])}】"


def _line(notice: Notice, translate: Translate) -> str:
    _ = translate
    data = notice.data
    match notice.event:
        case NoticeEvent.SIGNED:
            if not data.get("company"):
                return _("No. %(number)d has signed") % {"number": data["number"]}
            names = {name: _plain(data.get(name) or "–") for name in ("company", "representative")}
            return _("No. %(number)d: %(company)s (%(representative)s)") % {
                "number": data["number"],
                **names,
            }
        case NoticeEvent.HIDDEN:
            return _("No. %(number)d is no longer shown") % {"number": data["number"]}
        case NoticeEvent.WITHDRAWN:
            return _("No. %(number)d has been withdrawn") % {"number": data["number"]}
        case NoticeEvent.OPENED:
            return _("Signing is open")
        case NoticeEvent.CLOSED:
            return _("Signing is closed")


def _plain(name: str) -> str:
    """What somebody has typed must not call anybody: robots read <@…> and <at …> as mentions."""
    return name.replace("<", "＜").replace(">", "＞")


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
