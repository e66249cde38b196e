"""A verifier written from docs/register.md alone; it shares no code with the package.

Each `Refused` says why.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    pass


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def tree(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return sha(b"\x00", leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha(b"\x01", tree(leaves[:split]), tree(leaves[split:]))


def canonical(value: Any) -> bytes:
    """Enough of RFC 8785 for objects of strings and small integers with ASCII keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def key_of(text: str) -> tuple[str, bytes, bytes]:
    name, key_id, encoded = text.split("+", 2)
    raw = base64.b64decode(encoded)
    if raw[:1] != b"\x01" or len(raw) != 33:
        raise Refused("key")
    if sha(name.encode(), b"\n", raw)[:4].hex() != key_id:
        raise Refused("key id")
    return name, bytes.fromhex(key_id), raw[1:]


def checkpoint_of(note: str, key: str) -> tuple[int, bytes]:
    name, key_id, public = key_of(key)
    body, _, signatures = note.rpartition("\n\n")
    body += "\n"
    for line in signatures.splitlines():
        dash, signer, encoded = line.split(" ")
        raw = base64.b64decode(encoded)
        if dash == "—" and signer == name and raw[:4] == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], body.encode())
            except InvalidSignature:
                raise Refused("signature") from None
            break
    else:
        raise Refused("unsigned")
    origin, size, root = body.splitlines()[:3]
    if origin != name:
        raise Refused("origin")
    return int(size), base64.b64decode(root)


def check_inclusion(entry: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """By walking the tree from the top, as its definition splits it."""
    if not 0 <= index < size:
        raise Refused("index")

    def walk(place: int, width: int, hashes: list[bytes]) -> bytes:
        if width == 1:
            if hashes:
                raise Refused("proof too long")
            return sha(b"\x00", entry)
        if not hashes:
            raise Refused("proof too short")
        split = 1
        while split * 2 < width:
            split *= 2
        if place < split:
            return sha(b"\x01", walk(place, split, hashes[:-1]), hashes[-1])
        return sha(b"\x01", hashes[-1], walk(place - split, width - split, hashes[:-1]))

    if walk(index, size, path) != root:
        raise Refused("root")


def check_growth(old: int, old_root: bytes, size: int, root: bytes, path: list[bytes]) -> None:
    """That a tree has grown into another, by walking the larger one from the top."""
    if not 0 < old < size:
        raise Refused("sizes")

    def walk(place: int, width: int, known: bool, hashes: list[bytes]) -> tuple[bytes, bytes]:
        """What the hashes say of a part: its hash in the old tree, and in the new one."""
        if place == width:
            if len(hashes) != (0 if known else 1):
                raise Refused("proof length")
            found = old_root if known else hashes[0]
            return found, found
        if not hashes:
            raise Refused("proof too short")
        split = 1
        while split * 2 < width:
            split *= 2
        sibling = hashes[-1]
        if place <= split:
            was, now = walk(place, split, known, hashes[:-1])
            return was, sha(b"\x01", now, sibling)
        was, now = walk(place - split, width - split, False, hashes[:-1])
        return sha(b"\x01", sibling, was), sha(b"\x01", sibling, now)

    if walk(old, size, True, path) != (old_root, root):
        raise Refused("growth")


def tile_path(level: int | None, index: int, width: int) -> str:
    groups = []
    number = index
    while True:
        groups.insert(0, f"{number % 1000:03}")
        number //= 1000
        if not number:
            break
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    what = "entries" if level is None else str(level)
    return f"tile/{what}/{name}" + (f".p/{width}" if width < 256 else "")


SIGNED: dict[str, type] = dict.fromkeys(
    ("at", "company", "ink", "initiative", "kind", "meeting", "person", "vouched"), str
) | {"number": int, "text": dict, "version": int}
"""All that the entry of a signing says."""


def check_commitment(
    entry: Mapping[str, Any], part: str, fields: Mapping[str, str], salt: str
) -> None:
    if part not in ("company", "person"):
        raise Refused("part")
    key = bytes.fromhex(salt)
    if len(key) != 32:
        raise Refused(f"{part} salt")
    if hmac.new(key, canonical(fields), hashlib.sha256).hexdigest() != entry[part]:
        raise Refused(f"{part} fields")


def check_receipt(content: bytes, key: str | None = None) -> dict[str, Any]:
    """The entry that the receipt proves; `key` is known to be the register's."""
    receipt = json.loads(content)
    if receipt["version"] != 1:
        raise Refused("version")
    encoded = receipt["entry"].encode()
    entry: dict[str, Any] = json.loads(encoded)
    if canonical(entry) != encoded:
        raise Refused("not canonical")
    if entry.get("version") != 1 or entry.get("kind") != "signed":
        raise Refused("kind")
    if {name: type(value) for name, value in entry.items()} != SIGNED:
        raise Refused("incomplete")
    if not all(isinstance(digest, str) for digest in entry["text"].values()):
        raise Refused("incomplete")
    for part, fields in receipt["fields"].items():
        check_commitment(entry, part, fields, receipt["salts"].get(part, ""))
    head, _, note = receipt["proof"].partition("\n\n")
    first, *lines = head.splitlines()
    if first != "c2sp.org/tlog-proof@v1" or not lines[0].startswith("index "):
        raise Refused("proof")
    index, *path = lines
    size, root = checkpoint_of(note, receipt["key"])
    if key is not None:
        try:
            checkpoint_of(note, key)
        except Refused:
            raise Refused("other key") from None
    hashes = [base64.b64decode(line) for line in path]
    if any(len(one) != 32 for one in hashes):
        raise Refused("hash")
    check_inclusion(encoded, int(index.removeprefix("index ")), size, hashes, root)
    return entry


def unbundled(content: bytes) -> list[bytes]:
    found = []
    while content:
        length = int.from_bytes(content[:2])
        entry = content[2 : 2 + length]
        if len(content) < 2 or len(entry) < length:
            raise Refused("bundle")
        found.append(entry)
        content = content[2 + length :]
    return found


def check_bundle(files: Mapping[str, bytes], key: str) -> list[dict[str, Any]]:
    """All entries of an export bundle, whose openings are those that were signed."""
    size, root = checkpoint_of(files["register/checkpoint"].decode(), key)
    leaves = unbundled(files["register/entries"])
    if len(leaves) != size:
        raise Refused("size")
    if tree(leaves) != root:
        raise Refused("root")
    entries = [json.loads(leaf) for leaf in leaves]
    signed = {entry["number"]: entry for entry in entries if entry["kind"] == "signed"}
    for line in files.get("register/openings.jsonl", b"").splitlines():
        opening = json.loads(line)
        entry = signed[opening.pop("number")]
        for part, opened in opening.items():
            check_commitment(entry, part, opened["fields"], opened["salt"])
    for entry in signed.values():
        for digest in entry["text"].values():
            if sha(files[f"register/texts/{digest}.md"]).hex() != digest:
                raise Refused("text")
    return entries


def states(entries: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """How each signature stands, by its number."""
    found: dict[int, str] = {}
    for entry in entries:
        kind, number = entry["kind"], entry["number"]
        found[number] = "standing" if kind in ("signed", "shown") else kind
    return found


def check_register(fetch: Callable[[str], bytes], key: str) -> list[dict[str, Any]]:
    """All entries of a register, recomputed; `fetch` gets what is at an address below it."""
    size, root = checkpoint_of(fetch("checkpoint").decode(), key)
    leaves: list[bytes] = []
    for bundle in range(-(-size // 256)):
        width = min(256, size - bundle * 256)
        content = fetch(tile_path(None, bundle, width))
        found = unbundled(content)
        if len(found) != width:
            raise Refused("bundle")
        tile = fetch(tile_path(0, bundle, width))
        if tile != b"".join(sha(b"\x00", entry) for entry in found):
            raise Refused("tile")
        leaves += found
    if tree(leaves) != root:
        raise Refused("root")
    return [json.loads(leaf) for leaf in leaves]
