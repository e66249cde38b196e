"""Notices: what is told to whom, what came of it, and when it is tried again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MOST_TARGETS = 20
"""Of an initiative."""

_FIRST_WAIT = 5.0
_LONGEST_WAIT = 3600.0
_LONGEST_ASKED = 24 * 3600.0
_JITTER = 0.25


class TargetKind(StrEnum):
    """Whom a message is written for."""

    STANDARD = "standard"
    """Any program: JSON, signed as Standard Webhooks has it."""
    WECOM = "wecom"
    """A robot in a group of 企业微信."""
    DINGTALK = "dingtalk"
    """A robot in a group of 钉钉."""
    FEISHU = "feishu"
    """A robot in a group of 飞书."""

    @property
    def is_robot(self) -> bool:
        return self is not TargetKind.STANDARD

    @property
    def signs(self) -> bool:
        """Whether what is sent can be signed with a secret; WeCom's is in the address alone."""
        return self is not TargetKind.WECOM

    @property
    def pause(self) -> timedelta:
        """Between two messages. WeCom and DingTalk take 20 a minute, Feishu 100."""
        return timedelta(seconds=6 if self.is_robot else 0)


class NoticeEvent(StrEnum):
    """What is told."""

    SIGNED = "signed"
    """A signature is public from here on: a new one, or one that is shown again."""
    HIDDEN = "hidden"
    """A signature is no longer shown."""
    WITHDRAWN = "withdrawn"
    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True)
class Notice:
    """Something that happened, as far as the public may know it."""

    cursor: int
    """Of the feed."""
    event: NoticeEvent
    at: datetime
    data: Mapping[str, Any]
    """As JSON says it: `initiative`, `total`, and what belongs to the event."""


class Problem(StrEnum):
    """Why a message was not taken."""

    NO_HOST = "no-host"
    PRIVATE = "private"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    REDIRECT = "redirect"
    GONE = "gone"
    """410: it does not want to be told anything any more."""
    LIMITED = "limited"
    """Too many messages, it says."""
    REFUSED = "refused"
    """A robot says with status 200 that it did not take it."""
    STATUS = "status"


@dataclass(frozen=True)
class Answer:
    """What came of a message."""

    at: datetime
    problem: Problem | None
    """None: it was taken."""
    status: int = 0
    """Of HTTP; 0 if there was no answer."""
    said: str = ""
    """The beginning of its body, on one line."""
    seconds: float = 0.0
    retry_after: float = 0.0
    """Seconds that it asks to be left alone."""
    test: bool = False
    """Somebody has pressed the button."""


@dataclass(frozen=True)
class Target:
    """To whom is told what happens."""

    id: int
    initiative_id: int
    kind: TargetKind
    name: str
    address: str
    """Holds a robot's key: it is shown to owners alone, masked elsewhere."""
    secret: str
    events: frozenset[NoticeEvent]
    language: str
    active: bool
    cursor: int
    """Of the feed: everything up to it has been told."""
    attempts: int = 0
    """That failed since the last one that did not."""
    next_at: datetime | None = None
    """Before which it is not tried."""
    delivered_at: datetime | None = None
    answer: Answer | None = None

    @property
    def label(self) -> str:
        """Names it in lists and in the log."""
        return self.name or masked(self.address)


_ROBOTS = {
    "qyapi.weixin.qq.com": TargetKind.WECOM,
    "oapi.dingtalk.com": TargetKind.DINGTALK,
    "open.feishu.cn": TargetKind.FEISHU,
    "open.larksuite.com": TargetKind.FEISHU,
}


def likely_kind(address: str) -> TargetKind | None:
    """Whose robot an address belongs to, where its host tells."""
    found = re.match(r"https?://([^/?#:]+)", address.lower())
    return _ROBOTS.get(found[1]) if found else None


def masked(address: str) -> str:
    """An address without what only its owner should know: the host, and how it ends."""
    found = re.match(r"https?://([^/?#@]*@)?(?P<host>[^/?#]*)", address)
    host = found["host"] if found else ""
    rest = address[found.end() :] if found else ""
    return f"{host}/…{rest[-4:] if len(rest) > 12 else ''}" if rest.strip("/") else host


def without_secrets(said: str, target: Target) -> str:
    """What a receiver has answered, should it repeat what it was sent."""
    tokens = re.findall(r"[\w.-]{12,}", re.sub(r"^https?://[^/?#]*", "", target.address))
    for secret in (target.secret, *tokens):
        if secret:
            said = said.replace(secret, "…")
    return said


def problem_of(kind: TargetKind, status: int, body: bytes) -> Problem | None:
    """Judges an answer. Robots say with status 200 that they refuse: the body has the word."""
    match status:
        case 410:
            return Problem.GONE
        case 429:
            return Problem.LIMITED
        case _ if 300 <= status < 400:
            return Problem.REDIRECT
        case _ if not 200 <= status < 300:
            return Problem.STATUS
        case _ if kind.is_robot:
            return _robots_word(kind, body)
    return None


_CODES = {
    TargetKind.WECOM: "errcode",
    TargetKind.DINGTALK: "errcode",
    TargetKind.FEISHU: "code",
}
_TOO_MANY = {
    TargetKind.WECOM: {45009},
    TargetKind.DINGTALK: {130101, 90030},
    TargetKind.FEISHU: {11232, 9499},
}
_LIMITED_SECONDS = 600.0
"""DingTalk takes nothing for ten minutes from whoever sends too much."""


def _robots_word(kind: TargetKind, body: bytes) -> Problem | None:
    try:
        said = json.loads(body)
        code = said.get(_CODES[kind])
    except (ValueError, AttributeError):
        return Problem.REFUSED
    if code in _TOO_MANY[kind]:
        return Problem.LIMITED
    return None if code == 0 else Problem.REFUSED


def wait_after(attempts: int, answer: Answer, jitter: float) -> timedelta:
    """How long to wait after so many failures: 5 seconds, doubled up to an hour.

    `jitter` (0 to 1) draws it out a little, lest many come back at once. What the receiver asks
    for is heard, up to a day.
    """
    doubled = _FIRST_WAIT * 2.0 ** min(attempts - 1, 20)
    seconds = min(doubled, _LONGEST_WAIT) * (1 + _JITTER * jitter)
    if answer.problem is Problem.LIMITED:
        seconds = max(seconds, _LIMITED_SECONDS)
    return timedelta(seconds=max(seconds, min(answer.retry_after, _LONGEST_ASKED)))
