"""Receipts: all that whoever has signed needs to prove it, in one file, without us."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pledge.register.checkpoints import Checkpoint, check_known
from pledge.register.entries import SALT, Kind, commitment, parsed
from pledge.register.notes import VerifierKey
from pledge.register.proofs import Proof
from pledge.register.trees import InvalidProof

VERSION = 1
LARGEST = 2**20
"""Bytes of a receipt's file; a real one has a few thousand."""
PARTS = ("company", "person")
"""Of what an entry holds a commitment to each."""


@dataclass(frozen=True)
class Receipt:
    """The fields with their salts, the entry that commits to them, and the proof that it stands."""

    fields: Mapping[str, Mapping[str, str]]
    """By part; one whose data was erased is missing."""
    salts: Mapping[str, bytes]
    entry: bytes
    proof: str
    key: str
    """The register's verifier key, as the site publishes it too."""

    @property
    def content(self) -> bytes:
        """The file, for people to read too."""
        return (json.dumps(self.values, ensure_ascii=False, indent=2) + "\n").encode()

    @property
    def values(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "entry": self.entry.decode(),
            "fields": {part: dict(fields) for part, fields in self.fields.items()},
            "salts": {part: salt.hex() for part, salt in self.salts.items()},
            "proof": self.proof,
            "key": self.key,
        }


@dataclass(frozen=True)
class Verified:
    """What a receipt proves."""

    entry: Mapping[str, Any]
    fields: Mapping[str, Mapping[str, str]]
    checkpoint: Checkpoint
    index: int
    key: VerifierKey


def parsed_receipt(content: bytes) -> Receipt:
    """Raises InvalidProof if it is not one."""
    if len(content) > LARGEST:
        raise InvalidProof("the file is too large for a receipt")
    try:
        values = json.loads(content)
        json.dumps(values, ensure_ascii=False).encode()  # half a character can't be hashed
        receipt = Receipt(
            {part: _texts(values["fields"][part]) for part in values["fields"]},
            {part: bytes.fromhex(salt) for part, salt in values["salts"].items()},
            values["entry"].encode(),
            str(values["proof"]),
            str(values["key"]),
        )
        version = values.get("version")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidProof("the file is not a receipt") from None
    if version != VERSION:
        raise InvalidProof("the receipt is of a version that is not known")
    return receipt


def verified(receipt: Receipt, keys: Sequence[VerifierKey] = ()) -> Verified:
    """What the receipt proves, or InvalidProof with the reason.

    `keys` are those that are known to be the register's: one of them must have signed too. Without
    them the receipt's own key is taken, which proves that the receipt is whole, and not whose it
    is: compare it with the one that the initiative's page shows.
    """
    key = VerifierKey.parse(receipt.key)
    values = parsed(receipt.entry)
    if values["kind"] != Kind.SIGNED:
        raise InvalidProof("the entry is not of a signature")
    for part in receipt.fields:
        if part not in PARTS:
            raise InvalidProof(f"an entry commits to no {part}")
        salt = receipt.salts.get(part, b"")
        if len(salt) != SALT:  # HMAC would take any, and zeros at the end for nothing
            raise InvalidProof(f"the {part}'s salt is not one of {SALT} bytes")
        if commitment(receipt.fields[part], salt).hex() != values[part]:
            raise InvalidProof(f"the {part}'s fields are not those that were signed")
    proof = Proof.parse(receipt.proof)
    checkpoint = proof.check(receipt.entry, key.name, [key])
    check_known(proof.checkpoint, key, keys)
    return Verified(values, receipt.fields, checkpoint, proof.index, key)


def _texts(fields: Any) -> dict[str, str]:
    if not isinstance(fields, dict) or not all(isinstance(text, str) for text in fields.values()):
        raise ValueError
    return fields
