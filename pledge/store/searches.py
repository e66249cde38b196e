"""Searching the signatures, as organizers do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, TextClause, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.erasures import is_one_company
from pledge.domain.initiatives import Approval
from pledge.domain.names import company_key
from pledge.domain.rosters import SHORTEST_SHORT_NAME, short_name
from pledge.domain.searches import Search, Shown
from pledge.domain.signatures import Company, Signature, State
from pledge.store import heads, name_index, signatures
from pledge.store.letters import holds
from pledge.store.schema import signature, signing_link
from pledge.store.signatures import ATTENTION, ENDED

MOST_COUNTED = 1000
"""Of what is looked for, so many are counted and shown."""

_LOOKED_THROUGH = 100_000
"""Entries among whose codes and telephone numbers parts are looked for: the newest."""
_NEIGHBOURS = 50_000
"""Numbers within which somebody signs again in the same browser."""
_CODE = re.compile(r"[-+0-9A-Za-z ()]+", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_MOST_BESIDE = 20
_LONGEST_CHAIN = 100


@dataclass(frozen=True)
class Results:
    """One page of what was found."""

    found: int
    more: bool
    """There are others: so many are counted and shown."""
    entries: list[Signature]
    page: int
    pages: int


async def page(
    connection: AsyncConnection, initiative_id: int, search: Search, *, page: int, size: int
) -> Results:
    """Newest first; what may be of one company side by side. A page beyond the last is the last."""
    if search == Search():
        return await _page_of_all(connection, initiative_id, page, size)
    if search.q and not search.duplicates:
        return await _page_found(connection, initiative_id, search, page, size)
    conditions = _matching(initiative_id, search)
    most = select(signature.c.number).where(*conditions).limit(MOST_COUNTED + 1).subquery()
    counted = (await connection.execute(select(func.count()).select_from(most))).scalar_one()
    found = min(counted, MOST_COUNTED)
    page, pages = _within(page, found, size)
    order = [signature.c.number.desc()]
    if search.duplicates:
        order.insert(0, signature.c.short_key.asc())
    numbers = await connection.execute(
        select(signature.c.number)
        .where(*conditions)
        .order_by(*order)
        .limit(size)
        .offset((page - 1) * size)
    )
    entries = await _in_order(connection, initiative_id, list(numbers.scalars()))
    return Results(found, counted > found, entries, page, pages)


async def _page_of_all(
    connection: AsyncConnection, initiative_id: int, page: int, size: int
) -> Results:
    """Numbers have no gaps: a page's are known beforehand."""
    last = await heads.last_number(connection, initiative_id)
    page, pages = _within(page, last, size)
    newest = last - (page - 1) * size
    numbers = range(newest, max(0, newest - size), -1)
    entries = await _in_order(connection, initiative_id, list(numbers))
    return Results(last, more=False, entries=entries, page=page, pages=pages)


async def _page_found(
    connection: AsyncConnection, initiative_id: int, search: Search, page: int, size: int
) -> Results:
    conditions = _matching(initiative_id, search)
    numbers: set[int] = set()
    more = False
    if key := company_key(search.q):
        found = await name_index.find(
            connection,
            initiative_id,
            [name_index.in_company(key), name_index.in_representative(key)],
            conditions,
            most=MOST_COUNTED,
            meeting_id=search.meeting_id,
        )
        numbers.update(found.numbers)
        more = found.more
    if _CODE.fullmatch(search.q):
        last = await heads.last_number(connection, initiative_id)
        own = [signature.c.number == int(search.q)] if _NUMBER.fullmatch(search.q) else []
        rows = await connection.execute(
            select(signature.c.number)
            .where(
                or_(signature.c.number > last - _LOOKED_THROUGH, *own),
                *conditions,
            )
            .order_by(signature.c.number.desc())
            .limit(MOST_COUNTED + 1)
        )
        numbers.update(rows.scalars())
        exact = await connection.execute(
            select(signature.c.number).where(
                signature.c.uscc == search.q.upper(),
                text("state = 'standing' AND uscc <> ''"),
                *conditions,
            )
        )
        numbers.update(exact.scalars())
        more = more or last > _LOOKED_THROUGH or len(numbers) > MOST_COUNTED
    newest = sorted(numbers, reverse=True)[:MOST_COUNTED]
    page, pages = _within(page, len(newest), size)
    entries = await _in_order(connection, initiative_id, newest[(page - 1) * size : page * size])
    return Results(len(newest), more, entries, page, pages)


def _within(page: int, found: int, size: int) -> tuple[int, int]:
    pages = max(1, -(-found // size))
    return min(page, pages), pages


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
            signature.c.initiative_id == initiative_id,
            ENDED,
            signature.c.state == State.WITHDRAWN,
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
            signature.c.number.between(entry.number - _NEIGHBOURS, entry.number + _NEIGHBOURS),
            signature.c.number != entry.number,
        )
        .order_by(signature.c.number)
        .limit(_MOST_BESIDE)
    )
    return list(numbers.scalars())


async def of_person(
    connection: AsyncConnection, initiative_id: int, name: str, most: int
) -> list[int]:
    """Numbers of what somebody of this name has signed: the newest entries, in their order."""
    if not (key := company_key(name)):
        return []
    found = await name_index.find(
        connection,
        initiative_id,
        [name_index.in_representative(key)],
        [signature.c.representative == name],
        most=most,
    )
    return sorted(found.numbers)


async def _in_order(
    connection: AsyncConnection, initiative_id: int, numbers: Sequence[int]
) -> list[Signature]:
    found = await signatures.by_numbers(connection, initiative_id, numbers)
    return [found[number] for number in numbers if number in found]


def _matching(initiative_id: int, search: Search) -> list[ColumnElement[bool] | TextClause]:
    conditions: list[ColumnElement[bool] | TextClause] = [
        signature.c.initiative_id == initiative_id,
        *_shown(search.shown),
    ]
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
    places: list[ColumnElement[bool]] = [holds(signature.c.representative, q)]
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


def _shown(shown: Shown | None) -> list[ColumnElement[bool] | TextClause]:
    stands = signature.c.state == State.STANDING
    awaits = signature.c.awaits != Approval.NOTHING
    match shown:
        case None:
            return []
        case Shown.STANDING:
            return [stands, signature.c.hidden.is_(False), ~awaits]
        case Shown.WAITING:
            return [ATTENTION, stands, signature.c.hidden.is_(False), awaits]
        case Shown.HIDDEN:
            return [ATTENTION, stands, signature.c.hidden]
        case Shown.REPLACED | Shown.WITHDRAWN:
            return [ENDED, signature.c.state == shown]
