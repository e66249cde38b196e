"""Print sheets: the poster, a card for each invited company, and labels, as PDF.

What is printed cannot be called back: a link that has ended gets no card, names are set in full,
and whoever prints is told of each character that no font has.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from pledge.codes import signing_address
from pledge.domain.initiatives import Initiative, Meeting, in_language
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.names import name_parts
from pledge.domain.rights import OPERATOR, Actor
from pledge.domain.rosters import Invitation
from pledge.domain.seats import at_table, seat_order
from pledge.errors import NotFound, PledgeError
from pledge.glyphs import LINE_MAY_END, Unset, settable, together
from pledge.inviting import Roster
from pledge.secrets import Tokens
from pledge.store import initiatives, links
from pledge.store.database import Database
from pledge.typesetting import Document, typeset
from pledge.volumes import Volumes

A_VOLUME = 480
"""Cards or labels that are set at once where there are many: full pages of either."""
MOST_IN_ONE_PIECE = 2 * A_VOLUME

_CHUNK = 500


class Sheet(StrEnum):
    POSTER = "poster"
    CARDS = "cards"
    LABELS = "labels"

    @property
    def a_page(self) -> int:
        """How many of it are on a page."""
        return {Sheet.POSTER: 1, Sheet.CARDS: 8, Sheet.LABELS: 24}[self]


SIZES = ("a4", "a3")
"""Of posters; everything else is printed on A4."""


class NothingToPrint(PledgeError):
    """Nobody is invited, or nobody whom the choice leaves."""

    def __init__(self, invited: int, slug: str):
        if invited:
            words = f"none of the {invited} invited companies matches"
        else:
            words = f"{slug} has no roster yet: pledge roster import {slug} FILE"
        super().__init__(words)


@dataclass(frozen=True)
class Choice:
    """Which sheet is printed, for whom."""

    sheet: Sheet
    meeting: str = ""
    """Key of the meeting; without one, posters are of the latest, cards of all of them."""
    table: str = ""
    missing: bool = False
    """Only for companies that have not signed."""
    size: str = SIZES[0]
    language: str = "zh"


@dataclass(frozen=True)
class Outlook:
    """What a choice would print."""

    initiative: Initiative
    invited: int
    """On the roster of the meeting, or of all of them."""
    tables: tuple[str, ...]
    """Their seats, in order."""
    cards: int
    ended: int = 0
    """Companies left out because their link has ended."""
    unset: tuple[Unset, ...] = field(default=())


def leads_nowhere(origin: str) -> bool:
    """Whether no phone can follow a code to this address: it names the machine that it is on."""
    host = urlsplit(origin).hostname or ""
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Printing:
    def __init__(
        self,
        database: Database,
        *,
        tokens: Tokens,
        clock: Callable[[], datetime],
        roster: Callable[[int, str], Awaitable[Roster]],
        newest_link: Callable[..., Awaitable[SigningLink | None]],
        standing_link: Callable[..., Awaitable[SigningLink]],
    ):
        self._database = database
        self._tokens = tokens
        self._clock = clock
        self._roster = roster
        self._newest_link = newest_link
        self._standing_link = standing_link

    async def sheet(
        self,
        initiative_id: int,
        choice: Choice,
        origin: str,
        *,
        by: Actor = OPERATOR,
        picture: int = 0,
    ) -> Document:
        """The sheet as PDF; with `picture`, its first page as PNG with so many pixels an inch.

        `origin` is the address of the site to which the codes lead. Raises NotFound for a meeting
        that does not exist, NothingToPrint, and TypesettingFailed.
        """
        if choice.sheet is Sheet.POSTER:
            data = await self._poster(initiative_id, choice, origin, None if picture else by)
        else:
            data = await self._cards(initiative_id, choice, origin)
            if picture:
                data["cards"] = data["cards"][: choice.sheet.a_page]
            if len(data["cards"]) > MOST_IN_ONE_PIECE:
                return await self._in_volumes(choice, data)
        return await typeset(f"{choice.sheet}.typ", data, at=self._clock(), picture=picture)

    async def outlook(self, initiative_id: int, choice: Choice) -> Outlook:
        """What the choice would print, without printing it. Raises NotFound."""
        if choice.sheet is Sheet.POSTER:
            initiative, meeting = await self._at(initiative_id, choice.meeting)
            words = _poster_words(initiative, meeting, choice.language)
            checked = await asyncio.to_thread(settable, words)
            return Outlook(initiative, 0, (), 1, unset=checked.unset)
        roster = await self._roster(initiative_id, choice.meeting)
        chosen = _chosen(roster, choice)
        standing = await self._standing(chosen)
        printed = [[one.company.name, one.seat] for one in chosen if one.link_id in standing]
        checked = await asyncio.to_thread(settable, printed)
        return Outlook(
            roster.initiative,
            len(roster.invitations),
            tuple(dict.fromkeys(one.seat for one in _in_order(roster.invitations) if one.seat)),
            len(printed),
            len(chosen) - len(printed),
            checked.unset,
        )

    async def _in_volumes(self, choice: Choice, data: dict[str, Any]) -> Document:
        at = self._clock()
        cards = data["cards"]
        unset: list[Unset] = []
        with TemporaryDirectory(prefix="pledge-") as folder:
            volumes = Volumes(Path(folder))
            for start in range(0, len(cards), A_VOLUME):
                part = {**data, "cards": cards[start : start + A_VOLUME]}
                document = await typeset(f"{choice.sheet}.typ", part, at=at, tagged=False)
                await volumes.add(document.content)
                unset += document.unset
            whole = Path(folder) / "whole.pdf"
            await volumes.join(whole, choice.language)
            return Document(await asyncio.to_thread(whole.read_bytes), together(unset))

    async def _poster(
        self, initiative_id: int, choice: Choice, origin: str, by: Actor | None
    ) -> dict[str, Any]:
        """Without anybody to print it, it is looked at: then no link is made for it."""
        initiative, meeting = await self._at(initiative_id, choice.meeting)
        slug, at = initiative.slug, meeting.key
        link: SigningLink | None
        if by:
            link = await self._standing_link(slug, LinkKind.POSTER, meeting=at, by=by)
        else:
            link = await self._newest_link(slug, LinkKind.POSTER, meeting=at)
        token = self._tokens.link(link.id if link else 0)
        return {
            **_poster_words(initiative, meeting, choice.language),
            "language": choice.language,
            "size": choice.size,
            "lettering": _lettering(initiative, "stack", choice.language),
            "code": signing_address(origin, token),
            "address": f"{origin}/s/{token}",
        }

    async def _cards(self, initiative_id: int, choice: Choice, origin: str) -> dict[str, Any]:
        roster = await self._roster(initiative_id, choice.meeting)
        chosen = _chosen(roster, choice)
        standing = await self._standing(chosen)
        cards = [
            self._card(roster.initiative, one, standing[one.link_id], choice.language, origin)
            for one in chosen
            if one.link_id in standing
        ]
        if not cards:
            raise NothingToPrint(len(roster.invitations), roster.initiative.slug)
        return {
            **_title(roster.initiative, choice.sheet, choice.language),
            "language": choice.language,
            "lettering": _lettering(roster.initiative, "line", choice.language),
            "cards": cards,
        }

    def _card(
        self, initiative: Initiative, one: Invitation, link: SigningLink, language: str, origin: str
    ) -> dict[str, Any]:
        until = ""
        if link.expires_at:
            meeting = initiative.meeting(one.meeting_id)
            until = _until(meeting.local(link.expires_at), language)
        return {
            "company": LINE_MAY_END.join(name_parts(one.company.name)),
            "seat": one.seat,
            "until": until,
            "code": signing_address(origin, self._tokens.link(one.link_id)),
        }

    async def _at(self, initiative_id: int, key: str) -> tuple[Initiative, Meeting]:
        async with self._database.reading() as connection:
            initiative = await initiatives.read(connection, initiative_id)
        meeting = initiative.meeting_by_key(key) if key else initiative.latest_meeting
        if meeting is None:
            keys = ", ".join(one.key for one in initiative.meetings)
            raise NotFound(f"{initiative.slug} has no meeting {key}; its meetings: {keys}")
        return initiative, meeting

    async def _standing(self, chosen: list[Invitation]) -> dict[int, SigningLink]:
        """The links that still admit, or will."""
        found: dict[int, SigningLink] = {}
        async with self._database.reading() as connection:
            for start in range(0, len(chosen), _CHUNK):
                ids = [one.link_id for one in chosen[start : start + _CHUNK]]
                found |= await links.by_ids(connection, ids)
        now = self._clock()
        return {key: link for key, link in found.items() if link.ended(now) is None}


def _chosen(roster: Roster, choice: Choice) -> list[Invitation]:
    return _in_order(
        [
            one
            for one in roster.invitations
            if (not choice.table or at_table(one.seat, choice.table))
            and not (choice.missing and one.id in roster.signed)
        ]
    )


def _in_order(invitations: list[Invitation]) -> list[Invitation]:
    """By seat; those of one seat, or of none, stay in the roster's order."""
    return sorted(invitations, key=lambda one: seat_order(one.seat))


def _poster_words(initiative: Initiative, meeting: Meeting, language: str) -> dict[str, Any]:
    event = in_language(meeting.event, language)
    return {
        **_title(initiative, Sheet.POSTER, language),
        "organs": [in_language(organ.name, language) for organ in initiative.organs],
        "event": re.split("(?<=.)(?=暨)", event, maxsplit=1) if event else [],
    }


_SHEETS = {
    "zh": {Sheet.POSTER: "海报", Sheet.CARDS: "桌卡", Sheet.LABELS: "标签"},
    "en": {Sheet.POSTER: "poster", Sheet.CARDS: "table cards", Sheet.LABELS: "labels"},
}


def _title(initiative: Initiative, sheet: Sheet, language: str) -> dict[str, Any]:
    title, name = initiative.title(language), _SHEETS[language][sheet]
    return {
        "title": f"《{title}》{name}" if language == "zh" else f"{title}: {name}",
        "author": [in_language(organ.name, language) for organ in initiative.organs],
        "initiative": title,
    }


def _lettering(initiative: Initiative, shape: str, language: str) -> dict[str, Any] | None:
    found = initiative.lettering(shape, language)
    return asdict(found) if found else None


def _until(local: datetime, language: str) -> str:
    if language == "zh":
        return f"截止 {local.month}月{local.day}日 {local:%H:%M}"
    return f"until {local.day} {local:%b %H:%M}"
