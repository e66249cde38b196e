"""Where the hashes of a tree are kept: tiles of 256 (C2SP, tlog-tiles)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pledge.register.trees import Node, Range, hash_of, root_of

WIDTH = 256
HASH = 32
_HEIGHT = 8

Hashes = Mapping["Tile", bytes]
"""What tiles hold: their hashes one after the other."""


@dataclass(frozen=True, slots=True)
class Tile:
    level: int
    index: int


@dataclass(frozen=True, slots=True)
class Path:
    """A tile, or a bundle of entries (level None), as an address names it."""

    level: int | None
    index: int
    width: int


def tile_of(node: Node) -> Tile:
    """Which tile holds a node, or the nodes that it is made of."""
    return Tile(node.level // _HEIGHT, node.index >> _HEIGHT - node.level % _HEIGHT)


def read_node(node: Node, hashes: Hashes) -> bytes:
    within = node.level % _HEIGHT
    span = 1 << within
    start = (node.index << within) % WIDTH
    held = hashes[tile_of(node)]
    return root_of([_hash(held, place) for place in range(start, start + span)])


def read_range(leaves: Range, hashes: Hashes) -> bytes:
    return hash_of(leaves, lambda node: read_node(node, hashes))


def edge(size: int) -> list[Tile]:
    """The tiles at the right edge of a tree, from the leaves upwards, partial ones alone."""
    tiles = []
    level = 0
    while size >> _HEIGHT * level:
        width = size >> _HEIGHT * level
        if width % WIDTH:
            tiles.append(Tile(level, width // WIDTH))
        level += 1
    return tiles


def grown(size: int, at_edge: Hashes, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """The tiles that change when leaf hashes are appended to a tree of a size.

    Only the right edge is looked at, so that it costs the same however large the tree is.
    """
    changed: dict[Tile, bytearray] = {}

    def push(level: int, count: int, fresh: bytes) -> None:
        """`count`: how many hashes the level has had before this one."""
        tile = Tile(level, count // WIDTH)
        if tile not in changed:
            changed[tile] = bytearray(at_edge[tile] if count % WIDTH else b"")
        held = changed[tile]
        held += fresh
        if len(held) == WIDTH * HASH:
            whole = root_of([_hash(held, place) for place in range(WIDTH)])
            push(level + 1, count // WIDTH, whole)

    for place, leaf in enumerate(leaves):
        push(0, size + place, leaf)
    return {tile: bytes(held) for tile, held in changed.items()}


def path_of(path: Path) -> str:
    """Below `tile/`, as addresses spell it: `0/x001/234.p/5`, `entries/000`."""
    digits = f"{path.index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    index = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    level = "entries" if path.level is None else str(path.level)
    return f"{level}/{index}" + (f".p/{path.width}" if path.width < WIDTH else "")


_PATH = re.compile(
    r"(entries|0|[1-9]\d?)/((?:x\d{3}/){0,6})(\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII
)


def parsed_path(text: str) -> Path | None:
    """None for what is not spelled as `path_of` spells it."""
    found = _PATH.fullmatch(text)
    if not found:
        return None
    level = None if found[1] == "entries" else int(found[1])
    index = int(found[2].replace("x", "").replace("/", "") + found[3])
    path = Path(level, index, int(found[4] or WIDTH))
    return path if path_of(path) == text and (level is None or level < 64) else None


def _hash(held: bytes | bytearray, place: int) -> bytes:
    return bytes(held[place * HASH : (place + 1) * HASH])
