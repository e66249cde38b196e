"""Proofs that an entry is in a register, in one text that verifies offline (C2SP, tlog-proof)."""

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass

from pledge.register.checkpoints import Checkpoint, opened_checkpoint
from pledge.register.notes import VerifierKey
from pledge.register.trees import InvalidProof, check_inclusion

_FIRST = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class Proof:
    index: int
    hashes: Sequence[bytes]
    """From the leaf's sibling upwards."""
    checkpoint: str
    """The signed note."""

    @property
    def text(self) -> str:
        lines = [_FIRST, f"index {self.index}", *(b64encode(h).decode() for h in self.hashes)]
        return "\n".join(lines) + f"\n\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> "Proof":
        head, separator, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        if first != _FIRST or not separator:
            raise InvalidProof("not a proof of a transparency log")
        if lines and lines[0].startswith("extra "):
            lines.pop(0)
        if not lines or not re.fullmatch(r"index (0|[1-9]\d{0,18})", lines[0], re.ASCII):
            raise InvalidProof("the proof names no index")
        return cls(int(lines[0][6:]), [_hash(line) for line in lines[1:]], checkpoint)

    def check(self, entry: bytes, origin: str, keys: Sequence[VerifierKey]) -> Checkpoint:
        """The checkpoint, if it is signed and the entry is in its tree; else InvalidProof."""
        checkpoint = opened_checkpoint(self.checkpoint, origin, keys)
        check_inclusion(entry, self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint


def _hash(line: str) -> bytes:
    try:
        found = b64decode(line, validate=True)
    except (Error, ValueError):
        found = b""
    if len(found) != 32:
        raise InvalidProof("the proof holds a line that is not a hash")
    return found
