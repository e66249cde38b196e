"""Checkpoints: what a register was at a size, signed (C2SP, tlog-checkpoint)."""

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass

from pledge.register.notes import SigningKey, VerifierKey, opened, signed
from pledge.register.trees import InvalidProof


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    """The register's name, which is that of its key."""
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def signed_checkpoint(checkpoint: Checkpoint, keys: Sequence[SigningKey]) -> str:
    return signed(checkpoint.text, keys)


def opened_checkpoint(note: str, origin: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Raises InvalidProof unless a key of the register has signed it, and for this register."""
    lines = opened(note, keys).split("\n")[:-1]
    if len(lines) < 3 or not all(lines) or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise InvalidProof("the checkpoint can't be read")
    try:
        root = b64decode(lines[2], validate=True)
    except (Error, ValueError):
        root = b""
    if len(root) != 32:
        raise InvalidProof("the checkpoint's root is not a hash")
    if lines[0] != origin:
        raise InvalidProof(f"the checkpoint is of another register: {lines[0]}")
    return Checkpoint(lines[0], int(lines[1]), root)


def check_known(note: str, key: VerifierKey, known: Sequence[VerifierKey]) -> None:
    """Raises InvalidProof unless the key by which a checkpoint was opened is the register's.

    `known` are those that are; without any, every key passes. While keys change, checkpoints are
    signed with the old one and the new one, and one of them is enough.
    """
    if not known or key in known:
        return
    try:
        opened_checkpoint(note, key.name, known)
    except InvalidProof:
        raise InvalidProof(
            "the key that it names is none of those given; the register's page has those that have "
            "been retired"
        ) from None
