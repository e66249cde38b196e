"""The published vectors, held against the package and against the verifier of a stranger.

`docs/register.md` walks through them, with the same bytes.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pledge.register.notes import VerifierKey
from pledge.register.receipts import parsed_receipt, verified
from pledge.register.trees import InvalidProof, check_inclusion
from tests.register import vectors, verifier

VECTORS: dict[str, Any] = json.loads(vectors.FILE.read_text(encoding="utf-8"))
REGISTER = VECTORS["register"]
KEY = VECTORS["key"]["verifier"]
DOCUMENT = (vectors.FILE.parent / "register.md").read_text(encoding="utf-8")


def test_the_published_vectors_are_those_that_are_made() -> None:
    """Else: `python -m tests.register.vectors`."""
    assert json.loads(json.dumps(vectors.made())) == VECTORS


def test_the_key_follows_from_its_seed() -> None:
    seed = bytes.fromhex(VECTORS["key"]["seed"])
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    name, key_id, found = verifier.key_of(KEY)
    assert (name, key_id.hex(), found) == (
        VECTORS["key"]["name"],
        VECTORS["key"]["id"],
        public,
    )
    assert VECTORS["key"]["public"] == public.hex()


def test_trees_and_their_proofs_hold_for_both() -> None:
    trees = VECTORS["trees"]
    leaves = [bytes.fromhex(leaf) for leaf in trees["leaves"]]
    roots = [bytes.fromhex(root) for root in trees["roots"]]
    for size, root in enumerate(roots):
        assert verifier.tree(leaves[:size]) == root
    for one in trees["inclusion"]:
        index, size, proof = one["index"], one["size"], _hashes(one)
        check_inclusion(leaves[index], index, size, proof, roots[size])
        verifier.check_inclusion(leaves[index], index, size, proof, roots[size])
    for one in trees["consistency"]:
        old, size, proof = one["old"], one["size"], _hashes(one)
        if old < size:
            verifier.check_growth(old, roots[old], size, roots[size], proof)


def _hashes(vector: Mapping[str, Any]) -> list[bytes]:
    return [bytes.fromhex(one) for one in vector["proof"]]


def test_paths_are_spelled_alike() -> None:
    for one in VECTORS["paths"]:
        assert verifier.tile_path(one["level"], one["index"], one["width"]) == one["path"]


def test_commitments_are_made_alike() -> None:
    for one in REGISTER["commitments"]:
        message = verifier.canonical(one["fields"])
        assert message.hex() == one["message"]
        salt = bytes.fromhex(one["salt"])
        assert hmac.new(salt, message, hashlib.sha256).hexdigest() == one["commitment"]


def test_the_register_is_what_is_served() -> None:
    served = {name: held.encode() for name, held in REGISTER["served"].items()}
    for name in served.keys() & {"tile/0/000.p/3", "tile/entries/000.p/3"}:
        served[name] = bytes.fromhex(REGISTER["served"][name])
    entries = verifier.check_register(served.__getitem__, KEY)
    assert [json.dumps(entry, sort_keys=True) for entry in entries] == [
        json.dumps(json.loads(entry), sort_keys=True) for entry in REGISTER["entries"]
    ]
    for entry, leaf in zip(REGISTER["entries"], REGISTER["leaves"], strict=True):
        assert verifier.sha(b"\x00", entry.encode()).hex() == leaf
    two = REGISTER["served"]["checkpoint with two keys"]
    assert verifier.checkpoint_of(two, KEY) == verifier.checkpoint_of(
        REGISTER["served"]["checkpoint"], KEY
    )
    text = bytes.fromhex(REGISTER["text"]["bytes"])
    assert hashlib.sha256(text).hexdigest() == REGISTER["text"]["sha256"]


@pytest.mark.parametrize("index", range(len(REGISTER["receipts"])))
def test_receipts_are_accepted_by_both(index: int) -> None:
    content = json.dumps(REGISTER["receipts"][index]).encode()
    assert (
        verifier.check_receipt(content, KEY)
        == verified(parsed_receipt(content), [VerifierKey.parse(KEY)]).entry
    )


@pytest.mark.parametrize("refused", VECTORS["refused"], ids=lambda one: one["why"])
def test_others_are_refused_by_both(refused: dict[str, Any]) -> None:
    content = json.dumps(refused["receipt"]).encode()
    with pytest.raises(InvalidProof):
        verified(parsed_receipt(content))
    with pytest.raises((verifier.Refused, ValueError, KeyError)):
        verifier.check_receipt(content)


def test_the_document_walks_through_the_same_bytes() -> None:
    served, [first, second] = REGISTER["served"], REGISTER["receipts"]
    shown = [
        *VECTORS["key"].values(),
        *(one["commitment"] for one in REGISTER["commitments"]),
        *(bytes.fromhex(one["message"]).decode() for one in REGISTER["commitments"]),
        *REGISTER["entries"],
        *REGISTER["leaves"],
        *REGISTER["nodes"].values(),
        *served["checkpoint"].splitlines(),
        *second["proof"].splitlines(),
        base64.b64encode(bytes.fromhex(REGISTER["nodes"]["0..3"])).decode(),
    ]
    for value in shown:
        assert value in DOCUMENT, value
    assert first["key"] in DOCUMENT
