"""Editing: an initiative's text as a draft, and its versions as they are published."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Initiative, Text, TextVersion, digest_of
from pledge.domain.rights import Actor
from pledge.domain.standing import Standing
from pledge.domain.texts import Draft, Version, is_finished, written
from pledge.store import audit, heads, initiatives, revisions, texts
from pledge.store.database import Database


@dataclass(frozen=True)
class Writing:
    """An initiative's text as whoever edits it finds it."""

    initiative: Initiative
    standing: Standing
    draft: Draft | None
    versions: list[Version]
    """Newest first."""

    @property
    def edition(self) -> str:
        return _edition(self.draft, self.initiative.text.digest)

    @property
    def texts(self) -> Mapping[str, Text]:
        return self.draft.texts if self.draft else self.initiative.text.texts

    @property
    def signed(self) -> int:
        """Signatures that stand, whatever version they refer to."""
        return sum(version.signed for version in self.versions)

    @property
    def signed_now(self) -> int:
        """Those that refer to the text that is signed now."""
        current = self.initiative.text.digest
        return sum(version.signed for version in self.versions if version.digest == current)


class Editing:
    """`edition` names what was on the page; whoever is overtaken is told, and nothing is stored."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        announce: Callable[[int, int], None],
    ):
        self._database = database
        self._clock = clock
        self._announce = announce

    async def writing(self, initiative_id: int) -> Writing:
        async with self._database.reading() as connection:
            return Writing(
                await initiatives.read(connection, initiative_id),
                await heads.standing_of(connection, initiative_id),
                await texts.draft_of(connection, initiative_id),
                await texts.versions(connection, initiative_id),
            )

    async def version(self, initiative_id: int, number: int) -> TextVersion | None:
        async with self._database.reading() as connection:
            return await initiatives.text_numbered(connection, initiative_id, number)

    async def save(
        self, initiative_id: int, written_now: Mapping[str, Text], *, edition: str, by: Actor
    ) -> bool:
        """Keeps a draft; one that says what is published already is none. False: overtaken."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            draft = await texts.draft_of(connection, initiative_id)
            if _edition(draft, head.text) != edition:
                return False
            if draft and draft.texts == written_now:
                return True
            if digest_of(written(written_now)) == head.text:
                await texts.drop_draft(connection, initiative_id)
                return True
            now = self._clock()
            await texts.keep_draft(connection, initiative_id, Draft(written_now, now, by.name))
            if draft is None or not draft.goes_on(by.name, now):
                entry = Entry(by, Action.DRAFTED, _title(written_now))
                await audit.record(connection, initiative_id, entry, now)
        return True

    async def discard(self, initiative_id: int, *, edition: str, by: Actor) -> bool:
        """Gives the draft up. False: overtaken."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            draft = await texts.draft_of(connection, initiative_id)
            if draft is None or _edition(draft, head.text) != edition:
                return draft is None
            await texts.drop_draft(connection, initiative_id)
            entry = Entry(by, Action.DRAFT_DROPPED, _title(draft.texts))
            await audit.record(connection, initiative_id, entry, self._clock())
        return True

    async def publish(
        self, initiative_id: int, *, edition: str, ask_again: bool | None, by: Actor
    ) -> bool:
        """Makes the draft the text that is signed from now on.

        `ask_again`: whether whoever has signed another text is asked to sign this one; must be
        said where there are signatures. False: overtaken, also by the first signature.
        """
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            draft = await texts.draft_of(connection, initiative_id)
            if draft is None or _edition(draft, head.text) != edition:
                return False
            version = TextVersion(0, written(draft.texts))
            if not is_finished(draft.texts) or version.digest == head.text:
                return False
            signed = sum((await texts.signed_by_text(connection, initiative_id)).values())
            if signed and ask_again is None:
                return False
            now = self._clock()
            before = await initiatives.read(connection, initiative_id)
            await self._put(connection, before, version, now)
            if ask_again:
                await texts.supersede_all_but(connection, initiative_id, version.digest)
            await texts.drop_draft(connection, initiative_id)
            cursor = await revisions.tell(connection, initiative_id, head, now)
            entry = Entry(
                by,
                Action.PUBLISHED,
                _title(version.texts),
                before={"text": head.text, "signatures": str(signed)},
                after={"text": version.digest, "asked_again": "yes" if ask_again else "no"},
            )
            await audit.record(connection, initiative_id, entry, now)
        self._announce(initiative_id, cursor)
        return True

    async def _put(
        self, connection: AsyncConnection, before: Initiative, version: TextVersion, now: datetime
    ) -> None:
        if before.is_blank:
            # What a new initiative begins with is no version: nobody could sign it.
            await texts.remove(connection, before.id, before.text.digest)
        await initiatives.add_text(connection, before.id, version, now)
        first = before.languages[0]
        if version.texts.get(first, Text("", "")).title != before.title(first):
            # Lettering draws the old title.
            await initiatives.change(connection, before.id, {"letterings": {}})


def _edition(draft: Draft | None, text: str) -> str:
    """Names what stands: it changes whenever somebody saves or publishes."""
    return f"{text} {draft.changed_at.isoformat() if draft else ''}".strip()


def _title(texts: Mapping[str, Text]) -> str:
    return next((text.title for text in texts.values() if text.title), "")
