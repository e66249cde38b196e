"""Receipts: what is in order is accepted, and every kind of tampering refused with its reason.

Each case is put to the package and to a verifier that shares no code with it.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pledge.register.checkpoints import Checkpoint, signed_checkpoint
from pledge.register.entries import Entry, Kind, SignedFields, canonical, commitment
from pledge.register.notes import SigningKey
from pledge.register.proofs import Proof
from pledge.register.receipts import Receipt, parsed_receipt, verified
from pledge.register.tiles import grown, read_range
from pledge.register.trees import InvalidProof, inclusion, leaf_hash
from tests.register import verifier

ORIGIN = "sign.example/i/sample/register"
KEY = SigningKey(ORIGIN, bytes(range(32)))
OTHER_KEY = SigningKey(ORIGIN, bytes(32))
SIZE = 9


def _fields(number: int) -> dict[str, dict[str, str]]:
    person = {"name": "张某某", "title": "总经理", "phone": "", "publish": "true"}
    return {"company": {"name": f"示例{number}有限公司", "uscc": ""}, "person": person}


def _salts(number: int) -> dict[str, bytes]:
    return {"company": bytes([number]) * 32, "person": bytes([100 + number]) * 32}


def _entry(number: int) -> bytes:
    made = {
        part: commitment(fields, _salts(number)[part]) for part, fields in _fields(number).items()
    }
    return Entry(
        Kind.SIGNED,
        number,
        "sample",
        f"2023-08-10T02:41:0{number}.123456Z",
        SignedFields("hall", "present", {"zh": "ab" * 32}, "", made["company"], made["person"]),
    ).encoded


def _receipts(key: SigningKey = KEY, entries: list[bytes] | None = None) -> list[Receipt]:
    entries = entries or [_entry(number) for number in range(1, SIZE + 1)]
    tiles = grown(0, {}, [leaf_hash(entry) for entry in entries])
    size = len(entries)
    note = signed_checkpoint(Checkpoint(ORIGIN, size, read_range((0, size), tiles)), [key])
    return [
        Receipt(
            _fields(index + 1),
            _salts(index + 1),
            entry,
            Proof(index, [read_range(r, tiles) for r in inclusion(index, size)], note).text,
            str(key.verifier),
        )
        for index, entry in enumerate(entries)
    ]


RECEIPTS = _receipts()


def _accepted(values: dict[str, Any]) -> None:
    content = json.dumps(values, ensure_ascii=False).encode()
    found = verifier.check_receipt(content, str(KEY.verifier))
    assert verified(parsed_receipt(content), [KEY.verifier]).entry == found


@pytest.mark.parametrize("receipt", RECEIPTS)
def test_what_is_in_order_is_accepted(receipt: Receipt) -> None:
    _accepted(receipt.values)
    proven = verified(receipt)
    assert proven.fields["company"]["name"] == f"示例{proven.index + 1}有限公司"
    assert proven.checkpoint.size == SIZE


def test_a_receipt_without_what_was_erased_is_accepted() -> None:
    values = RECEIPTS[3].values
    del values["fields"]["person"], values["salts"]["person"]
    _accepted(values)


def _changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    values = json.loads(json.dumps(RECEIPTS[4].values))
    change(values)
    return values


def _proof(change: Callable[[list[str]], list[str]]) -> dict[str, Any]:
    def apply(values: dict[str, Any]) -> None:
        values["proof"] = "\n".join(change(values["proof"].split("\n")))

    return _changed(apply)


def _set(*path: str, to: Any) -> dict[str, Any]:
    def apply(values: dict[str, Any]) -> None:
        inner = values
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = to

    return _changed(apply)


def _forged_entry() -> dict[str, Any]:
    """Whole in itself, of a company that never signed."""
    return _set("entry", to=RECEIPTS[4].entry.decode().replace('"number":5', '"number":6'))


def _registered(entry: bytes | None = None, **said: Any) -> dict[str, Any]:
    """A receipt in order in all but its entry, which stands in a signed register as it is."""
    if entry is None:
        values = json.loads(RECEIPTS[4].entry) | said
        entry = canonical({name: value for name, value in values.items() if value is not None})
    return replace(_receipts(entries=[entry])[0], fields={}, salts={}).values


def _withdrawal() -> bytes:
    return Entry(Kind.WITHDRAWN, 1, "sample", "2023-08-10T03:00:00.000000Z", refers=0).encoded


def _salted() -> dict[str, Any]:
    """Zeros at the end of an HMAC's key make no difference to it."""
    salt, fields = b"\x07" * 31 + b"\x00", _fields(5)["company"]
    values = json.loads(RECEIPTS[4].entry) | {"company": commitment(fields, salt).hex()}
    [receipt] = _receipts(entries=[canonical(values)])
    return replace(receipt, fields={"company": fields}, salts={"company": salt[:31]}).values


FORKED = _receipts(entries=[_entry(number) for number in (1, 2, 3, 4, 5, 7)])[4].values
FOREIGN = _receipts(OTHER_KEY)[4].values
HASH = b64encode(bytes(32)).decode()

TAMPERED = {
    "the company's name": _set("fields", "company", "name", to="示例仿冒有限公司"),
    "the company's code": _set("fields", "company", "uscc", to="91510000MA0000001F"),
    "the representative": _set("fields", "person", "name", to="李某某"),
    "the consent": _set("fields", "person", "publish", to="false"),
    "a field more": _set("fields", "person", "office", to="x"),
    "another salt": _set("salts", "company", to="00" * 32),
    "no salt": _changed(lambda values: values["salts"].pop("company")),
    "fields of an unknown part": _set("fields", "seal", to={}),
    "the number in the entry": _forged_entry(),
    "the time in the entry": _set("entry", to=RECEIPTS[4].entry.decode().replace("02:41", "02:42")),
    "spaces in the entry": _set("entry", to=RECEIPTS[4].entry.decode().replace(",", ", ")),
    "another's entry": _set("entry", to=RECEIPTS[5].entry.decode()),
    "another's proof": _set("proof", to=RECEIPTS[5].proof),
    "another index": _proof(lambda lines: [lines[0], "index 5", *lines[2:]]),
    "an index beyond the register": _proof(lambda lines: [lines[0], "index 9", *lines[2:]]),
    "a hash of the proof": _proof(lambda lines: [*lines[:2], HASH, *lines[3:]]),
    "a hash that is too long": _proof(
        lambda lines: [*lines[:2], b64encode(bytes(33)).decode(), *lines[3:]]
    ),
    "a hash less": _proof(lambda lines: [*lines[:2], *lines[3:]]),
    "a hash more": _proof(lambda lines: [*lines[:2], HASH, *lines[2:]]),
    "two hashes swapped": _proof(lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]]),
    "the size in the checkpoint": _proof(
        lambda lines: ["8" if line == "9" else line for line in lines]
    ),
    "the origin in the checkpoint": _proof(
        lambda lines: [line.replace("sign.example", "other.example") for line in lines]
    ),
    "the root in the checkpoint": _proof(lambda lines: [*lines[:-4], HASH, *lines[-3:]]),
    "the signature": _proof(lambda lines: [*lines[:-2], lines[-2][:-8] + "AAAAAAA=", ""]),
    "no signature": _proof(lambda lines: [*lines[:-2], ""]),
    "a key of another's": FOREIGN,
    "our key under another's checkpoint": {**FOREIGN, "key": str(KEY.verifier)},
    "a key with another name": _set("key", to=str(SigningKey("other.example", KEY.seed).verifier)),
    "a key cut off": _set("key", to=str(KEY.verifier)[:-4]),
    "rubbish for a proof": _set("proof", to="x"),
    "an entry of a version that there is not": _registered(version=2),
    "an entry that is of no signing": _registered(_withdrawal()),
    "an entry with something else in it": _registered(office="x"),
    "an entry that lacks something": _registered(vouched=None),
    "an entry with a number that is text": _registered(number="5"),
    "an entry with a text that is no hash": _registered(text={"zh": 1}),
    "an entry that was not written canonically": _registered(
        RECEIPTS[4].entry.replace(b',"vouched"', b', "vouched"')
    ),
    "a salt cut off where it is all zeros": _salted(),
}


REASONS = {
    "the company's name": ("the company's fields are not those that were signed", "company fields"),
    "the company's code": ("the company's fields are not those that were signed", "company fields"),
    "the representative": ("the person's fields are not those that were signed", "person fields"),
    "the consent": ("the person's fields are not those that were signed", "person fields"),
    "a field more": ("the person's fields are not those that were signed", "person fields"),
    "another salt": ("the company's fields are not those that were signed", "company fields"),
    "no salt": ("the company's salt is not one of 32 bytes", "company salt"),
    "fields of an unknown part": ("an entry commits to no seal", "part"),
    "the number in the entry": (
        "the entry is not in the register: its hash does not lead to the root",
        "root",
    ),
    "the time in the entry": (
        "the entry is not in the register: its hash does not lead to the root",
        "root",
    ),
    "spaces in the entry": ("the entry is not canonical JSON", "not canonical"),
    "another's entry": ("the company's fields are not those that were signed", "company fields"),
    "another's proof": (
        "the entry is not in the register: its hash does not lead to the root",
        "root",
    ),
    "another index": (
        "the entry is not in the register: its hash does not lead to the root",
        "root",
    ),
    "an index beyond the register": ("the register has 9 entries, and none of index 9", "index"),
    "a hash of the proof": (
        "the entry is not in the register: its hash does not lead to the root",
        "root",
    ),
    "a hash that is too long": ("the proof holds a line that is not a hash", "hash"),
    "a hash less": ("the inclusion proof is too short", "proof too short"),
    "a hash more": ("the inclusion proof is too long", "proof too long"),
    "two hashes swapped": (
        "the entry is not in the register: its hash does not lead to the root",
        "root",
    ),
    "the size in the checkpoint": (
        "the signature of sign.example/i/sample/register is wrong",
        "signature",
    ),
    "the origin in the checkpoint": ("the note is not signed by a known key", "unsigned"),
    "the root in the checkpoint": (
        "the signature of sign.example/i/sample/register is wrong",
        "signature",
    ),
    "the signature": ("the signature of sign.example/i/sample/register is wrong", "signature"),
    "no signature": ("not a signed note", "unsigned"),
    "a key of another's": (
        "the key that it names is none of those given; the register's page has those that have "
        "been retired",
        "other key",
    ),
    "our key under another's checkpoint": ("the note is not signed by a known key", "unsigned"),
    "a key with another name": ("the note is not signed by a known key", "unsigned"),
    "a key cut off": ("not a verifier key of an Ed25519 note", "key"),
    "rubbish for a proof": ("not a proof of a transparency log", "proof"),
    "an entry of a version that there is not": (
        "the entry is of a kind or version that is not known",
        "kind",
    ),
    "an entry that is of no signing": ("the entry is not of a signature", "kind"),
    "an entry with something else in it": (
        "the entry does not say what an entry of its kind says",
        "incomplete",
    ),
    "an entry that lacks something": (
        "the entry does not say what an entry of its kind says",
        "incomplete",
    ),
    "an entry with a number that is text": (
        "the entry does not say what an entry of its kind says",
        "incomplete",
    ),
    "an entry with a text that is no hash": (
        "the entry does not say what an entry of its kind says",
        "incomplete",
    ),
    "an entry that was not written canonically": (
        "the entry is not canonical JSON",
        "not canonical",
    ),
    "a salt cut off where it is all zeros": (
        "the company's salt is not one of 32 bytes",
        "company salt",
    ),
}
"""What the package says, and what the stranger's verifier does."""


@pytest.mark.parametrize("tampering", TAMPERED)
def test_tampering_is_refused_by_both_with_its_reason(tampering: str) -> None:
    content = json.dumps(TAMPERED[tampering], ensure_ascii=False).encode()
    with pytest.raises(InvalidProof) as ours:
        verified(parsed_receipt(content), [KEY.verifier])
    with pytest.raises(verifier.Refused) as strangers:
        verifier.check_receipt(content, str(KEY.verifier))
    assert (str(ours.value), str(strangers.value)) == REASONS[tampering]


def test_a_fork_signed_by_the_register_itself_shows_in_its_checkpoints() -> None:
    """Its receipt is whole; what gives it away is that no proof leads from it to the others."""
    forked = verified(parsed_receipt(json.dumps(FORKED).encode())).checkpoint
    honest = verified(RECEIPTS[4]).checkpoint
    assert (forked.size, honest.size) == (6, SIZE)
    tiles = grown(0, {}, [leaf_hash(_entry(number)) for number in range(1, SIZE + 1)])
    assert forked.root != read_range((0, forked.size), tiles)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"fields": 1}', b"[" * 100_000])
def test_what_is_no_receipt_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(InvalidProof):
        parsed_receipt(content)
