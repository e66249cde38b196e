"""Arranging: who calls for an initiative, what its form asks, what of it is public, its logo."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import (
    SHOWN,
    Ask,
    Asks,
    Initiative,
    Localized,
    Organ,
    Privacy,
    Shows,
)
from pledge.domain.logos import Logo
from pledge.domain.rights import Actor
from pledge.domain.standing import Standing
from pledge.errors import PledgeError
from pledge.logos import read_logo
from pledge.secrets import digest
from pledge.store import audit, heads, initiatives, logos, revisions
from pledge.store.database import Database


@dataclass(frozen=True)
class Arrangement:
    """What organizers decide of an initiative beside its text and its meetings."""

    organs: tuple[Organ, ...]
    contact: Localized
    note: Localized
    privacy: Privacy
    asks: Asks
    shows: Shows

    @property
    def mark(self) -> str:
        """Tells one from another, so that nobody overwrites what they have not seen."""
        return digest(json.dumps(_values(self), ensure_ascii=False, sort_keys=True))[:16]


class ChangedMeanwhile(PledgeError):
    """Somebody else has changed the arrangement since it was shown."""


@dataclass(frozen=True)
class Arranged:
    initiative: Initiative
    standing: Standing
    arrangement: Arrangement


class Arranging:
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

    async def arranged(self, initiative_id: int) -> Arranged:
        async with self._database.reading() as connection:
            initiative = await initiatives.read(connection, initiative_id)
            standing = await heads.standing_of(connection, initiative_id)
        return Arranged(initiative, standing, _arrangement(initiative))

    async def arrange(
        self, initiative_id: int, wanted: Arrangement, *, seen: str, by: Actor
    ) -> bool:
        """False if nothing is different. `seen` is the mark of what whoever changes it has seen.

        Raises `ChangedMeanwhile`, and `MoreThanTold` (rule 8).
        """
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            before = _arrangement(await initiatives.read(connection, initiative_id))
            if before.mark != seen:
                raise ChangedMeanwhile("somebody else has changed it meanwhile")
            shows = before.shows.changed_to(wanted.shows, head.last_number)
            after = replace(wanted, shows=shows)
            if after == before:
                return False
            await initiatives.change(connection, initiative_id, _values(after))
            cursor = await revisions.tell(connection, initiative_id, head, self._clock())
            old, new = described(before), described(after)
            different = [name for name in {**old, **new} if old.get(name) != new.get(name)]
            entry = Entry(
                by,
                Action.ARRANGED,
                before={name: old.get(name, "") for name in different},
                after={name: new.get(name, "") for name in different},
            )
            await audit.record(connection, initiative_id, entry, self._clock())
        self._announce(initiative_id, cursor)
        return True

    async def logo(self, initiative_id: int) -> Logo | None:
        async with self._database.reading() as connection:
            return await logos.of_initiative(connection, initiative_id)

    async def take_logo(self, initiative_id: int, sent: bytes, *, by: Actor) -> None:
        """Raises `InvalidLogo`. Decoding takes a while, and keeps nobody waiting."""
        await self._put_logo(initiative_id, await asyncio.to_thread(read_logo, sent), by)

    async def remove_logo(self, initiative_id: int, *, by: Actor) -> None:
        await self._put_logo(initiative_id, None, by)

    async def _put_logo(self, initiative_id: int, new: Logo | None, by: Actor) -> None:
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            old = await logos.of_initiative(connection, initiative_id)
            if old == new:
                return
            await logos.put(connection, initiative_id, new)
            cursor = await revisions.tell(connection, initiative_id, head, self._clock())
            entry = Entry(by, Action.LOGO, before=_logo_words(old), after=_logo_words(new))
            await audit.record(connection, initiative_id, entry, self._clock())
        self._announce(initiative_id, cursor)


def described(arrangement: Arrangement) -> dict[str, str]:
    """Each decision by its name, as the audit log keeps it: `contact.zh`, `ask.phone`, …"""
    organs: dict[str, list[str]] = {}
    for organ in arrangement.organs:
        for tag, name in organ.name.items():
            organs.setdefault(tag, []).append(f"{organ.role.get(tag, '')} {name}".strip())
    words = {f"organs.{tag}": "; ".join(names) for tag, names in organs.items()}
    said = {"contact": arrangement.contact, "note": arrangement.note}
    said |= {part: getattr(arrangement.privacy, part) for part in _PRIVACY}
    for name, localized in said.items():
        words |= {f"{name}.{tag}": text for tag, text in localized.items()}
    words |= {
        f"ask.{name}": "not asked" if ask is Ask.OFF else str(ask)
        for name, ask in asdict(arrangement.asks).items()
    }
    shown = arrangement.shows.parts
    return words | {f"show.{part}": "yes" if part in shown else "no" for part in SHOWN}


_PRIVACY = ("processor", "purpose", "retention")


def _arrangement(initiative: Initiative) -> Arrangement:
    return Arrangement(
        organs=initiative.organs,
        contact=initiative.contact,
        note=initiative.note,
        privacy=initiative.privacy,
        asks=initiative.asks,
        shows=initiative.shows,
    )


def _values(arrangement: Arrangement) -> dict[str, Any]:
    """As the store keeps them."""
    return {
        "organs": [asdict(organ) for organ in arrangement.organs],
        "contact": dict(arrangement.contact),
        "note": dict(arrangement.note),
        "privacy": asdict(arrangement.privacy),
        "asks": asdict(arrangement.asks),
        "shows": asdict(arrangement.shows),
    }


def _logo_words(logo: Logo | None) -> Mapping[str, str]:
    return {"logo": f"{logo.media_type} {logo.digest[:16]}" if logo else ""}
