"""Signed notes, checkpoints, proofs and entries."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from pledge.register.checkpoints import Checkpoint, opened_checkpoint, signed_checkpoint
from pledge.register.entries import (
    Entry,
    Kind,
    SignedFields,
    bundle,
    canonical,
    commitment,
    parsed,
    unbundled,
)
from pledge.register.notes import SigningKey, VerifierKey, opened, signed
from pledge.register.proofs import Proof
from pledge.register.tiles import grown, read_range
from pledge.register.trees import InvalidProof, inclusion, leaf_hash

# Of golang.org/x/mod/sumdb/note.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
    "Zb6KE6RyyBwJnAM=\n"
)

ORIGIN = "sign.example/i/sample/register"
SIGNER = SigningKey(ORIGIN, bytes(range(32)))
OTHER = SigningKey(ORIGIN, bytes(range(1, 33)))


def test_a_published_note_is_verified() -> None:
    key = VerifierKey.parse(KEY)
    assert str(key) == KEY
    assert opened(NOTE, [key]) == NOTE.split("\n\n")[0] + "\n"


@pytest.mark.parametrize(
    "tampered",
    [
        NOTE.replace("problem", "question"),
        NOTE.replace("x08go/ZJ", "x08go/ZK"),
        NOTE.replace("PeterNeumann x08", "PeterNeuman x08"),
        NOTE.replace("— ", "- "),
        NOTE[:-1],
        NOTE.partition("\n\n")[0],
        "",
    ],
)
def test_a_tampered_note_is_refused(tampered: str) -> None:
    with pytest.raises(InvalidProof):
        opened(tampered, [VerifierKey.parse(KEY)])


def test_signatures_of_others_are_ignored_and_a_wrong_one_of_ours_is_not() -> None:
    both = signed("text\n", [SIGNER, OTHER])
    assert opened(both, [SIGNER.verifier]) == opened(both, [OTHER.verifier]) == "text\n"
    forged = both.replace("text", "test")
    with pytest.raises(InvalidProof, match="wrong"):
        opened(forged, [SIGNER.verifier])


def test_a_note_that_no_tool_writes_is_refused_though_it_is_signed() -> None:
    with pytest.raises(InvalidProof, match="control characters"):
        opened(signed("text\x1b[2J\n", [SIGNER]), [SIGNER.verifier])
    crowd = [SigningKey(f"k{number}.example", bytes(32)) for number in range(64)]
    assert opened(signed("text\n", [SIGNER, *crowd[:63]]), [SIGNER.verifier]) == "text\n"
    with pytest.raises(InvalidProof, match="not a signed note"):
        opened(signed("text\n", [SIGNER, *crowd]), [SIGNER.verifier])


@pytest.mark.parametrize(
    "text", ["", "x", "x+00000000+AA==", KEY.replace("c74f", "c74e"), KEY[:-8]]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidProof):
        VerifierKey.parse(text)


def test_a_checkpoint_is_of_its_register_alone() -> None:
    checkpoint = Checkpoint(ORIGIN, 7, bytes(32))
    note = signed_checkpoint(checkpoint, [SIGNER])
    assert opened_checkpoint(note, ORIGIN, [SIGNER.verifier]) == checkpoint
    with pytest.raises(InvalidProof, match="another register"):
        opened_checkpoint(note, "elsewhere.example", [SIGNER.verifier])
    with pytest.raises(InvalidProof, match="known key"):
        opened_checkpoint(note, ORIGIN, [OTHER.verifier])


ROOT = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"x\n07\n{ROOT}\n", "can't be read"),
        (f"x\n-1\n{ROOT}\n", "can't be read"),
        (f"x\n1٣\n{ROOT}\n", "can't be read"),
        (f"x\n\n{ROOT}\n", "can't be read"),
        ("x\n7\n", "can't be read"),
        ("x\n7\nAA==\n", "root is not a hash"),
        ("x\n7\nroot\n", "root is not a hash"),
    ],
)
def test_a_checkpoint_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidProof, match=why):
        opened_checkpoint(signed(text, [SIGNER]), "x", [SIGNER.verifier])


def _entries(count: int) -> list[bytes]:
    return [
        Entry(
            Kind.SIGNED,
            number,
            "sample",
            "2023-08-10T02:41:12.123456Z",
            SignedFields(
                "hall",
                "present",
                {"zh": "ab" * 32, "en": "cd" * 32},
                "",
                commitment({"company": f"示例{number}有限公司"}, bytes(32)),
                commitment({"representative": "张某某"}, bytes(32)),
            ),
        ).encoded
        for number in range(1, count + 1)
    ]


def test_a_proof_verifies_offline() -> None:
    entries = _entries(9)
    tiles = grown(0, {}, [leaf_hash(entry) for entry in entries])
    note = signed_checkpoint(Checkpoint(ORIGIN, 9, read_range((0, 9), tiles)), [SIGNER])
    for index, entry in enumerate(entries):
        hashes = [read_range(leaves, tiles) for leaves in inclusion(index, 9)]
        text = Proof(index, hashes, note).text
        assert Proof.parse(text).check(entry, ORIGIN, [SIGNER.verifier]).size == 9
        with pytest.raises(InvalidProof):
            Proof.parse(text).check(entry[:-1], ORIGIN, [SIGNER.verifier])
        with pytest.raises(InvalidProof):
            Proof.parse(text.replace("index ", "index 1")).check(entry, ORIGIN, [SIGNER.verifier])


def test_an_entry_is_canonical_and_holds_no_names() -> None:
    [entry] = _entries(1)
    assert parsed(entry)["number"] == 1
    assert "示例" not in entry.decode()
    assert entry.startswith(b'{"at":"2023-08-10T02:41:12.123456Z","company":"')
    for wrong in (
        b" " + entry,
        entry.replace(b'"version":1', b'"version":2'),
        b"[]",
        b"\xff",
        b"{",
    ):
        with pytest.raises(InvalidProof):
            parsed(wrong)


@given(st.lists(st.binary(max_size=300), max_size=20))
@settings(deadline=None)
def test_bundles_are_taken_apart_as_they_were_put_together(entries: list[bytes]) -> None:
    assert [*unbundled(BytesIO(bundle(entries)))] == entries
    if entries:
        with pytest.raises(InvalidProof):
            [*unbundled(BytesIO(bundle(entries) + b"\x00"))]


@given(
    st.dictionaries(
        st.text(st.characters(max_codepoint=127, categories=["Ll", "Nd"]), max_size=8),
        st.one_of(st.text(), st.integers(0, 2**53 - 1)),
    )
)
@settings(deadline=None)
def test_json_is_canonical_as_rfc_8785_says(values: dict[str, Any]) -> None:
    """Held against an implementation of the standard, for all that entries and fields can hold."""
    assert canonical(values) == rfc8785.dumps(values)


def test_a_commitment_depends_on_all_of_it() -> None:
    fields = {"company": "示例有限公司", "uscc": ""}
    made = commitment(fields, bytes(32))
    assert made == commitment(dict(reversed(fields.items())), bytes(32))
    assert made != commitment(fields, bytes(31) + b"\x01")
    assert made != commitment({**fields, "uscc": "x"}, bytes(32))
