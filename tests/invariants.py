"""What holds in every database, whatever was done to it: to be checked after tests that write."""

import hmac
import json
import struct
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from pledge.domain.names import company_key
from pledge.store import name_index
from pledge.store.database import sqlite_url
from tests.databases import using
from tests.register.verifier import canonical


def check_invariants(database: Path | str) -> None:
    """Holds every initiative of a database against the rules of the domain.

    It is named by its address, or by its file.
    """
    using(sqlite_url(database) if isinstance(database, Path) else database, _check)


def _check(connection: Connection) -> None:
    stored = _Stored(connection)
    stored.is_sound()
    for [initiative_id] in stored.rows("SELECT id FROM initiative"):
        stored.numbers_have_no_gaps(initiative_id)
        stored.cursors_have_no_gaps(initiative_id)
        stored.head_says_what_is_stored(initiative_id)
        stored.meetings_say_what_is_stored(initiative_id)
        stored.spans_say_what_is_shown(initiative_id)
        stored.names_are_indexed_as_they_are(initiative_id)
        stored.feed_tells_each_signature_once(initiative_id)
        stored.feed_counts_with_the_signatures(initiative_id)
        stored.replaced_entries_say_by_which(initiative_id)
        stored.attempts_are_unique(initiative_id)
        stored.companies_stand_once(initiative_id)
        stored.register_is_a_tree(initiative_id)
        stored.register_says_what_is_stored(initiative_id)
    stored.receipts_are_unique()


class _Stored:
    def __init__(self, connection: Connection):
        self._connection = connection

    def rows(self, query: str, of: int | None = None) -> list[tuple[Any, ...]]:
        """Of one initiative, where it asks for that."""
        values = {} if of is None else {"of": of}
        return [tuple(row) for row in self._connection.execute(text(query), values)]

    def is_sound(self) -> None:
        """PostgreSQL sees to that itself, and never lets a reference lead nowhere."""
        if self._connection.dialect.name == "sqlite":
            assert self.rows("PRAGMA integrity_check") == [("ok",)]
            assert self.rows("PRAGMA foreign_key_check") == []

    def numbers_have_no_gaps(self, initiative_id: int) -> None:
        numbers = self._column(
            "SELECT number FROM signature WHERE initiative_id = :of", initiative_id
        )
        assert sorted(numbers) == list(range(1, len(numbers) + 1))

    def cursors_have_no_gaps(self, initiative_id: int) -> None:
        cursors = self._column("SELECT cursor FROM feed WHERE initiative_id = :of", initiative_id)
        assert sorted(cursors) == list(range(1, len(cursors) + 1))

    def head_says_what_is_stored(self, initiative_id: int) -> None:
        [said] = self.rows(
            "SELECT last_number, last_cursor, total FROM head WHERE initiative_id = :of",
            initiative_id,
        )
        [found] = self.rows(
            "SELECT (SELECT count(*) FROM signature WHERE initiative_id = :of),"
            " (SELECT count(*) FROM feed WHERE initiative_id = :of),"
            f" (SELECT count(*) FROM signature WHERE initiative_id = :of AND {_PUBLIC})",
            initiative_id,
        )
        assert said == found

    def meetings_say_what_is_stored(self, initiative_id: int) -> None:
        wrong = self.rows(
            "SELECT key, total FROM meeting WHERE initiative_id = :of AND total <>"
            f" (SELECT count(*) FROM signature WHERE meeting_id = meeting.id AND {_PUBLIC})",
            initiative_id,
        )
        assert wrong == []

    def spans_say_what_is_shown(self, initiative_id: int) -> None:
        for level, width in enumerate((512, 512 * 512)):
            counted = self.rows(
                f"SELECT number / {width}, meeting_id, count(*) FROM signature"
                f" WHERE initiative_id = :of AND {_PUBLIC} AND awaits <> 'all' GROUP BY 1, 2",
                initiative_id,
            )
            said = self.rows(
                "SELECT span, meeting_id, shown FROM shown_span"
                f" WHERE initiative_id = :of AND level = {level} AND shown <> 0 ORDER BY 1, 2",
                initiative_id,
            )
            assert said == sorted(counted)

    def names_are_indexed_as_they_are(self, initiative_id: int) -> None:
        """Whatever was erased of them meanwhile is nowhere in the index either."""
        indexed = self._column(
            "SELECT indexed FROM name_index WHERE initiative_id = :of", initiative_id
        )
        expected: dict[tuple[int, bytes], list[int]] = {}
        for number, meeting_id, *names in self.rows(
            "SELECT number, meeting_id, company_key, representative FROM signature"
            f" WHERE initiative_id = :of AND number <= {indexed[0] if indexed else 0}"
            " ORDER BY number",
            initiative_id,
        ):
            block, within = divmod(number, name_index.BLOCK)
            grams = {b"\x02" + struct.pack(">q", meeting_id)}
            for prefix, name in zip((b"", b"\x01"), map(company_key, names), strict=True):
                grams |= {prefix + name[at : at + 2].encode() for at in range(len(name))}
            for gram in grams:
                expected.setdefault((block, gram), []).append(within)
        stored = self.rows(
            "SELECT block, gram, numbers FROM name_gram WHERE initiative_id = :of", initiative_id
        )
        assert expected == {
            (block, bytes(gram)): list(struct.unpack(f"<{len(numbers) // 2}H", numbers))
            for block, gram, numbers in stored
        }

    def feed_tells_each_signature_once(self, initiative_id: int) -> None:
        """A signature's index is the newest event that shows it, or counts it unseen."""
        told = self.rows(
            "SELECT number, max(cursor) FROM feed WHERE initiative_id = :of"
            " AND kind IN ('signed', 'counted') GROUP BY number ORDER BY number",
            initiative_id,
        )
        signed = self.rows(
            "SELECT number, cursor FROM signature WHERE initiative_id = :of ORDER BY number",
            initiative_id,
        )
        assert told == signed

    def feed_counts_with_the_signatures(self, initiative_id: int) -> None:
        standing: set[int] = set()
        causes: dict[int, str] = {}
        for kind, number, counted, cause in self.rows(
            "SELECT kind, number, total, cause FROM feed WHERE initiative_id = :of ORDER BY cursor",
            initiative_id,
        ):
            if kind in ("signed", "counted"):
                standing.add(number)
            elif kind == "hidden":
                standing.remove(number)
                causes[number] = cause
            assert counted == len(standing)
        counting = self._column(
            f"SELECT number FROM signature WHERE initiative_id = :of AND {_PUBLIC}", initiative_id
        )
        assert standing == set(counting)
        for number, state, hidden in self.rows(
            "SELECT number, state, hidden FROM signature WHERE initiative_id = :of", initiative_id
        ):
            if number not in standing:
                assert causes[number] == ("hidden" if hidden else state)

    def replaced_entries_say_by_which(self, initiative_id: int) -> None:
        entries = {
            number: (state, replaces, replaced_by)
            for number, state, replaces, replaced_by in self.rows(
                "SELECT number, state, replaces, replaced_by FROM signature"
                " WHERE initiative_id = :of",
                initiative_id,
            )
        }
        for number, (state, replaces, replaced_by) in entries.items():
            assert (state == "replaced") == (replaced_by is not None)
            assert replaced_by is None or (replaced_by in entries and replaced_by != number)
            assert replaces is None or entries[replaces][2] == number

    def attempts_are_unique(self, initiative_id: int) -> None:
        _unique(
            self._column("SELECT attempt FROM signature WHERE initiative_id = :of", initiative_id)
        )

    def receipts_are_unique(self) -> None:
        _unique(self._column("SELECT receipt FROM signature"))

    def companies_stand_once(self, initiative_id: int) -> None:
        """Rule 1: one signature a code; a name twice only under two codes."""
        standing = self.rows(
            "SELECT company_key, uscc FROM signature"
            " WHERE initiative_id = :of AND state = 'standing'",
            initiative_id,
        )
        _unique([code for _, code in standing if code])
        _unique(standing)
        names = [name for name, _ in standing]
        assert not {name for name, code in standing if not code and names.count(name) > 1}

    def register_is_a_tree(self, initiative_id: int) -> None:
        """Entries without gaps, and the tiles of a tree over them."""
        [[size]] = self.rows("SELECT registered FROM head WHERE initiative_id = :of", initiative_id)
        found = self.rows(
            'SELECT "index", entry FROM register_entry WHERE initiative_id = :of ORDER BY "index"',
            initiative_id,
        )
        assert [index for index, _ in found] == list(range(size or 0))
        row = [sha256(b"\x00" + entry).digest() for _, entry in found]
        tiles: list[tuple[int, int, bytes]] = []
        level = 0
        while row:
            tiles += (
                (level, start // 256, b"".join(row[start : start + 256]))
                for start in range(0, len(row), 256)
            )
            whole = range(0, len(row) // 256 * 256, 256)
            row = [_tree([*row[start : start + 256]]) for start in whole]
            level += 1
        assert tiles == self.rows(
            'SELECT level, "index", hashes FROM register_tile WHERE initiative_id = :of'
            ' ORDER BY level, "index"',
            initiative_id,
        )

    def register_says_what_is_stored(self, initiative_id: int) -> None:
        """Played from its beginning, it says of each signature how it stands."""
        [[slug, rehearses]] = self.rows(
            "SELECT slug, rehearses FROM initiative WHERE id = :of", initiative_id
        )
        states: dict[int, list[Any]] = {}
        signed: dict[int, dict[str, Any]] = {}
        for index, content in self.rows(
            'SELECT "index", entry FROM register_entry WHERE initiative_id = :of ORDER BY "index"',
            initiative_id,
        ):
            entry = json.loads(content)
            number, kind = entry["number"], entry["kind"]
            assert entry["initiative"] == slug
            if kind == "signed":
                assert number not in states
                states[number] = [index, "standing", 0]
                signed[number] = entry
                continue
            assert states[number][:2] == [entry["refers"], "standing"]
            match kind:
                case "hidden" | "shown":
                    assert states[number][2] == (kind == "shown")
                    states[number][2] = int(kind == "hidden")
                case _:
                    states[number][1] = kind
        stored = self.rows(
            "SELECT number, entry, state, hidden, company, uscc, company_salt, representative,"
            " title, phone, publish, person_salt FROM signature WHERE initiative_id = :of",
            initiative_id,
        )
        if rehearses is not None:
            assert not states
            assert not [row for row in stored if row[1] is not None]
            return
        assert {row[0]: list(row[1:4]) for row in stored} == states
        for number, _, _, _, name, uscc, salt, person, title, phone, publish, other in stored:
            if salt is not None:
                fields = {"name": name, "uscc": uscc}
                assert signed[number]["company"] == _commitment(salt, fields)
            if other is not None:
                fields = {"name": person, "title": title, "phone": phone}
                fields["publish"] = "true" if publish else "false"
                assert signed[number]["person"] == _commitment(other, fields)

    def _column(self, query: str, of: int | None = None) -> list[Any]:
        return [value for [value] in self.rows(query, of)]


_PUBLIC = "state = 'standing' AND NOT hidden"


def _commitment(salt: bytes, fields: dict[str, str]) -> str:
    return hmac.new(salt, canonical(fields), sha256).hexdigest()


def _tree(row: list[bytes]) -> bytes:
    """The root of a complete subtree."""
    while len(row) > 1:
        row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
    return row[0]


def _unique(values: Sequence[Any]) -> None:
    assert len(values) == len(set(values))
