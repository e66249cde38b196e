"""Founding: initiatives are made from nothing, or after the model of another one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import (
    DEFAULT_ZONE,
    Initiative,
    PartialDate,
    Status,
    Text,
    TextVersion,
)
from pledge.domain.rights import Role
from pledge.domain.texts import Draft
from pledge.store import audit, heads, initiatives, organizers, texts
from pledge.store.database import Database
from pledge.store.organizers import Organizer

_NOTHING_YET = {
    "organs": [],
    "privacy": {"processor": {}, "purpose": {}, "retention": {}},
    "contact": {},
    "note": {},
    "letterings": {},
}


@dataclass(frozen=True)
class Plan:
    """What a new initiative is called, and where it is first signed."""

    slug: str
    titles: Mapping[str, str]
    """By language, the first one first."""
    place: str
    date: PartialDate


class Founding:
    """Every initiative begins as a draft that belongs to whoever makes it."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]):
        self._database = database
        self._clock = clock

    async def create(self, plan: Plan, *, by: Organizer) -> bool:
        """False: the slug is taken."""
        try:
            async with self._database.writing() as connection:
                if await initiatives.by_slug(connection, plan.slug):
                    return False
                initiative_id = await self._begin(connection, plan.slug, _NOTHING_YET, by)
                meeting = {
                    "key": str(plan.date),
                    "place": dict.fromkeys(plan.titles, plan.place),
                    "event": {},
                    "date": str(plan.date),
                    "zone": DEFAULT_ZONE,
                }
                await initiatives.put_meetings(connection, initiative_id, [meeting])
                blank = {tag: Text(title, "") for tag, title in plan.titles.items()}
                await self._end(connection, initiative_id, blank)
                await self._record(connection, initiative_id, Action.CREATED, plan.slug, by)
        except IntegrityError:  # somebody else was faster
            return False
        return True

    async def duplicate(
        self, initiative_id: int, slug: str, titles: Mapping[str, str], *, by: Organizer
    ) -> bool:
        """Everything but who signs and who works in it; what is being written goes along.

        Lettering stays behind with the title that it draws. False: the slug is taken.
        """
        try:
            async with self._database.writing() as connection:
                if await initiatives.by_slug(connection, slug):
                    return False
                model = await initiatives.read(connection, initiative_id)
                draft = await texts.draft_of(connection, initiative_id)
                content = await initiatives.content_of(connection, initiative_id)
                first = model.languages[0]
                if titles.get(first) != model.title(first):
                    content["letterings"] = {}
                copy = await self._begin(connection, slug, content, by)
                meetings = await initiatives.meeting_values(connection, initiative_id)
                held = [meeting for meeting in meetings if meeting["position"] >= 0]
                await initiatives.put_meetings(connection, copy, held)
                await initiatives.copy_logo(connection, initiative_id, copy)
                standing = await heads.standing_of(connection, initiative_id)
                await heads.set_approval(connection, copy, standing.approval)
                await self._end(connection, copy, _renamed(model.text.texts, titles))
                if draft:
                    renamed = Draft(_renamed(draft.texts, titles), self._clock(), by.email)
                    await texts.keep_draft(connection, copy, renamed)
                await self._record(connection, copy, Action.DUPLICATED, model.slug, by)
        except IntegrityError:
            return False
        return True

    async def model(self, initiative_id: int) -> Initiative:
        """What is to be duplicated."""
        async with self._database.reading() as connection:
            return await initiatives.read(connection, initiative_id)

    async def _begin(
        self,
        connection: AsyncConnection,
        slug: str,
        content: Mapping[str, object],
        by: Organizer,
    ) -> int:
        initiative_id = await initiatives.create(
            connection, slug, status=Status.DRAFT, content=content, at=self._clock()
        )
        await organizers.grant(connection, by.id, initiative_id, Role.OWNER)
        return initiative_id

    async def _end(
        self, connection: AsyncConnection, initiative_id: int, begun: Mapping[str, Text]
    ) -> None:
        version = TextVersion(0, begun)
        await initiatives.add_text(connection, initiative_id, version, self._clock())
        await heads.revise(connection, initiative_id)

    async def _record(
        self,
        connection: AsyncConnection,
        initiative_id: int,
        action: Action,
        subject: str,
        by: Organizer,
    ) -> None:
        entry = Entry(by.actor, action, subject)
        await audit.record(connection, initiative_id, entry, self._clock())


def _renamed(texts: Mapping[str, Text], titles: Mapping[str, str]) -> dict[str, Text]:
    return {tag: Text(titles.get(tag, text.title), text.markdown) for tag, text in texts.items()}
