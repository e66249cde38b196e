"""`python -m tests.register.vectors`: writes docs/register-vectors.json anew.

Everything follows from a fixed seed and fixed salts. The package makes the values; the tests hold
them against the verifier that knows only `docs/register.md`.
"""

import json
from base64 import b64encode
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

from pledge.register.checkpoints import Checkpoint, signed_checkpoint
from pledge.register.entries import Entry, Kind, SignedFields, bundle, canonical, commitment
from pledge.register.notes import SigningKey
from pledge.register.proofs import Proof
from pledge.register.receipts import Receipt
from pledge.register.tiles import WIDTH, grown, path_of, read_range
from pledge.register.tiles import Path as TilePath
from pledge.register.trees import consistency, inclusion, leaf_hash

FILE = Path(__file__).parents[2] / "docs/register-vectors.json"

ORIGIN = "sign.example/i/sample/register"
KEY = SigningKey(ORIGIN, bytes(range(32)))
NEWER = SigningKey(ORIGIN, bytes(range(100, 132)))
TEXT = "# 示例倡议\n\n我们承诺。\n".encode()
TEXT_HASH = sha256(TEXT).hexdigest()

LEAVES = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
"""Of the reference implementations of RFC 6962."""

SIGNED: list[dict[str, Any]] = [
    {
        "at": "2023-08-10T02:41:12.123456Z",
        "vouched": "invited",
        "ink": "",
        "company": {"name": "示例消防科技有限公司", "uscc": "91510000MA0000001F"},
        "person": {"name": "张某某", "title": "总经理", "phone": "13800000000", "publish": "true"},
        "salts": {"company": "01" * 32, "person": "02" * 32},
    },
    {
        "at": "2023-08-10T02:41:40.000001Z",
        "vouched": "present",
        "ink": "c0" * 32,
        "company": {"name": "示例阀门厂", "uscc": ""},
        "person": {"name": "李某某", "title": "", "phone": "", "publish": "false"},
        "salts": {"company": "03" * 32, "person": "04" * 32},
    },
]


def made() -> dict[str, Any]:
    return {
        "key": _key(KEY),
        "trees": _trees(),
        "paths": _paths(),
        "register": _register(),
        "refused": _refused(),
    }


def _key(key: SigningKey) -> dict[str, str]:
    return {
        "name": key.name,
        "seed": key.seed.hex(),
        "public": key.verifier.public.hex(),
        "id": key.verifier.id.hex(),
        "verifier": str(key.verifier),
    }


def _trees() -> dict[str, Any]:
    """Roots and all proofs of the trees over the first leaves of RFC 6962's examples."""
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES]
    tiles = grown(0, {}, [leaf_hash(leaf) for leaf in leaves])
    sizes = range(len(leaves) + 1)
    return {
        "leaves": LEAVES,
        "roots": [read_range((0, size), tiles).hex() for size in sizes],
        "inclusion": [
            {
                "index": index,
                "size": size,
                "proof": [read_range(one, tiles).hex() for one in inclusion(index, size)],
            }
            for size in sizes
            for index in range(size)
        ],
        "consistency": [
            {
                "old": old,
                "size": size,
                "proof": [read_range(one, tiles).hex() for one in consistency(old, size)],
            }
            for size in sizes
            for old in range(1, size + 1)
        ],
    }


def _paths() -> list[dict[str, Any]]:
    indexes = (0, 5, 999, 1000, 1234067, 70_368_744_177_663)
    return [
        {"level": level, "index": index, "width": width, "path": f"tile/{path_of(path)}"}
        for level in (0, 1, 5, None)
        for index in indexes
        for width in (1, 255, WIDTH)
        if (path := TilePath(level, index, width))
    ]


def entries() -> list[bytes]:
    """Two companies have signed, and the first one has withdrawn."""
    signings = [
        Entry(
            Kind.SIGNED,
            number,
            "sample",
            one["at"],
            SignedFields(
                meeting="hall",
                vouched=one["vouched"],
                text={"zh": TEXT_HASH},
                ink=one["ink"],
                company=commitment(one["company"], bytes.fromhex(one["salts"]["company"])),
                person=commitment(one["person"], bytes.fromhex(one["salts"]["person"])),
            ),
        ).encoded
        for number, one in enumerate(SIGNED, start=1)
    ]
    withdrawn = Entry(Kind.WITHDRAWN, 1, "sample", "2023-08-11T01:00:00.000000Z", refers=0)
    return [*signings, withdrawn.encoded]


def _register() -> dict[str, Any]:
    held = entries()
    tiles = grown(0, {}, [leaf_hash(entry) for entry in held])
    checkpoint = Checkpoint(ORIGIN, len(held), read_range((0, len(held)), tiles))
    note = signed_checkpoint(checkpoint, [KEY])
    receipts = [_receipt(index, note) for index in range(len(SIGNED))]
    return {
        "text": {"bytes": TEXT.hex(), "sha256": TEXT_HASH},
        "commitments": [
            {
                "fields": one[part],
                "message": canonical(one[part]).hex(),
                "salt": one["salts"][part],
                "commitment": commitment(one[part], bytes.fromhex(one["salts"][part])).hex(),
            }
            for one in SIGNED
            for part in ("company", "person")
        ],
        "entries": [entry.decode() for entry in held],
        "leaves": [leaf_hash(entry).hex() for entry in held],
        "nodes": {
            "0..2": read_range((0, 2), tiles).hex(),
            "0..3": read_range((0, 3), tiles).hex(),
        },
        "served": {
            "checkpoint": note,
            "checkpoint with two keys": signed_checkpoint(checkpoint, [NEWER, KEY]),
            "tile/0/000.p/3": b"".join(leaf_hash(entry) for entry in held).hex(),
            "tile/entries/000.p/3": bundle(held).hex(),
            "key": f"{KEY.verifier}\n",
        },
        "receipts": receipts,
    }


def _receipt(index: int, note: str) -> dict[str, Any]:
    held = entries()
    tiles = grown(0, {}, [leaf_hash(entry) for entry in held])
    hashes = [read_range(one, tiles) for one in inclusion(index, len(held))]
    signed = SIGNED[index]
    return Receipt(
        fields={part: signed[part] for part in ("company", "person")},
        salts={part: bytes.fromhex(salt) for part, salt in signed["salts"].items()},
        entry=held[index],
        proof=Proof(index, hashes, note).text,
        key=str(KEY.verifier),
    ).values


def _refused() -> list[dict[str, Any]]:
    """Receipts that are not in order, each for its reason."""
    [receipt, other] = _register()["receipts"]
    zeros = b64encode(bytes(32)).decode()

    def with_(why: str, path: str, value: Any) -> dict[str, Any]:
        changed = deepcopy(receipt)
        *way, last = path.split(".")
        inner = changed
        for name in way:
            inner = inner[name]
        inner[last] = value
        return {"why": why, "receipt": changed}

    proof = receipt["proof"]
    lines = proof.split("\n")
    return [
        with_("another name than was signed", "fields.company.name", "示例仿冒有限公司"),
        with_("a field that was not signed", "fields.person.office", ""),
        with_("a salt that is not the one", "salts.company", "00" * 32),
        with_("an entry that was changed", "entry", receipt["entry"].replace("02:41", "02:42")),
        with_(
            "an entry that is not canonical",
            "entry",
            receipt["entry"].replace(',"vouched"', ', "vouched"'),
        ),
        with_("the entry of another signature", "entry", other["entry"]),
        with_("an entry that is of no signing", "entry", entries()[2].decode()),
        with_("the proof of another entry", "proof", other["proof"]),
        with_("another index", "proof", proof.replace("index 0", "index 1")),
        with_("a hash of the path changed", "proof", proof.replace(lines[2], zeros)),
        with_("a path that is too short", "proof", proof.replace(f"{lines[2]}\n", "")),
        with_("another size", "proof", proof.replace("register\n3\n", "register\n4\n")),
        with_("another root", "proof", proof.replace(lines[-4], zeros)),
        with_("a checkpoint without a signature", "proof", "\n".join(lines[:-2]) + "\n"),
        with_("a key that has not signed", "key", str(NEWER.verifier)),
        with_("a version that there is not", "version", 2),
    ]


def main() -> None:
    FILE.write_text(json.dumps(made(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
