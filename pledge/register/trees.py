"""Merkle trees and their proofs (RFC 6962, 2.1; RFC 9162, 2.1).

A tree is never held as a whole. What a proof needs is said as ranges of leaves, each the root of a
subtree, which split into complete nodes; `tiles` knows where those are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pledge.errors import PledgeError

EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


class InvalidProof(PledgeError):
    """A proof, a signature or an entry that does not hold; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """The root of a complete subtree: of 2**level leaves, the index-th of its level."""

    level: int
    index: int


Range = tuple[int, int]
"""Leaves from the first number up to and without the second."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Of a tree over these leaf hashes, or over the roots of complete subtrees of one size."""
    if not hashes:
        return EMPTY
    row = list(hashes)
    while len(row) > 1:
        paired = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = paired + row[2 * len(paired) :]
    return row[0]


def nodes(leaves: Range) -> list[Node]:
    """The complete subtrees whose roots make up the hash of a range, from left to right."""
    first, end = leaves
    found = []
    while first < end:
        level = (end - first).bit_length() - 1
        found.append(Node(level, first >> level))
        first += 1 << level
    return found


def hash_of(leaves: Range, read: Callable[[Node], bytes]) -> bytes:
    """The hash of a range of leaves that is a subtree; `read` gives those of complete ones."""
    if leaves[0] == leaves[1]:
        return EMPTY
    hashes = [read(node) for node in nodes(leaves)]
    whole = hashes.pop()
    while hashes:
        whole = node_hash(hashes.pop(), whole)
    return whole


def inclusion(index: int, size: int) -> list[Range]:
    """The subtrees whose hashes prove that a leaf is in a tree, from the leaf's sibling upwards."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    first, end = 0, size
    path = []
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency(old: int, size: int) -> list[Range]:
    """The subtrees whose hashes prove that a tree of `old` leaves has grown into one of `size`."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} has not grown from one of {old}")
    if old in (0, size):
        return []
    first, end = 0, size
    path = []
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    if first > 0:  # else the old tree is a complete subtree, whose root the verifier has
        path.append((first, end))
    return path[::-1]


def check_inclusion(
    entry: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raises InvalidProof unless the entry is in the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise InvalidProof(f"the register has {size} entries, and none of index {index}")
    place, last = index, size - 1
    found = leaf_hash(entry)
    for sibling in proof:
        if last == 0:
            raise InvalidProof("the inclusion proof is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise InvalidProof("the inclusion proof is too short")
    if found != root:
        raise InvalidProof("the entry is not in the register: its hash does not lead to the root")


def _split(width: int) -> int:
    """The largest power of two below a width of two or more."""
    return 1 << (width - 1).bit_length() - 1
