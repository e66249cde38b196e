"""Checking: what a receipt or an export bundle proves, without the site that made it.

Nothing but the file is needed: no data, no network. That the key is the register's own has to be
known from elsewhere, and the report says so where nobody has said which key that is.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pledge.bundles import MANIFEST
from pledge.comparing import FIELDS, Comparison, Meeting, Opening, Said
from pledge.domain.certificates import check_code
from pledge.domain.exports import EntryState, Field
from pledge.histories import History, Registered
from pledge.register.checkpoints import check_known, opened_checkpoint
from pledge.register.entries import SALT, commitment, unbundled
from pledge.register.notes import VerifierKey
from pledge.register.receipts import LARGEST, parsed_receipt, verified
from pledge.register.trees import InvalidProof, leaf_hash, root_of
from pledge.register_files import (
    CHECKPOINT,
    ENTRIES,
    KEY,
    OPENINGS,
    REVEALED_BY,
    TEXTS,
)
from pledge.rereading import NAMES, table
from pledge.unbundling import Unbundled, Unreadable, opened

MOST_DIFFERENCES = 100
_MOST_NUMBERS = 20

_NOT_OURS = "is neither a receipt (receipt.json) nor an export bundle (ZIP)"
_ADVICE = {
    b"%PDF": "is a PDF: what proves a certificate is the receipt, a file receipt.json that the "
    "page of the receipt offers; its number can be looked up at /verify of the site",
    b"\x89PNG": "is a picture: what proves a certificate is the receipt, a file receipt.json that "
    "the page of the receipt offers; its number can be looked up at /verify of the site",
}


@dataclass
class Report:
    """What was found."""

    facts: list[tuple[str, str]] = field(default_factory=list)
    """What is proven, what was checked and what could not be: a name and what there is to say."""
    differences: list[str] = field(default_factory=list)
    """MOST_DIFFERENCES of them at most."""
    count: int = 0
    """Of all differences."""

    def say(self, name: str, text: str) -> None:
        self.facts.append((name, text))

    def differ(self, *differences: str) -> None:
        self.count += len(differences)
        room = MOST_DIFFERENCES - len(self.differences)
        self.differences += islice(differences, room)


def check(path: Path, keys: Sequence[VerifierKey] = ()) -> Report:
    """`keys` are known to be the register's. Raises PledgeError if it is neither receipt nor
    bundle, and InvalidProof if it is a receipt that proves nothing.
    """
    if path.is_dir():
        raise Unreadable(f"{path} is a folder: give the ZIP as it was exported")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    for beginning, advice in _ADVICE.items():
        if content.startswith(beginning):
            raise Unreadable(f"{path} {advice}")
    if content.startswith(b"PK"):
        with opened(path) as bundle:
            if MANIFEST not in bundle:
                raise Unreadable(f"{path} {_NOT_OURS}")
            return _BundleCheck(bundle, keys).report
    try:
        return _receipt(content, keys)
    except InvalidProof as invalid:
        raise InvalidProof(f"{path}: {invalid}") from None


def _receipt(content: bytes, keys: Sequence[VerifierKey]) -> Report:
    receipt = parsed_receipt(content)
    proven = verified(receipt, keys)
    entry, report = proven.entry, Report()
    report.say("Receipt", "in order: this was signed, and stands in the register as it says")
    if company := proven.fields.get("company"):
        code = company.get("uscc")
        report.say("Company", company.get("name", "") + (f", {code}" if code else ""))
    else:
        report.say("Company", "not in this receipt: its data was erased")
    if person := proven.fields.get("person"):
        title = person.get("title")
        report.say("Representative", person.get("name", "") + (f", {title}" if title else ""))
    else:
        report.say("Representative", "not in this receipt: the person's data was erased")
    report.say("Number", str(entry["number"]))
    code = check_code(leaf_hash(receipt.entry))
    report.say("Check code", f"{code}, which its certificate must show")
    report.say("Initiative", entry["initiative"])
    report.say("Meeting", entry["meeting"])
    report.say("Signed at", f"{entry['at']} (UTC)")
    for language, digest in entry["text"].items():
        report.say("Text", f"{language} {digest}")
    size = proven.checkpoint.size
    report.say("Entry", f"index {proven.index} of a register of {size} entries")
    _say_key(report, proven.key, known=bool(keys), where="receipt")
    report.say(
        "Later", "what has become of it since, withdrawn or replaced, the register says on the site"
    )
    return report


def _say_key(report: Report, key: VerifierKey, *, known: bool, where: str) -> None:
    report.say("Key", str(key))
    if known:
        report.say("", "which has signed, as has a key that you gave")
    else:
        report.say(
            "",
            f"which is taken from the {where} itself: compare it with the one that the "
            f"initiative's page shows ({key.name}/key), or give that one with --key",
        )


class _BundleCheck:
    """Goes through a bundle once, and writes down what it finds."""

    def __init__(self, bundle: Unbundled, keys: Sequence[VerifierKey]):
        self._bundle = bundle
        self._keys = keys
        self._manifest = bundle.manifest()
        self._openings: dict[int, Opening] = {}
        self.report = Report()
        self._check()

    def _check(self) -> None:
        self.report.differ(*self._bundle.changed())
        if CHECKPOINT not in self._bundle or "register" not in self._manifest:
            raise Unreadable(
                "the bundle holds no register: it was made by a version that did not export it yet"
            )
        said = _said(self._manifest)
        history = self._register()
        if said.opened:
            self._open(history.signatures)
        self._texts(history.signatures)
        comparison = Comparison(history.signatures, self._openings, said)
        compared, unread = self._tables(comparison)
        self._say_what_was_checked(said, history, compared, comparison)
        self._say_what_was_not(said, history, comparison, unread)

    def _register(self) -> History:
        """The tree over the entries, and what they tell."""
        key = VerifierKey.parse(self._bundle.text(KEY))
        note = self._bundle.text(CHECKPOINT)
        checkpoint = opened_checkpoint(note, key.name, [key])
        check_known(note, key, self._keys)
        slug = key.name.removesuffix("/register").rpartition("/")[2]
        history = History(slug, _number(self._manifest["register"], "begun"))
        leaves = []
        with self._bundle.open(ENTRIES) as file:
            for entry in unbundled(file):
                leaves.append(leaf_hash(entry))
                try:
                    history.play(entry)
                except InvalidProof as invalid:
                    self.report.differ(str(invalid))
        if history.size != checkpoint.size:
            self.report.differ(
                f"{ENTRIES} holds {history.size} entries, and the checkpoint says {checkpoint.size}"
            )
        elif root_of(leaves) != checkpoint.root:
            self.report.differ(
                f"{ENTRIES} are not those of the checkpoint: their tree has another root"
            )
        self.report.say("Initiative", slug)
        self.report.say(
            "Register",
            f"{history.size} entries, {len(history.signatures)} signatures, of {key.name}",
        )
        _say_key(self.report, key, known=bool(self._keys), where="bundle")
        return history

    def _open(self, signatures: Mapping[int, Registered]) -> None:
        for line in self._bundle.lines(OPENINGS):
            number, parts = _opening(line)
            signature = signatures.get(number)
            if signature is None or number in self._openings:
                self.report.differ(f"number {number}: is opened and not in the register, or twice")
                continue
            opening = self._openings[number] = Opening()
            for part, (fields, salt) in parts.items():
                if len(salt) == SALT and commitment(fields, salt) == getattr(signature, part):
                    setattr(opening, part, tuple(fields.get(name, "") for name in FIELDS[part]))
                else:
                    opening.wrong += (part,)
                    self.report.differ(
                        f"number {number}: the {part}'s fields in {OPENINGS} are not those that "
                        "were signed"
                    )

    def _texts(self, signatures: Mapping[int, Registered]) -> None:
        """Each text that was signed lies in the bundle, byte for byte."""
        first: dict[str, int] = {}
        for number, signature in signatures.items():
            for digest in signature.text.values():
                first.setdefault(digest, number)
        changed = {name for name in self._bundle.names if name.startswith(TEXTS)}
        for digest, number in first.items():
            name = f"{TEXTS}{digest}.md"
            if name not in changed:
                self.report.differ(f"number {number}: the text that it signed, {name}, is missing")
            elif self._bundle.digest(name) != digest:
                self.report.differ(f"number {number}: {name} is not the text that it signed")

    def _tables(self, comparison: Comparison) -> tuple[list[str], list[str]]:
        """Which were compared, and in which nothing is numbered."""
        compared, unread = [], []
        for name in NAMES:
            if name not in self._bundle:
                continue
            try:
                found = table(self._bundle, name)
                if Field.NUMBER in found.fields:
                    for difference in comparison.differences(name, found):
                        self.report.differ(difference)
                    compared.append(name)
                else:
                    unread.append(name)
            except Unreadable as unreadable:
                self.report.differ(str(unreadable))
        if not compared and not unread and not self.report.count:
            self.report.differ("the bundle holds no table of signatories")
        return compared, unread

    def _say_what_was_checked(
        self, said: Said, history: History, compared: Sequence[str], comparison: Comparison
    ) -> None:
        report, manifest = self.report, self._manifest
        report.say("Made at", str(manifest.get("made_at", ""))[:40])
        report.say("Choice", _choice_words(manifest.get("choice", {})))
        report.say(
            "Checked",
            f"the SHA-256 of {len(self._bundle.names) - 1} files; the tree over all entries and "
            "its signature; the texts that were signed",
        )
        if compared:
            columns = ", ".join(["number", *comparison.compared])
            report.say("", f"{', '.join(compared)}: {columns}")
        begun = _number(manifest["register"], "begun")
        if begun < history.size:
            report.say(
                "",
                f"the register grew from {begun} to {history.size} entries while the export was "
                "made: what changed meanwhile may be told either way",
            )

    def _say_what_was_not(
        self, said: Said, history: History, comparison: Comparison, unread: Sequence[str]
    ) -> None:
        lines = []
        if unread:
            lines.append(f"{', '.join(unread)}: nothing in it is numbered")
        if "company" not in said.opened:
            lines.append("companies: this export does not open what was signed of them")
        if "person" not in said.opened:
            lines.append("representatives: this export does not open what was signed of them")
        for part, words in (("company", "companies"), ("person", "representatives")):
            if erased := comparison.unopened[part]:
                lines.append(f"{words} whose data was erased: numbers {_numbers(erased)}")
        if comparison.waiting:
            lines.append(
                "left out for awaiting approval, as the export says: numbers "
                + _numbers(comparison.waiting)
            )
        if said.last < len(history.signatures):
            lines.append(f"signed after the export had begun: from number {said.last + 1} on")
        lines.append(
            "places are as the export names them; seats, groups, notes, links and who replaced "
            "whom are not in the register; other files are as exported, by their SHA-256"
        )
        for place, line in enumerate(lines):
            self.report.say("" if place else "Not checked", line)


def _said(manifest: Mapping[str, Any]) -> Said:
    """Raises Unreadable for what is no manifest of ours."""
    try:
        choice = manifest["choice"]
        public = choice.get("extent") == ["public"]
        columns = {str(one) for one in choice.get("column") or Field}
        states = [EntryState(one) for one in choice.get("state", ())] or list(EntryState)
        texts: dict[int, dict[str, str]] = {}
        for file in manifest["files"]:
            kind, _, rest = str(file["name"]).partition("-")
            if kind == "text":
                number, language, _ = rest.split(".")
                texts.setdefault(int(number), {})[language] = file["sha256"]
        return Said(
            last=_number(manifest["register"], "last"),
            meetings=[
                Meeting(
                    str(one["key"]),
                    one["place"],
                    ZoneInfo(one["zone"]),
                    [str(key) for key in one["registered_as"]],
                )
                for one in manifest["meetings"]
            ],
            chosen=[str(key) for key in choice.get("meeting", ())],
            states=[EntryState.STANDING] if public else states,
            waiting=set(manifest["register"]["waiting"]),
            texts=texts,
            opened=[
                part for part, needed in REVEALED_BY.items() if needed <= columns and not public
            ],
        )
    except (KeyError, TypeError, ValueError, AttributeError, OSError):
        raise Unreadable(f"{MANIFEST} can't be read as it was exported") from None


def _number(values: Any, name: str) -> int:
    found = values.get(name) if isinstance(values, dict) else None
    if type(found) is not int:
        raise Unreadable(f"{MANIFEST} can't be read as it was exported")
    return found


def _opening(line: str) -> tuple[int, dict[str, tuple[dict[str, str], bytes]]]:
    try:
        values = json.loads(line)
        line.encode()
        number = values.pop("number")
        parts = {
            part: (_texts_of(opened["fields"]), bytes.fromhex(opened["salt"]))
            for part, opened in values.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable(f"{OPENINGS} can't be read as it was exported") from None
    if type(number) is not int or not parts.keys() <= REVEALED_BY.keys():
        raise Unreadable(f"{OPENINGS} can't be read as it was exported")
    return number, parts


def _texts_of(fields: Any) -> dict[str, str]:
    found = dict(fields)
    "".join([*found, *found.values()]).encode()  # all are texts, and none holds half a character
    return found


def _choice_words(choice: Any) -> str:
    if not isinstance(choice, dict):
        return "?"
    words = [
        f"{name} {', '.join(map(str, values))}"
        for name, values in choice.items()
        if name not in ("format", "language", "ink") and isinstance(values, list)
    ]
    return "; ".join(words) or "everything"


def _numbers(numbers: Collection[int]) -> str:
    shown = ", ".join(map(str, sorted(numbers)[:_MOST_NUMBERS]))
    more = len(numbers) - _MOST_NUMBERS
    return f"{shown} and {more} more" if more > 0 else shown
