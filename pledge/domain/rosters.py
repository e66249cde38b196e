"""Rosters: the companies invited to a meeting, out of whatever table lists them.

A roster is kept by people: with a title above its header, headings in words of their own, dates
where telephone numbers were meant. Columns are guessed and can be corrected; a row with something
wrong is shown with the reason before anything is stored.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pledge.domain.names import InvalidValue, company_key, company_name, optional_line, phone_number
from pledge.domain.signatures import Company, Signatories, Signature
from pledge.domain.uscc import uscc


class Column(StrEnum):
    COMPANY = "company"
    USCC = "uscc"
    CONTACT = "contact"
    PHONE = "phone"
    SEAT = "seat"
    GROUP = "group"
    NOTE = "note"


HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.COMPANY: (
        *("企业名称", "单位名称", "公司名称", "参会单位", "参会企业", "企业全称", "单位", "企业"),
        *("公司", "名称", "company", "companyname", "organisation", "organization"),
    ),
    Column.USCC: (
        *("统一社会信用代码", "社会信用代码", "信用代码", "统一代码", "税号", "uscc", "creditcode"),
        "unifiedsocialcreditcode",
    ),
    Column.CONTACT: (
        *(
            "联系人",
            "参会人",
            "参会代表",
            "参会人员",
            "代表",
            "代表姓名",
            "姓名",
            "contact",
            "name",
        ),
        *("representative", "contactperson"),
    ),
    Column.PHONE: (
        *(
            "手机",
            "手机号",
            "手机号码",
            "联系电话",
            "电话",
            "联系方式",
            "电话号码",
            "phone",
            "mobile",
        ),
        *("tel", "telephone"),
    ),
    Column.SEAT: ("桌号", "座位", "座次", "座位号", "席位", "台号", "桌次", "table", "seat"),
    Column.GROUP: ("分组", "组别", "类别", "地区", "省份", "所在地", "group", "category", "region"),
    Column.NOTE: ("备注", "说明", "note", "notes", "remark", "remarks"),
}

SHORTEST_SHORT_NAME = 2
"""Characters that must be left of a name for two of them to be taken for one company's."""

_HEADER_WITHIN = 20
"""Rows in which the header is looked for, below titles."""


class Problem(StrEnum):
    """What is wrong with a row beyond what its fields themselves can say."""

    LOST_DIGITS = "lost digits"
    """A spreadsheet took the code for a number and kept fifteen digits of it."""
    REPEATED = "repeated"
    DATE = "a date"
    """A spreadsheet took a telephone number for a date, or somebody has slipped a column."""
    TOTAL = "a total"
    """The last line of many tables says how many companies it has."""


@dataclass(frozen=True)
class Layout:
    """Where a table has its header, and which of its columns mean what."""

    header: int
    """Its place, from 0; -1 if there is none."""
    columns: Mapping[int, Column]


@dataclass(frozen=True)
class Line:
    """A row of the table as it would be invited; `problems` by column, none if it may."""

    number: int
    """As the spreadsheet counts, from 1."""
    values: Mapping[Column, str]
    extra: Mapping[str, str]
    """What other columns say, by their headings."""
    problems: Mapping[Column, InvalidValue | Problem]
    repeats: int = 0
    """The row that names the same company first."""

    @property
    def company(self) -> Company:
        return Company(self.values[Column.COMPANY], self.values.get(Column.USCC, ""))


@dataclass(frozen=True)
class Invitation:
    """A company on the roster of a meeting."""

    id: int
    meeting_id: int
    link_id: int
    company: Company
    contact: str = ""
    phone: str = ""
    seat: str = ""
    group: str = ""
    note: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    confirmed: int = 0
    """Number of the signature that an organizer has said is this company's."""


def guessed_layout(table: Sequence[Sequence[str]]) -> Layout:
    """The row with most headings that we know; without one, the column that reads like names."""
    best = Layout(-1, {})
    for place, row in enumerate(table[:_HEADER_WITHIN]):
        columns: dict[int, Column] = {}
        for index, cell in enumerate(row):
            column = _column(cell)
            if column and column not in columns.values():
                columns[index] = column
        if Column.COMPANY in columns.values() and len(columns) > len(best.columns):
            best = Layout(place, columns)
    if best.header >= 0:
        return best
    width = max(map(len, table), default=0)
    legal = [sum(_ends_legally(row[i]) for row in table if i < len(row)) for i in range(width)]
    return Layout(-1, {legal.index(max(legal)): Column.COMPANY} if any(legal) else {})


def lines(table: Sequence[Sequence[str]], layout: Layout) -> list[Line]:
    """Every row below the header that says anything."""
    headings = table[layout.header] if layout.header >= 0 else []
    found: list[Line] = []
    first_by_key: dict[str, int] = {}
    for place, row in enumerate(table[layout.header + 1 :], start=layout.header + 2):
        if not any(row) or list(row) == list(headings):
            continue
        line = _line(place, row, layout, headings)
        if not line.values[Column.COMPANY] and not any(line.values.values()):
            continue
        if not line.values.get(Column.USCC) and _counts(row, line.values[Column.COMPANY]):
            problems = {**line.problems, Column.COMPANY: Problem.TOTAL}
            found.append(Line(place, line.values, line.extra, problems))
            continue
        key = line.values.get(Column.USCC) or company_key(line.values[Column.COMPANY])
        if key and not line.problems and key in first_by_key:
            repeated = {**line.problems, Column.COMPANY: Problem.REPEATED}
            line = Line(place, line.values, line.extra, repeated, first_by_key[key])
        elif key:
            first_by_key.setdefault(key, place)
        found.append(line)
    return found


def _line(number: int, row: Sequence[str], layout: Layout, headings: Sequence[str]) -> Line:
    typed = {column: row[i] for i, column in layout.columns.items() if i < len(row)}
    extra = {
        headings[i]: cell
        for i, cell in enumerate(row)
        if cell and i not in layout.columns and i < len(headings) and headings[i]
    }
    checks = {
        Column.COMPANY: company_name,
        Column.USCC: uscc,
        Column.PHONE: phone_number,
    }
    values: dict[Column, str] = {Column.COMPANY: ""}
    problems: dict[Column, InvalidValue | Problem] = {}
    for column in Column:
        cell = " ".join(unicodedata.normalize("NFC", typed.get(column, "")).split())
        if column is Column.USCC and re.fullmatch(r"\d(\.\d+)?[Ee]\+?\d+|\d{15}000", cell):
            problems[column] = Problem.LOST_DIGITS
        elif column is Column.PHONE and re.fullmatch(r"(19|20)\d\d[-/.年]\d{1,2}.*", cell):
            problems[column] = Problem.DATE
        if column in problems:
            values[column] = cell
            continue
        try:
            values[column] = checks.get(column, optional_line)(cell)
        except InvalidValue as invalid:
            problems[column] = invalid
            values[column] = cell
    return Line(number, values, extra, problems)


def _column(heading: str) -> Column | None:
    folded = "".join(
        c
        for c in unicodedata.normalize("NFKC", re.sub(r"[(（].*?[)）]", "", heading)).casefold()
        if c.isalnum()
    )
    for column, words in HEADINGS.items():
        if folded in words:
            return column
    for column, words in HEADINGS.items():
        if len(folded) <= 14 and any(len(word) > 2 and word in folded for word in words):
            return column
    return None


def _counts(row: Sequence[str], company: str) -> bool:
    """Whether a row sums up those above it: 合计 | 60家."""
    if re.fullmatch(r"[共计约]*\s*\d+\s*(家|家企业|个|人)?", company):
        return True
    return any(
        re.fullmatch(
            r"(合\s*计|总\s*计|小\s*计|共\s*计|[Tt]otal)\s*[:：]?(\s*\d+\s*\w?)?", cell.strip()
        )
        for cell in row
    )


def _ends_legally(name: str) -> bool:
    return bool(re.search(r"(公司|厂|集团|中心|研究所|协会)$", name.strip()))


def short_name(name: str) -> str:
    """What is left of a company's name without place in brackets and legal form.

    It is stored, and names are found by it: another rule needs a migration.
    """
    key = re.sub(r"\([^()]*\)", "", company_key(name))
    return re.sub(
        r"(有限责任公司|股份有限公司|集团有限公司|有限公司|集团公司|公司|集团|厂)$", "", key
    )


def near_matches(
    invitations: Sequence[Invitation], signatures: Sequence[Signature]
) -> list[tuple[Invitation, Signature]]:
    """Pairs that may be one company: for an organizer to confirm, never merged by themselves."""
    by_short: dict[str, list[Signature]] = {}
    for signature in signatures:
        by_short.setdefault(short_name(signature.company.name), []).append(signature)
    # Who holds whom is looked up by three characters: thousands against thousands take no time.
    beginning: dict[str, list[str]] = {}
    holding: dict[str, list[str]] = {}
    for short in by_short:
        beginning.setdefault(short[:_PIECE], []).append(short)
        for piece in _pieces(short):
            holding.setdefault(piece, []).append(short)
    pairs = []
    for invitation in invitations:
        short = short_name(invitation.company.name)
        if len(short) < SHORTEST_SHORT_NAME:
            continue
        near = {short} & by_short.keys()
        if len(short) >= _PIECE:
            near |= {other for other in holding.get(short[:_PIECE], ()) if short in other}
            for piece in _pieces(short):
                near |= {other for other in beginning.get(piece, ()) if other in short}
        for other in sorted(near, key=lambda other: by_short[other][0].number):
            pairs += [(invitation, signature) for signature in by_short[other]]
    return pairs


_PIECE = 3
"""Characters that two names have in common at the least if one is found in the other."""


def _pieces(short: str) -> set[str]:
    return {short[start : start + _PIECE] for start in range(len(short) - _PIECE + 1)}


def signed_by(
    invitations: Sequence[Invitation], signatures: Mapping[int, Signature]
) -> dict[int, Signature]:
    """The signature of each invited company that has one, by the invitation's id."""
    signatories = Signatories(signatures)
    found = {}
    for invitation in invitations:
        own = signatures.get(invitation.confirmed) or signatories.of(invitation.company)
        if own:
            found[invitation.id] = own
    return found
