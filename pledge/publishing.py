"""What the public reads: initiatives, the list of signatories, the events."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import (
    Initiative,
    in_language,
)
from pledge.domain.links import SigningLink, Vouched
from pledge.domain.names import company_key
from pledge.domain.outlines import outline
from pledge.domain.scenes import Launch
from pledge.domain.signatures import (
    AlreadySigned,
    AskedAgain,
    Company,
    Signatories,
    Signature,
    earlier_signing,
)
from pledge.domain.standing import Standing
from pledge.feed import Frame
from pledge.store import (
    feed,
    heads,
    initiatives,
    launches,
    links,
    listing,
    rosters,
    signatures,
    spans,
)
from pledge.store.database import Database
from pledge.store.shared_reads import SharedReads

PAGE_SIZE = 50
LARGEST_SLICE = 500
NEWEST = 20


@dataclass(frozen=True)
class Published:
    """An initiative and how it stands."""

    initiative: Initiative
    standing: Standing


@dataclass(frozen=True)
class LinkPublished:
    link: SigningLink
    initiative: Initiative
    standing: Standing


@dataclass(frozen=True)
class Front:
    newest: list[Signature]
    """None where companies are not shown."""
    totals: dict[int, int]
    """Of the companies that signed at each meeting."""


@dataclass(frozen=True)
class Listing:
    """One page of the public list."""

    found: int
    signatures: tuple[Signature, ...]
    page: int
    pages: int
    more: bool = False
    """A search has found more than is counted and shown."""


@dataclass(frozen=True)
class ReceiptPublished:
    published: Published
    signature: Signature
    successor: Signature | None = None
    """The entry that stands in its place; it may have been replaced as well."""


class Publishing:
    """Reads for the public. Contents are kept by revision: a page costs one query and its rows."""

    def __init__(self, database: Database):
        self._database = database
        self._contents: dict[int, tuple[int, Initiative]] = {}
        self._links = SharedReads(self._behind_link)
        self._slugs = SharedReads(self._by_slug)
        self._frames = SharedReads(self._read_frames)

    async def by_slug(self, slug: str) -> Published | None:
        """As it is now; a thousand streams that come back at once share one query."""
        return await self._slugs.of(slug)

    async def _by_slug(self, slug: str) -> Published | None:
        async with self._database.reading(brief=True) as connection:
            found = await initiatives.by_slug(connection, slug)
        return await self._with_content(found.id, found.standing) if found else None

    async def by_id(self, initiative_id: int) -> Published | None:
        async with self._database.reading(brief=True) as connection:
            found = await initiatives.by_id(connection, initiative_id)
        return await self._with_content(found.id, found.standing) if found else None

    async def all(self) -> list[Published]:
        """Everything published, the open ones first."""
        async with self._database.reading() as connection:
            found = await initiatives.published(connection)
        return [await self._with_content(one.id, one.standing) for one in found]

    async def newest_slug(self) -> str | None:
        """Of the initiative that was made last, a draft too; None if there is none at all."""
        async with self._database.reading() as connection:
            return await initiatives.newest_slug(connection)

    async def behind_link(self, link_id: int) -> LinkPublished | None:
        """As it is now; four hundred phones that ask at once share one query."""
        return await self._links.of(link_id)

    async def _behind_link(self, link_id: int) -> LinkPublished | None:
        async with self._database.reading(brief=True) as connection:
            found = await links.in_use(connection, link_id)
        if found is None:
            return None
        content = await self._content(found.link.initiative_id, found.standing.revision)
        return LinkPublished(found.link, content, found.standing)

    async def earlier_signing(
        self, initiative: Initiative, company: Company, *, device: str, vouched: Vouched
    ) -> AlreadySigned | AskedAgain | None:
        """When a company has signed, if it has, and whether it may sign anew."""
        async with self._database.reading(brief=True) as connection:
            standing = await signatures.standing_of_companies(connection, initiative.id, [company])
        return earlier_signing(
            Signatories(standing),
            company,
            device=device,
            vouched=vouched,
            superseded=initiative.superseded,
        )

    async def receipt(self, receipt: str) -> ReceiptPublished | None:
        async with self._database.reading(brief=True) as connection:
            found = await signatures.by_receipt(connection, receipt)
            if found is None:
                return None
            initiative_id, signature = found
            standing = await heads.standing_of(connection, initiative_id)
            later = [signature.replaced_by] if signature.replaced_by else []
            successors = await signatures.by_numbers(connection, initiative_id, later)
        return ReceiptPublished(
            await self._with_content(initiative_id, standing),
            signature,
            next(iter(successors.values()), None),
        )

    async def front(self, initiative: Initiative) -> Front:
        """What the initiative's own page says beyond its text."""
        async with self._database.reading() as connection:
            return Front(
                newest=await listing.newest(connection, initiative.id, NEWEST)
                if initiative.shows.signatories
                else [],
                totals=await initiatives.totals_by_meeting(connection, initiative.id),
            )

    async def listing(
        self, published: Published, *, q: str, meeting_id: int | None, page: int
    ) -> Listing:
        """A page of the list, newest first; a page beyond the last one is the last one."""
        initiative_id = published.initiative.id
        if not published.initiative.shows.signatories:
            # Nor is told whether a search would have found somebody.
            return Listing(await self.total(published, meeting_id), (), 1, 1)
        async with self._database.reading() as connection:
            if company_key(q):
                return await _found(connection, initiative_id, q, meeting_id, page)
            found = await spans.total(connection, initiative_id, meeting_id)
            page, pages = _within(page, found)
            if page == 1 and meeting_id is None:
                rows = await listing.newest(connection, initiative_id, PAGE_SIZE)
            else:
                rows = await listing.page(
                    connection,
                    initiative_id,
                    meeting_id=meeting_id,
                    limit=PAGE_SIZE,
                    offset=(page - 1) * PAGE_SIZE,
                )
        return Listing(found, tuple(rows), page, pages)

    async def after(
        self, published: Published, *, after: int, limit: int, q: str, meeting_id: int | None
    ) -> dict[str, Any]:
        """The list by cursor, oldest first, as the public contract words it."""
        initiative = published.initiative
        if not initiative.shows.signatories:
            return {"total": await self.total(published, meeting_id), "items": [], "next": None}
        searched: dict[str, Any] = {}
        async with self._database.reading() as connection:
            part = await listing.after(
                connection, initiative.id, after=after, limit=limit, q=q, meeting_id=meeting_id
            )
            if part.found:
                total = len(part.found.numbers)
                searched = {"more": True} if part.found.more else {}
            elif meeting_id is not None:
                total = await spans.total(connection, initiative.id, meeting_id)
            else:
                total = (await heads.standing_of(connection, initiative.id)).total
        return {
            "total": total,
            **searched,
            "items": [public_item(initiative, row) for row in part.signatures],
            "next": part.next,
        }

    async def frames(self, initiative_id: int, cursor: int, limit: int) -> Sequence[Frame]:
        """The feed as server-sent events (HTML Standard, 9.2.5), read once for all at one place."""
        return await self._frames.of((initiative_id, cursor, limit))

    async def _read_frames(self, place: tuple[int, int, int]) -> Sequence[Frame]:
        initiative_id, cursor, limit = place
        content, events = await self.events(initiative_id, cursor, limit)
        return [_frame(content, event) for event in events]

    async def events(
        self, initiative_id: int, cursor: int, limit: int
    ) -> tuple[Initiative, list[feed.Event]]:
        """The feed after a cursor, oldest first, and the initiative as it is now."""
        async with self._database.reading() as connection:
            events = await feed.after(connection, initiative_id, cursor, limit)
            standing = await heads.standing_of(connection, initiative_id)
        return await self._content(initiative_id, standing.revision), events

    async def total(self, published: Published, meeting_id: int | None) -> int:
        """The companies that have signed, at one meeting or at all of them."""
        if meeting_id is None:
            return published.standing.total
        async with self._database.reading() as connection:
            totals = await initiatives.totals_by_meeting(connection, published.initiative.id)
        return totals.get(meeting_id, 0)

    async def invited(self, slug: str, meeting_id: int | None) -> int:
        """How many companies are on the roster."""
        async with self._database.reading() as connection:
            found = await initiatives.by_slug(connection, slug)
            return await rosters.count(connection, found.id, meeting_id) if found else 0

    async def launch(self, initiative_id: int) -> Launch | None:
        """What the newest launch has frozen."""
        async with self._database.reading(brief=True) as connection:
            return await launches.newest(connection, initiative_id)

    async def cursors(self, initiative_ids: Sequence[int]) -> dict[int, int]:
        async with self._database.reading(brief=True) as connection:
            return await heads.cursors(connection, initiative_ids)

    async def _with_content(self, initiative_id: int, standing: Standing) -> Published:
        return Published(await self._content(initiative_id, standing.revision), standing)

    async def _content(self, initiative_id: int, revision: int) -> Initiative:
        known = self._contents.get(initiative_id)
        if known and known[0] == revision:
            return known[1]
        async with self._database.reading(brief=True) as connection:
            content = await initiatives.read(connection, initiative_id)
        self._contents[initiative_id] = (revision, content)
        return content


async def _found(
    connection: AsyncConnection, initiative_id: int, q: str, meeting_id: int | None, page: int
) -> Listing:
    """A page of what a search finds."""
    found = await listing.matching(connection, initiative_id, q, meeting_id=meeting_id)
    page, pages = _within(page, len(found.numbers))
    numbers = found.numbers[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = await listing.by_numbers(connection, initiative_id, numbers)
    return Listing(len(found.numbers), tuple(rows), page, pages, found.more)


def _within(page: int, found: int) -> tuple[int, int]:
    """The page, or the last one if there are fewer; and how many there are."""
    pages = max(1, -(-found // PAGE_SIZE))
    return min(page, pages), pages


def public_item(initiative: Initiative, signature: Signature) -> dict[str, Any]:
    """All that the public may know of a signature (rule 8)."""
    meeting = initiative.meeting(signature.meeting_id)
    return {
        "index": signature.index,
        "number": signature.number,
        "company": signature.company.name,
        "representative": signature.representative_shown(initiative.shows),
        "meeting": in_language(meeting.place, initiative.languages[0]),
        "signed_at": iso(meeting.local(signature.signed_at)),
        "ink": drawn(signature.ink_shown(initiative.shows)),
    }


def drawn(ink: str) -> dict[str, str] | None:
    """Ink as an SVG element shows it."""
    if not ink:
        return None
    found = outline(ink)
    return {"view_box": found.view_box, "path": found.path}


def iso(instant: datetime) -> str:
    """ISO 8601 with microseconds and the offset from UTC."""
    return instant.isoformat(timespec="microseconds")


def _frame(initiative: Initiative, event: feed.Event) -> Frame:
    kind, data = _told(initiative, event)
    if not kind:
        return Frame(event.cursor, b"")
    data["total"] = event.total
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Frame(
        event.cursor,
        f"id: {event.cursor}\nevent: {kind}\ndata: {text}\n\n".encode(),
        # With the state comes whatever has changed of the initiative: names may have to go.
        retracts=event.kind in (feed.Kind.HIDDEN, feed.Kind.STATE),
    )


def _told(initiative: Initiative, event: feed.Event) -> tuple[str, dict[str, Any]]:
    """The event as the public is told it: its kind, or nothing at all, and what it says."""
    match event.kind:
        case feed.Kind.STATE:
            return event.kind, {"status": event.status, "shows": initiative.shows.parts}
        case feed.Kind.HIDDEN | feed.Kind.SIGNED if not initiative.shows.signatories:
            return feed.Kind.COUNTED, {}
        case feed.Kind.HIDDEN if event.signature:
            return event.kind, {"index": event.subject, "number": event.signature.number}
        case feed.Kind.SIGNED if event.signature:
            # Taken down since, or shown again at a newer index: it is never sent from here again.
            if event.cursor != event.signature.index or not event.signature.is_public:
                return "", {}
            return event.kind, public_item(initiative, event.signature)
    return event.kind, {}
