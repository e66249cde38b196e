"""`/r/{id}/receipt.json` and the register, as the site serves them, to a verifier that knows only
their description: what is in order is accepted, and whatever was tampered with is refused.
"""

import base64
import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR, Actor
from pledge.domain.signatures import Person
from pledge.register.notes import SigningKey, VerifierKey
from pledge.register.receipts import parsed_receipt, verified
from pledge.register.trees import InvalidProof
from pledge.register_keys import (
    load_register_keys,
    newest_alone,
    store_register_keys,
    with_new,
)
from tests.delegate import Delegate
from tests.register import verifier
from tests.site import SLUG, Site

STAFF = Actor("staff@example.org")
COUNT = 5

Values = dict[str, Any]
Log = dict[str, bytes]


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _sign(delegate: Delegate, number: int) -> str:
    """The address of the receipt."""
    answer = await delegate.sign(company=f"示例{number}有限公司")
    assert answer.status_code == 303
    return answer.headers["location"]


async def _get(site: Site, address: str) -> httpx.Response:
    return await site.client.get(f"{address}/receipt.json")


async def _key(site: Site) -> str:
    return (await site.client.get(f"/i/{SLUG}/register/key")).text.strip()


async def test_a_receipt_is_a_private_file_named_by_its_number(
    site: Site, delegate: Delegate
) -> None:
    address = await _sign(delegate, 1)
    answer = await _get(site, address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    name = re.fullmatch(
        r'attachment; filename="receipt-(CY-20230810-0001-\d)\.json"',
        answer.headers["content-disposition"],
    )
    assert name
    assert "示例1有限公司" in answer.text
    assert answer.text.count("\n") > 10
    page = (await site.client.get(address)).text
    assert name[1] in page
    assert f"{address}/receipt.json" in page
    head = await site.client.head(f"{address}/receipt.json")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-disposition"] == answer.headers["content-disposition"]


async def test_it_is_accepted_by_a_stranger_and_by_us(site: Site, delegate: Delegate) -> None:
    addresses = [await _sign(delegate, number) for number in range(1, COUNT + 1)]
    key = await _key(site)
    for number, address in enumerate(addresses, start=1):
        content = (await _get(site, address)).content
        assert verifier.check_receipt(content, key)["number"] == number
        proven = verified(parsed_receipt(content), [VerifierKey.parse(key)])
        assert proven.fields["company"]["name"] == f"示例{number}有限公司"
        assert proven.fields["person"]["phone"] == "13800000000"
        assert proven.checkpoint.size == COUNT
        for digest in proven.entry["text"].values():
            text = await site.client.get(f"/i/{SLUG}/texts/{digest}")
            assert verifier.sha(text.content).hex() == digest


async def test_what_has_ended_is_still_proven(site: Site, delegate: Delegate) -> None:
    addresses = [await _sign(delegate, number) for number in range(1, 4)]
    amending, moderating = site.services.amending, site.services.moderating
    await amending.withdraw(await _id(site), 1, by=STAFF, reason="企业要求")
    await amending.replace(await _id(site), 2, Person("李某某"), by=STAFF, reason="更换代表")
    await moderating.hide(await _id(site), 3, by=STAFF)
    key = await _key(site)
    for number, address in enumerate(addresses, start=1):
        entry = verifier.check_receipt((await _get(site, address)).content, key)
        assert entry["number"] == number


async def test_a_person_who_was_erased_is_missing_and_the_rest_is_proven(
    site: Site, delegate: Delegate
) -> None:
    kept, erased = [await _sign(delegate, number) for number in (1, 2)]
    before = (await _get(site, erased)).content
    await site.services.erasing.erase(await _id(site), [2], by=STAFF, reason="本人要求")
    key = await _key(site)
    content = (await _get(site, erased)).content
    values = json.loads(content)
    assert list(values["fields"]) == list(values["salts"]) == ["company"]
    assert "张某某" not in content.decode()
    assert verifier.check_receipt(content, key)["number"] == 2
    for other in (before, (await _get(site, kept)).content):
        assert verifier.check_receipt(other, key)


async def test_there_is_none_of_nothing_and_of_a_rehearsal(site: Site, delegate: Delegate) -> None:
    answer = await _get(site, "/r/nobody")
    assert answer.status_code == 404
    assert answer.json()["error"]
    await site.services.rehearsing.start(await _id(site), "dujiangyan", by=OPERATOR)
    rehearsed = await site.delegate(meeting="dujiangyan")
    answer = await _get(site, await _sign(rehearsed, 1))
    assert answer.status_code == 404
    assert answer.json()["error"] == "这是一次彩排"
    assert answer.headers["cache-control"] == "no-store"


async def test_on_a_tablet_nobody_finds_the_one_before(site: Site) -> None:
    tablet = await site.delegate(kind=LinkKind.KIOSK)
    address = await _sign(tablet, 1)
    assert (await _get(site, address)).status_code == 200
    site.clock.pass_(minutes=3)
    assert (await _get(site, address)).status_code == 404
    async with site.another_client() as own:
        assert (await own.get(f"{address}/receipt.json")).status_code == 200


async def test_an_older_receipt_stands_in_every_later_register(
    site: Site, delegate: Delegate
) -> None:
    address = await _sign(delegate, 1)
    first = (await _get(site, address)).content
    old, old_root = _checkpoint(first)
    key = await _key(site)
    for number in range(2, 9):
        await _sign(delegate, number)
    grown = (await site.client.get(f"/i/{SLUG}/register/growth/{old}")).text
    head, _, note = grown.partition("\n\n")
    size, root = verifier.checkpoint_of(note, key)
    path = [base64.b64decode(line) for line in head.splitlines()[1:]]
    verifier.check_growth(old, old_root, size, root, path)
    assert verifier.check_receipt(first, key)["number"] == 1


async def test_whoever_knows_the_old_key_is_not_lost_while_it_is_replaced(
    site: Site, delegate: Delegate
) -> None:
    address, data = await _sign(delegate, 1), site.services.settings.data
    old = await _key(site)
    keys = with_new(load_register_keys((), data), SEED)
    store_register_keys(keys, (), data)
    new, both = (await _key(site)).splitlines()
    assert both == old
    receipt = (await _get(site, address)).content
    assert json.loads(receipt)["key"] == new
    for known in (old, new):
        assert verifier.check_receipt(receipt, known)
        assert verified(parsed_receipt(receipt), [VerifierKey.parse(known)])
    store_register_keys(newest_alone(keys), (), data)
    receipt = (await _get(site, address)).content
    assert verifier.check_receipt(receipt, new)
    with pytest.raises(verifier.Refused, match="other key"):
        verifier.check_receipt(receipt, old)
    with pytest.raises(InvalidProof, match="none of those given"):
        verified(parsed_receipt(receipt), [VerifierKey.parse(old)])


def _checkpoint(receipt: bytes) -> tuple[int, bytes]:
    values = json.loads(receipt)
    return verifier.checkpoint_of(values["proof"].partition("\n\n")[2], values["key"])


# Tampering


@dataclass(frozen=True)
class Given:
    receipts: list[Values]
    log: Log
    key: str


@pytest.fixture
async def given(site: Site, delegate: Delegate) -> Given:
    """Five receipts and the whole register, as they are served."""
    addresses = [await _sign(delegate, number) for number in range(1, COUNT + 1)]
    await site.services.moderating.hide(await _id(site), 2, by=STAFF)
    log = {}
    names = ("checkpoint", f"tile/entries/000.p/{COUNT + 1}", f"tile/0/000.p/{COUNT + 1}")
    for name in names:
        log[name] = (await site.client.get(f"/i/{SLUG}/register/{name}")).content
    receipts = [(await _get(site, address)).json() for address in addresses]
    return Given(receipts, log, await _key(site))


ZEROS = base64.b64encode(bytes(32)).decode()
SEED = bytes(32)


def _in_proof(change: Callable[[list[str]], list[str]]) -> Callable[[Values, Given], None]:
    def apply(values: Values, _given: Given) -> None:
        values["proof"] = "\n".join(change(values["proof"].split("\n")))

    return apply


def _set(path: str, value: Any) -> Callable[[Values, Given], None]:
    def apply(values: Values, _given: Given) -> None:
        *way, last = path.split(".")
        for name in way:
            values = values[name]
        values[last] = value

    return apply


def _from_next(name: str) -> Callable[[Values, Given], None]:
    def apply(values: Values, given: Given) -> None:
        values[name] = given.receipts[3][name]

    return apply


def _entry(old: str, new: str) -> Callable[[Values, Given], None]:
    def apply(values: Values, _given: Given) -> None:
        assert old in values["entry"]
        values["entry"] = values["entry"].replace(old, new)

    return apply


def _by_another_key(values: Values, _given: Given) -> None:
    """Whole in itself: another register of the same name, of this entry alone."""
    signer = SigningKey(values["key"].partition("+")[0], SEED)
    root = verifier.b64(verifier.tree([values["entry"].encode()]))
    text = f"{signer.name}\n1\n{root}\n"
    values["key"] = str(signer.verifier)
    values["proof"] = f"c2sp.org/tlog-proof@v1\nindex 0\n\n{text}\n{signer.line(text)}"


def _foreign_checkpoint(values: Values, given: Given) -> None:
    key = values["key"]
    _by_another_key(values, given)
    values["key"] = key


def _another_name(values: Values, _given: Given) -> None:
    values["key"] = str(VerifierKey("other.example", verifier.key_of(values["key"])[2]))


def _unsalted(values: Values, _given: Given) -> None:
    del values["salts"]["person"]


RECEIPTS: dict[str, tuple[Callable[[Values, Given], None], str, str]] = {
    "another company": (_set("fields.company.name", "示例仿冒"), "company fields", "company's"),
    "another code": (_set("fields.company.uscc", "91510000MA0000001F"), "company", "company's"),
    "another representative": (_set("fields.person.name", "李某某"), "person fields", "person's"),
    "another consent": (_set("fields.person.publish", "true"), "person fields", "person's"),
    "a field more": (_set("fields.person.office", ""), "person fields", "person's"),
    "another salt": (_set("salts.company", "00" * 32), "company fields", "company's"),
    "no salt": (_unsalted, "person salt", "person's"),
    "another's fields": (_from_next("fields"), "company fields", "company's"),
    "another time": (_entry("T02:", "T03:"), "root", "does not lead to the root"),
    "another number": (_entry('"number":3', '"number":4'), "root", "does not lead"),
    "another text": (_entry('"zh":"', '"zh":"00'), "root", "does not lead"),
    "a stronger voucher": (_entry('"open"', '"invited"'), "root", "does not lead"),
    "spaces": (_entry('"version":1', '"version": 1'), "not canonical", "not canonical"),
    "another kind": (_entry('"signed"', '"shown"'), "kind", "entry"),
    "another's proof": (_from_next("proof"), "root", "does not lead"),
    "another index": (
        _in_proof(lambda lines: [lines[0], "index 4", *lines[2:]]),
        "proof too long",
        "too long",
    ),
    "an index beyond": (
        _in_proof(lambda lines: [lines[0], "index 6", *lines[2:]]),
        "index",
        "none",
    ),
    "a hash less": (_in_proof(lambda lines: [*lines[:2], *lines[3:]]), "proof too short", "short"),
    "a hash more": (
        _in_proof(lambda lines: [*lines[:2], ZEROS, *lines[2:]]),
        "proof too long",
        "too long",
    ),
    "a hash changed": (_in_proof(lambda lines: [*lines[:2], ZEROS, *lines[3:]]), "root", "lead"),
    "hashes swapped": (
        _in_proof(lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]]),
        "root",
        "lead",
    ),
    "another size": (
        _in_proof(lambda lines: ["5" if line == "6" else line for line in lines]),
        "signature",
        "is wrong",
    ),
    "another root": (
        _in_proof(lambda lines: [*lines[:-4], ZEROS, *lines[-3:]]),
        "signature",
        "is wrong",
    ),
    "no signature": (_in_proof(lambda lines: [*lines[:-2], ""]), "unsigned", "not a signed note"),
    "a fork by another key": (_by_another_key, "other key", "none of those given"),
    "a checkpoint by another key": (_foreign_checkpoint, "unsigned", "known key"),
    "a key of another name": (_another_name, "unsigned", "known key"),
    "another version": (_set("version", 2), "version", "version"),
}


async def test_each_way_to_tamper_with_a_receipt_is_refused_for_its_reason(given: Given) -> None:
    assert len(RECEIPTS) >= 20
    known = [VerifierKey.parse(given.key)]
    for way, (change, theirs, ours) in RECEIPTS.items():
        values = deepcopy(given.receipts[2])
        assert verifier.check_receipt(json.dumps(values).encode(), given.key)
        change(values, given)
        content = json.dumps(values).encode()
        with pytest.raises(verifier.Refused) as refused:
            verifier.check_receipt(content, given.key)
        assert theirs in str(refused.value), way
        with pytest.raises(InvalidProof) as invalid:
            verified(parsed_receipt(content), known)
        assert ours in str(invalid.value), way


def _bundle(
    change: Callable[[list[bytes]], list[bytes]], *, tiles: bool = False
) -> Callable[[Log], None]:
    """With `tiles`, the hashes are made to agree with what was changed."""

    def apply(log: Log) -> None:
        [name] = [name for name in log if name.startswith("tile/entries/")]
        entries = change(verifier.unbundled(log[name]))
        log[name] = b"".join(len(entry).to_bytes(2) + entry for entry in entries)
        if tiles:
            leaves = [verifier.sha(b"\x00", entry) for entry in entries]
            log[name.replace("entries", "0")] = b"".join(leaves)

    return apply


def _tile(change: Callable[[bytes], bytes]) -> Callable[[Log], None]:
    def apply(log: Log) -> None:
        [name] = [name for name in log if name.startswith("tile/0/")]
        log[name] = change(log[name])

    return apply


def _note(change: Callable[[str], str]) -> Callable[[Log], None]:
    def apply(log: Log) -> None:
        log["checkpoint"] = change(log["checkpoint"].decode()).encode()

    return apply


def _forked(log: Log) -> None:
    """Everything agrees, by a key that is not the register's."""
    _bundle(lambda entries: [*entries[:-1], entries[-1].replace(b"hidden", b"shown")], tiles=True)(
        log
    )
    [name] = [name for name in log if name.startswith("tile/entries/")]
    origin, size, _ = log["checkpoint"].decode().split("\n", 2)
    root = verifier.b64(verifier.tree(verifier.unbundled(log[name])))
    text = f"{origin}\n{size}\n{root}\n"
    log["checkpoint"] = f"{text}\n{SigningKey(origin, SEED).line(text)}".encode()


def _size(note: str, size: int) -> str:
    lines = note.split("\n")
    return "\n".join([lines[0], str(size), *lines[2:]])


LOGS: dict[str, tuple[Callable[[Log], None], str]] = {
    "truncated": (_bundle(lambda entries: entries[:-1]), "bundle"),
    "cut off within an entry": (
        lambda log: log.update(
            {name: held[:-1] for name, held in log.items() if "entries" in name}
        ),
        "bundle",
    ),
    "an entry more": (_bundle(lambda entries: [*entries, entries[0]]), "bundle"),
    "reordered": (_bundle(lambda entries: [entries[1], entries[0], *entries[2:]]), "tile"),
    "reordered with its tiles": (
        _bundle(lambda entries: [entries[1], entries[0], *entries[2:]], tiles=True),
        "root",
    ),
    "an entry for another": (
        _bundle(lambda entries: [entries[1], *entries[1:]], tiles=True),
        "root",
    ),
    "what was hidden shown": (
        _bundle(lambda entries: [*entries[:-1], entries[-1].replace(b"hidden", b"shown")]),
        "tile",
    ),
    "a hash of a tile": (_tile(lambda held: bytes(32) + held[32:]), "tile"),
    "hashes of a tile swapped": (
        _tile(lambda held: held[32:64] + held[:32] + held[64:]),
        "tile",
    ),
    "a tile cut off": (_tile(lambda held: held[:-32]), "tile"),
    "a smaller size": (_note(lambda note: _size(note, COUNT)), "signature"),
    "an older root": (_note(lambda note: note.replace(note.split("\n")[2], ZEROS)), "signature"),
    "another origin": (_note(lambda note: note.replace("/i/", "/j/", 1)), "signature"),
    "no signature": (_note(lambda note: note.partition("\n\n")[0] + "\n\n"), "unsigned"),
    "a fork by another key": (_forked, "unsigned"),
}


async def test_each_way_to_tamper_with_the_register_is_refused_for_its_reason(
    given: Given,
) -> None:
    kinds = [entry["kind"] for entry in verifier.check_register(given.log.__getitem__, given.key)]
    assert kinds == ["signed"] * COUNT + ["hidden"]
    for way, (change, reason) in LOGS.items():
        log = dict(given.log)
        change(log)
        with pytest.raises(verifier.Refused) as refused:
            verifier.check_register(log.__getitem__, given.key)
        assert reason in str(refused.value), way


async def test_a_fork_by_the_register_itself_can_not_be_led_from_one_to_the_other(
    site: Site, delegate: Delegate, given: Given
) -> None:
    """Signed by the real key, its checkpoint is whole; no proof of growth fits it."""
    forked = verifier.sha(b"another tree of the same size")
    await _sign(delegate, 9)
    grown = (await site.client.get(f"/i/{SLUG}/register/growth/{COUNT + 1}")).text
    head, _, note = grown.partition("\n\n")
    size, root = verifier.checkpoint_of(note, given.key)
    path = [base64.b64decode(line) for line in head.splitlines()[1:]]
    verifier.check_growth(
        COUNT + 1, _checkpoint(json.dumps(given.receipts[0]).encode())[1], size, root, path
    )
    with pytest.raises(verifier.Refused):
        verifier.check_growth(COUNT + 1, forked, size, root, path)
