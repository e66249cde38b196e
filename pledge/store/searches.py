"""Searching the signatures, as organizers do."""

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.erasures import is_one_company
from pledge.domain.initiatives import Approval
from pledge.domain.names import company_key
from pledge.domain.rosters import SHORTEST_SHORT_NAME, short_name
from pledge.domain.searches import Search, Shown
from pledge.domain.signatures import Company, Signature, State
from pledge.store import signatures
from pledge.store.schema import signature, signing_link

_MOST_BESIDE = 20
_LONGEST_CHAIN = 100


async def count(connection: AsyncConnection, initiative_id: int, search: Search) -> int:
    counted = await connection.execute(
        select(func.count()).select_from(signature).where(*_matching(initiative_id, search))
    )
    return counted.scalar_one()


async def page(
    connection: AsyncConnection, initiative_id: int, search: Search, *, limit: int, offset: int
) -> list[Signature]:
    """Newest first; what may be of one company side by side."""
    order = [signature.c.number.desc()]
    if search.duplicates:
        order.insert(0, signature.c.short_key.asc())
    numbers = await connection.execute(
        select(signature.c.number)
        .where(*_matching(initiative_id, search))
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )
    return await _in_order(connection, initiative_id, list(numbers.scalars()))


async def chain(
    connection: AsyncConnection, initiative_id: int, number: int, *, whole: bool = False
) -> dict[int, Signature]:
    """An entry, those in whose place it stands, and those that stand in its place, by number; not
    more than a page can show, unless all of them are needed.
    """
    found: dict[int, Signature] = {}
    wanted = {number}
    while wanted and (whole or len(found) < _LONGEST_CHAIN):
        found |= await signatures.by_numbers(connection, initiative_id, wanted)
        earlier = await connection.execute(
            select(signature.c.number).where(
                signature.c.initiative_id == initiative_id, signature.c.replaced_by.in_(wanted)
            )
        )
        later = {found[one].replaced_by for one in wanted if one in found} - {None}
        wanted = {one for one in {*earlier.scalars(), *later} if one} - found.keys()
    return found


async def of_company(
    connection: AsyncConnection, initiative_id: int, company: Company
) -> dict[int, Company]:
    """What stands for a company or was withdrawn, and was replaced by nothing: with its code or its
    name, by number. What was withdrawn is looked for among all that was; there is little of it.
    """
    standing = await signatures.standing_of_companies(connection, initiative_id, [company])
    rows = await connection.execute(
        select(signature.c.number, signature.c.company, signature.c.uscc).where(
            signature.c.initiative_id == initiative_id, signature.c.state == State.WITHDRAWN
        )
    )
    withdrawn = {row.number: Company(row.company, row.uscc) for row in rows}
    found = {number: one.company for number, one in standing.items()} | withdrawn
    return {number: one for number, one in found.items() if is_one_company(one, company)}


async def alike(
    connection: AsyncConnection, initiative_id: int, entry: Signature
) -> list[Signature]:
    """Other standing entries that may be of the same company."""
    numbers = await connection.execute(
        select(signature.c.number)
        .where(
            signature.c.initiative_id == initiative_id,
            signature.c.short_key == short_name(entry.company.name),
            func.length(signature.c.short_key) >= SHORTEST_SHORT_NAME,
            signature.c.state == State.STANDING,
            signature.c.number != entry.number,
        )
        .limit(_MOST_BESIDE)
    )
    return await _in_order(connection, initiative_id, sorted(numbers.scalars()))


async def of_device(connection: AsyncConnection, initiative_id: int, entry: Signature) -> list[int]:
    """Numbers of what else was signed in the same browser, the first of them."""
    if not entry.device:
        return []
    numbers = await connection.execute(
        select(signature.c.number)
        .where(
            signature.c.initiative_id == initiative_id,
            signature.c.device == entry.device,
            signature.c.number != entry.number,
        )
        .order_by(signature.c.number)
        .limit(_MOST_BESIDE)
    )
    return list(numbers.scalars())


async def _in_order(
    connection: AsyncConnection, initiative_id: int, numbers: Sequence[int]
) -> list[Signature]:
    found = await signatures.by_numbers(connection, initiative_id, numbers)
    return [found[number] for number in numbers if number in found]


def _matching(initiative_id: int, search: Search) -> list[ColumnElement[bool]]:
    conditions = [signature.c.initiative_id == initiative_id, *_shown(search.shown)]
    if search.meeting_id is not None:
        conditions.append(signature.c.meeting_id == search.meeting_id)
    if search.link_id is not None:
        conditions.append(signature.c.link_id == search.link_id)
    if search.kind is not None:
        of_kind = select(signing_link.c.id).where(signing_link.c.kind == search.kind)
        conditions.append(signature.c.link_id.in_(of_kind))
    if search.vouched is not None:
        conditions.append(signature.c.vouched == search.vouched)
    if search.assisted:
        conditions.append(signature.c.assisted)
    if search.duplicates:
        conditions += [
            signature.c.state == State.STANDING,
            signature.c.short_key.in_(
                select(signature.c.short_key)
                .where(
                    signature.c.initiative_id == initiative_id,
                    signature.c.state == State.STANDING,
                    func.length(signature.c.short_key) >= SHORTEST_SHORT_NAME,
                )
                .group_by(signature.c.short_key)
                .having(func.count() > 1)
            ),
        ]
    if search.q:
        conditions.append(_says(search.q))
    return conditions


def _says(q: str) -> ColumnElement[bool]:
    """Whether any of its fields holds what was typed, however it is spaced and bracketed."""
    places: list[ColumnElement[bool]] = [signature.c.representative.icontains(q, autoescape=True)]
    if key := company_key(q):
        places.append(signature.c.company_key.contains(key, autoescape=True))
        places.append(func.lower(signature.c.uscc).contains(key, autoescape=True))
    if re.fullmatch(r"[-+0-9 ()]{4,}", q):
        digits = re.sub(r"\D", "", q)
        bare: ColumnElement[str] = signature.c.phone
        for character in " -()":
            bare = func.replace(bare, character, "")
        places.append(bare.contains(digits))
    if re.fullmatch("[0-9]{1,15}", q):
        places.append(signature.c.number == int(q))
    return or_(*places)


def _shown(shown: Shown | None) -> list[ColumnElement[bool]]:
    stands = signature.c.state == State.STANDING
    awaits = signature.c.awaits != Approval.NOTHING
    match shown:
        case None:
            return []
        case Shown.STANDING:
            return [stands, signature.c.hidden.is_(False), ~awaits]
        case Shown.WAITING:
            return [stands, signature.c.hidden.is_(False), awaits]
        case Shown.HIDDEN:
            return [stands, signature.c.hidden]
        case Shown.REPLACED | Shown.WITHDRAWN:
            return [signature.c.state == shown]
