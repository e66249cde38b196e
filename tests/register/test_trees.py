"""Merkle trees against the published vectors, and their proofs by property."""

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pledge.register.tiles import (
    WIDTH,
    Path,
    Tile,
    edge,
    grown,
    parsed_path,
    path_of,
    read_node,
    read_range,
)
from pledge.register.trees import (
    EMPTY,
    InvalidProof,
    Node,
    check_inclusion,
    consistency,
    hash_of,
    inclusion,
    leaf_hash,
    nodes,
    root_of,
)
from tests.register import verifier

LEAVES = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the reference implementations of RFC 6962."""

MOST = 300
ENTRIES = [f"entry {number}".encode() for number in range(MOST)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]


def _root(size: int) -> bytes:
    return root_of(HASHES[:size])


def _mth(hashes: list[bytes]) -> bytes:
    """As RFC 6962, 2.1 defines it, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + _mth(hashes[:split]) + _mth(hashes[split:])).digest()


def test_roots_are_those_of_the_published_vectors() -> None:
    assert EMPTY.hex().startswith("e3b0c44298fc1c14")
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
    for size, root in enumerate(ROOTS, start=1):
        assert root_of(hashes[:size]).hex() == root


def test_tiles_hold_the_tree_at_every_size() -> None:
    """Grown by one leaf, then by many, the tiles give the root that the definition gives."""
    tiles: dict[Tile, bytes] = {}
    for size in range(MOST):
        tiles |= grown(size, {tile: tiles[tile] for tile in edge(size)}, [HASHES[size]])
        assert read_range((0, size + 1), tiles) == _mth(HASHES[: size + 1])
    at_once = grown(0, {}, HASHES)
    assert at_once == tiles


@given(st.integers(0, 3000), st.integers(0, 600))
@settings(deadline=None)
def test_growing_in_two_steps_is_growing_in_one(size: int, more: int) -> None:
    leaves = [sha256(bytes([number % 251])).digest() for number in range(size + more)]
    first = grown(0, {}, leaves[:size])
    then = grown(size, {tile: first[tile] for tile in edge(size)}, leaves[size:])
    assert {**first, **then} == grown(0, {}, leaves)


Read = Callable[[Node], bytes]


def _reader(tiles: Mapping[Tile, bytes]) -> Read:
    """Reads each node once: what is proven here is that proofs hold, however often."""
    return cache(lambda node: read_node(node, tiles))


def _check_inclusion(read: Read, entry: bytes, index: int, size: int) -> None:
    proof = [hash_of(leaves, read) for leaves in inclusion(index, size)]
    check_inclusion(entry, index, size, proof, hash_of((0, size), read))


def _check_growth(read: Read, old: int, size: int) -> None:
    """By the verifier of a stranger: the package makes such proofs and never takes them."""
    proof = [hash_of(leaves, read) for leaves in consistency(old, size)]
    if old in (0, size):
        assert proof == []
    else:
        roots = hash_of((0, old), read), hash_of((0, size), read)
        verifier.check_growth(old, roots[0], size, roots[1], proof)


def test_large_trees_are_proven_too() -> None:
    """Up to a million entries, at and beside the sizes at which a level begins."""
    read = _reader(grown(0, {}, [leaf_hash(b"the same")] * 1_000_000))
    for size in (255, 256, 257, 65_535, 65_536, 65_537, 262_145, 999_999, 1_000_000):
        for index in {0, 1, size // 3, size - 2, size - 1}:
            _check_inclusion(read, b"the same", index, size)
        for old in {1, 2, 255, 256, size // 2, size - 1, size} & set(range(size + 1)):
            _check_growth(read, old, size)


def test_every_leaf_of_every_tree_is_proven() -> None:
    read = _reader(grown(0, {}, HASHES))
    for size in range(1, MOST + 1):
        assert hash_of((0, size), read) == _root(size)
        for index in range(size):
            _check_inclusion(read, ENTRIES[index], index, size)


def test_every_tree_has_grown_from_every_smaller_one() -> None:
    read = _reader(grown(0, {}, HASHES))
    for size in range(MOST + 1):
        for old in range(size + 1):
            _check_growth(read, old, size)


def test_tiles_rebuilt_from_entries_are_those_that_have_grown() -> None:
    """At every size, as whoever copies the register would rebuild them: row by row."""
    tiles: dict[Tile, bytes] = {}
    for size in range(MOST + 1):
        rebuilt = {}
        row, level = HASHES[:size], 0
        while row:
            for start in range(0, len(row), WIDTH):
                rebuilt[Tile(level, start // WIDTH)] = b"".join(row[start : start + WIDTH])
            whole = range(0, len(row) - WIDTH + 1, WIDTH)
            row, level = [_mth(row[start : start + WIDTH]) for start in whole], level + 1
        assert tiles == rebuilt
        if size < MOST:
            tiles |= grown(size, {tile: tiles[tile] for tile in edge(size)}, [HASHES[size]])


@given(st.integers(1, MOST), st.data())
@settings(deadline=None)
def test_a_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tiles = grown(0, {}, HASHES[:size])
    proof = [read_range(leaves, tiles) for leaves in inclusion(index, size)]
    root = _root(size)
    wrong = [
        (b"another", index, size, proof, root),
        (ENTRIES[index], index, size, [*proof, root], root),
        (ENTRIES[index], index, size, proof, sha256(root).digest()),
        (ENTRIES[index], size, size, proof, root),
    ]
    if proof:
        changed = data.draw(st.integers(0, len(proof) - 1))
        swapped = [*proof]
        swapped[changed] = sha256(swapped[changed]).digest()
        wrong += [
            (ENTRIES[index], index, size, proof[:-1], root),
            (ENTRIES[index], index, size, swapped, root),
            (ENTRIES[index], (index + 1) % size, size, proof, root),
        ]
    for case in wrong:
        with pytest.raises(InvalidProof):
            check_inclusion(*case)


@given(st.integers(2, MOST), st.data())
@settings(deadline=None)
def test_a_fork_is_not_a_growth(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    tiles = grown(0, {}, HASHES[:size])
    proof = [read_range(leaves, tiles) for leaves in consistency(old, size)]
    forked = root_of([*HASHES[: old - 1], leaf_hash(b"forged")])
    for case in (
        (old, forked, size, _root(size), proof),
        (old, _root(old), size, sha256(b"").digest(), proof),
        (old, _root(old), size, _root(size), [*proof, forked]),
        (size + 1, _root(size), size, _root(size), proof),
    ):
        with pytest.raises(verifier.Refused):
            verifier.check_growth(*case)


@given(st.integers(0, 2000), st.integers(0, 2000))
@settings(deadline=None)
def test_ranges_split_into_complete_subtrees(first: int, width: int) -> None:
    width = min(width, first & -first) if first else width
    found = nodes((first, first + width))
    leaves = [node.index << node.level for node in found]
    assert sum(1 << node.level for node in found) == width
    assert leaves == sorted(leaves)


def test_a_range_is_hashed_as_the_definition_says() -> None:
    def read(node: Node) -> bytes:
        return _mth(HASHES[node.index << node.level : (node.index + 1) << node.level])

    for end in range(MOST):
        assert hash_of((0, end), read) == _mth(HASHES[:end])


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, WIDTH))
@settings(deadline=None)
def test_paths_are_read_as_they_are_written(level: int | None, index: int, width: int) -> None:
    assert parsed_path(path_of(Path(level, index, width))) == Path(level, index, width)


def test_paths_are_spelled_as_specified() -> None:
    assert path_of(Path(0, 1234067, WIDTH)) == "0/x001/x234/067"
    assert path_of(Path(None, 0, 5)) == "entries/000.p/5"
    for wrong in (
        "0/1",
        "0/x000/001",
        "00/001",
        "64/000",
        "0/000.p/256",
        "0/000.p/0",
        "0/000.p/05",
    ):
        assert parsed_path(wrong) is None, wrong
