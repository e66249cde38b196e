"""`pledge verify`: what is in order is said to be, and whatever was changed is named by number."""

import asyncio
import io
import json
import random
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from pledge.checking import MOST_DIFFERENCES, Report, check
from pledge.cli import main
from pledge.domain.exports import Field
from pledge.domain.initiatives import Approval
from pledge.domain.rights import Actor
from pledge.domain.signatures import Person
from pledge.errors import PledgeError
from pledge.register.notes import SigningKey, VerifierKey
from pledge.register.trees import InvalidProof
from pledge.store import signatures
from tests.register import verifier
from tests.site import SLUG, Site, open_site

STAFF = Actor("staff@example.org")
COUNT = 9

Files = dict[str, bytes]


@dataclass(frozen=True)
class Made:
    """What a site has given out."""

    bundle: Files
    public: Files
    few: Files
    """Of one meeting, those that stand, without representatives."""
    receipt: bytes
    certificate: bytes
    key: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return asyncio.run(_made(tmp_path_factory.mktemp("site")))


async def _made(folder: Path) -> Made:
    """Numbers 1 and 2 stand, 3 is hidden, 4 withdrawn, 5 replaced by 8, 6 waits, 7 is elsewhere,
    8 stands, 9 was hidden and is shown again.
    """
    async with open_site(folder) as site:
        services = site.services
        initiative_id = await services.organizing.initiative_id(SLUG)
        delegate = await site.delegate(meeting="jinan")
        for number in range(1, 8):
            if number == 6:
                await services.moderating.set_approval(initiative_id, Approval.ALL, by=STAFF)
            if number == 7:
                await services.moderating.set_approval(initiative_id, Approval.NOTHING, by=STAFF)
                delegate = await site.delegate(meeting="dujiangyan")
            await delegate.sign(
                company=f"示例{number}有限公司",
                representative="张某某",
                title="'=职务",
                phone=f"1380000000{number}",
                publish="yes" if number % 2 else None,
            )
        await services.moderating.hide(initiative_id, 3, by=STAFF)
        await services.amending.withdraw(initiative_id, 4, by=STAFF, reason="企业要求")
        await services.amending.replace(
            initiative_id, 5, Person("李某某"), by=STAFF, reason="更换代表"
        )
        await delegate.sign(company="示例9有限公司")
        await services.moderating.hide(initiative_id, 9, by=STAFF)
        await services.moderating.restore(initiative_id, 9, by=STAFF)
        few = {"meeting": "jinan", "state": "standing", "column": ["number", "company", "uscc"]}
        return Made(
            _unpacked(await site.exported("bundle")),
            _unpacked(await site.exported("bundle", extent="public", language="en")),
            _unpacked(await site.exported("bundle", **few)),
            await _receipt_of(site, 2),
            await site.exported("pdf"),
            str(services.registering.verifiers(SLUG)[0]),
        )


async def _receipt_of(site: Site, number: int) -> bytes:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    async with site.services.registering._database.reading() as connection:
        found = await signatures.by_numbers(connection, initiative_id, [number])
    receipt = await site.services.registering.receipt(initiative_id, SLUG, found[number])
    assert receipt is not None
    return receipt.content


def _unpacked(content: bytes) -> Files:
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(files: Files, path: Path, *, sums: bool = True) -> Path:
    """As whoever tampers would: with sums and a manifest that agree with what was changed."""
    files = dict(files)
    if sums:
        manifest = json.loads(files["manifest.json"])
        for file in manifest["files"]:
            file["sha256"] = sha256(files.get(file["name"], b"")).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()
        del files["SHA256SUMS"]
        lines = (f"{sha256(held).hexdigest()}  {name}\n" for name, held in files.items())
        files["SHA256SUMS"] = "".join(lines).encode()
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    return path


def _checked(files: Files, folder: Path) -> Report:
    return check(_packed(files, folder / "bundle.zip"))


def _said(report: Report) -> str:
    return "\n".join(f"{name} {text}" for name, text in report.facts)


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, words)])


# Receipts


def test_a_receipt_says_what_it_proves(made: Made, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(made.receipt)
    done = _run(file)
    assert done.exit_code == 0, done.output
    for said in ("示例2有限公司", "张某某", SLUG, "jinan", "index 1 of", made.key, "compare it"):
        assert said in done.stdout
    assert "13800000002" not in done.stdout
    known = _run(file, "--key", made.key)
    assert known.exit_code == 0
    assert "compare it" not in known.stdout
    keys = tmp_path / "keys"
    keys.write_text(f"{SigningKey('other.example', bytes(32)).verifier}\n{made.key}\n")
    assert _run(file, "--key", keys).exit_code == 0


def test_a_receipt_needs_a_key_that_is_known(made: Made, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(made.receipt)
    name = made.key.partition("+")[0]
    done = _run(file, "--key", str(SigningKey(name, bytes(32)).verifier))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: {file}: the key that it names is none of those given; the register's page has "
        "those that have been retired\n"
    )
    assert _run(file, "--key", "rubbish").exit_code == 2


def test_a_receipt_without_the_person_is_in_order(made: Made, tmp_path: Path) -> None:
    values = json.loads(made.receipt)
    del values["fields"]["person"], values["salts"]["person"]
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(values))
    done = _run(file)
    assert done.exit_code == 0
    assert "the person's data was erased" in done.stdout


def test_a_changed_receipt_is_refused_in_one_line(made: Made, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(made.receipt.replace("示例2".encode(), "示例3".encode(), 1))
    done = _run(file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Error: {file}: the company's fields are not those that were signed\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a receipt"),
        (b"{}", "not a receipt"),
        (b"\xff\xfe", "not a receipt"),
        (b"[" * 500_000, "not a receipt"),
        (b"{" + b" " * (1 << 20) + b"}", "too large"),
        (b"%PDF-1.7", "receipt.json"),
        (b"\x89PNG\r\n", "receipt.json"),
        (b"PK\x03\x04", "damaged"),
    ],
)
def test_what_is_neither_receipt_nor_bundle_is_said_to_be_none(
    content: bytes, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    done = _run(file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_whatever_a_file_holds_it_is_refused_in_words(made: Made, tmp_path: Path) -> None:
    """Bytes changed anywhere: refused, or, where nothing is said, still in order."""
    chance = random.Random(7)
    file = tmp_path / "receipt.json"
    for _ in range(300):
        content = bytearray(made.receipt)
        place = chance.randrange(len(content))
        content[place] = chance.randrange(256)
        file.write_bytes(content)
        try:
            check(file)
        except InvalidProof:
            continue
        assert verifier.check_receipt(bytes(content))


def test_misuse_is_told_from_failure(made: Made, tmp_path: Path) -> None:
    assert _run().exit_code == 2
    missing = _run(tmp_path / "none.json")
    assert (missing.exit_code, len(missing.stderr.splitlines())) == (1, 1)
    folder = _run(tmp_path)
    assert folder.exit_code == 1
    assert "give the ZIP" in folder.stderr


# Bundles


def test_a_bundle_agrees_with_its_register(made: Made, tmp_path: Path) -> None:
    done = _run(_packed(made.bundle, tmp_path / "bundle.zip", sums=False), "--key", made.key)
    assert done.exit_code == 0, done.output
    for name in ("signatories.csv", "signatories.json", "signatories.xlsx"):
        assert name in done.stdout
    for column in ("company", "uscc", "representative", "phone", "state", "signed_at", "text"):
        assert column in done.stdout
    assert f"{COUNT} signatures" in done.stdout
    assert "erased" not in done.stdout


async def test_what_was_erased_is_no_difference_in_a_bundle(site: Site, tmp_path: Path) -> None:
    """Of what stands the person, of what has ended the company too."""
    delegate = await site.delegate()
    for number in range(1, 5):
        await delegate.sign(company=f"示例{number}有限公司")
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    for numbers, company in (((1,), False), ((2,), True)):
        await site.services.erasing.erase(
            initiative_id, numbers, company=company, by=STAFF, reason="本人申请"
        )
    files = _unpacked(await site.exported("bundle"))
    report = _checked(files, tmp_path)
    assert report.differences == []
    assert "representatives whose data was erased: numbers 1, 2" in _said(report)
    assert "companies whose data was erased: number" in _said(report)
    # But nobody can pass off as erased what stands.
    lines = [json.loads(line) for line in files["register/openings.jsonl"].splitlines()]
    del next(line for line in lines if line["number"] == 3)["company"]
    content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    forged = _checked({**files, "register/openings.jsonl": content}, tmp_path)
    said = "\n".join(forged.differences)
    assert "number 3: company in signatories.csv is opened by nothing" in said


def test_the_register_of_a_bundle_is_read_by_a_stranger(made: Made) -> None:
    """From its description alone."""
    entries = verifier.check_bundle(made.bundle, made.key)
    assert [entry["number"] for entry in entries if entry["kind"] == "signed"] == [
        *range(1, COUNT + 1)
    ]
    states = verifier.states(entries)
    assert (states[3], states[4], states[5]) == ("hidden", "withdrawn", "replaced")


def test_an_export_is_checked_for_what_it_holds(made: Made, tmp_path: Path) -> None:
    report = _checked(made.few, tmp_path)
    assert report.differences == []
    assert "meeting jinan" in _said(report)
    assert "representatives: this export does not open" in _said(report)
    assert "awaiting approval, as the export says: numbers 6" in _said(report)


def test_nothing_is_opened_that_the_chosen_columns_do_not_say(made: Made) -> None:
    lines = made.few["register/openings.jsonl"].splitlines()
    assert {part for line in lines for part in json.loads(line)} == {"number", "company"}
    assert b"13800000001" not in b"".join(made.few.values())


def test_a_public_export_opens_nothing(made: Made, tmp_path: Path) -> None:
    assert "register/openings.jsonl" not in made.public
    report = _checked(made.public, tmp_path)
    assert report.differences == []
    assert "companies: this export does not open" in _said(report)


def _replaced(name: str, *pairs: tuple[str, str]) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        text = files[name].decode()
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        files[name] = text.encode()

    return change


def _without(name: str, mark: str) -> Callable[[Files], None]:
    """A line less."""

    def change(files: Files) -> None:
        lines = files[name].decode().splitlines(keepends=True)
        left = [line for line in lines if mark not in line]
        assert len(left) == len(lines) - 1
        files[name] = "".join(left).encode()

    return change


def _cell(row: int, heading: str, value: object) -> Callable[[Files], None]:
    """In the workbook, as an office program would change it."""

    def change(files: Files) -> None:
        book = load_workbook(io.BytesIO(files["signatories.xlsx"]))
        sheet = book["签署企业"]
        column = [cell.value for cell in sheet[1]].index(heading) + 1
        sheet.cell(row + 1, column).value = value
        content = io.BytesIO()
        book.save(content)
        files["signatories.xlsx"] = content.getvalue()

    return change


def _said_last(number: int) -> Callable[[Files], None]:
    """The manifest says that the tables end with this number."""

    def change(files: Files) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["register"]["last"] = number
        files["manifest.json"] = json.dumps(manifest).encode()

    return change


def _row_less(files: Files) -> None:
    book = load_workbook(io.BytesIO(files["signatories.xlsx"]))
    book["签署企业"].delete_rows(3)
    content = io.BytesIO()
    book.save(content)
    files["signatories.xlsx"] = content.getvalue()


def _twice(files: Files) -> None:
    lines = files["signatories.csv"].splitlines(keepends=True)
    files["signatories.csv"] = b"".join([*lines[:3], lines[2], *lines[3:]])


def _entries(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Files], None]:
    def apply(files: Files) -> None:
        entries = change(verifier.unbundled(files["register/entries"]))
        files["register/entries"] = b"".join(
            struct.pack(">H", len(entry)) + entry for entry in entries
        )

    return apply


def _resigned(change: Callable[[Files], None]) -> Callable[[Files], None]:
    """Another register in the place of the real one, whole in itself, by another key."""

    def apply(files: Files) -> None:
        change(files)
        key = SigningKey(files["register/key"].decode().partition("+")[0], bytes(32))
        entries = verifier.unbundled(files["register/entries"])
        root = verifier.b64(verifier.tree(entries))
        text = f"{key.name}\n{len(entries)}\n{root}\n"
        files["register/checkpoint"] = f"{text}\n{key.line(text)}".encode()
        files["register/key"] = f"{key.verifier}\n".encode()

    return apply


def _longer_salt(files: Files) -> None:
    """By a zero, which makes no difference to HMAC."""
    lines = [json.loads(line) for line in files["register/openings.jsonl"].splitlines()]
    lines[0]["company"]["salt"] += "00"
    files["register/openings.jsonl"] = "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def _closed(files: Files) -> None:
    """As if all persons had been erased, while the tables still name them."""
    lines = [json.loads(line) for line in files["register/openings.jsonl"].splitlines()]
    for line in lines:
        del line["person"]
    files["register/openings.jsonl"] = "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def _company_gone(files: Files) -> None:
    """As if the company had been erased, which then would not stand."""
    lines = [json.loads(line) for line in files["register/openings.jsonl"].splitlines()]
    for line in lines:
        if line["number"] == 2:
            del line["company"]
    files["register/openings.jsonl"] = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    _replaced("signatories.csv", ("示例2有限公司", ""))(files)


TAMPERED: dict[str, tuple[Callable[[Files], None], str]] = {
    "a company in the CSV": (
        _replaced("signatories.csv", ("示例2有限公司", "示例仿冒有限公司")),
        "number 2: company in signatories.csv",
    ),
    "a company in the JSON": (
        _replaced("signatories.json", ("示例2有限公司", "示例仿冒有限公司")),
        "number 2: company in signatories.json",
    ),
    "a company in the workbook": (
        _cell(2, "企业名称", "示例仿冒有限公司"),
        "number 2: company in signatories.xlsx",
    ),
    "a representative": (
        _replaced("signatories.json", ('"representative": "张某某"', '"representative": "王某"')),
        "number 1: representative in signatories.json",
    ),
    "a title": (
        _replaced("signatories.csv", ("''=职务", "=职务")),
        "number 1: title in signatories.csv",
    ),
    "a telephone number": (
        _cell(3, "手机号", "13900000000"),
        "number 3: phone in signatories.xlsx",
    ),
    "a consent": (
        _replaced("signatories.json", ('"publish": false', '"publish": true')),
        "number 2: publish in signatories.json",
    ),
    "a code": (_cell(1, "统一社会信用代码", "91510000MA0000001F"), "number 1: uscc in"),
    "a time": (
        _replaced("signatories.csv", ("2023-08-10T10:00", "2023-08-10T11:00")),
        "number 1: signed_at in signatories.csv",
    ),
    "a meeting": (
        _replaced("signatories.json", ('"meeting": "四川·都江堰"', '"meeting": "山东·济南"')),
        "number 7: meeting in signatories.json",
    ),
    "a state": (
        _replaced("signatories.csv", ("已撤回", "有效")),
        "number 4: state in signatories.csv is standing, and in the register withdrawn",
    ),
    "what was hidden": (
        _cell(3, "状态", "有效"),
        "number 3: state in signatories.xlsx is standing",
    ),
    "how it was vouched for": (
        _replaced("signatories.json", ('"vouched": "open"', '"vouched": "invited"')),
        "number 1: vouched in signatories.json",
    ),
    "a text's hash": (_cell(1, "文本摘要", "ab" * 32), "number 1: text_sha256 in"),
    "a text's number": (_cell(1, "文本版本", 2), "number 1: text in signatories.xlsx"),
    "a number": (
        _replaced("signatories.json", ('"number": 9', '"number": 77')),
        "number 77: is in signatories.json and not in the register",
    ),
    "a row less in the CSV": (
        _without("signatories.csv", "示例2有限公司"),
        "number 2: is in the register and missing in signatories.csv",
    ),
    "a row less in the JSON": (
        _without("signatories.json", "示例2有限公司"),
        "number 2: is in the register and missing in signatories.json",
    ),
    "a row less in the workbook": (
        _row_less,
        "number 2: is in the register and missing in signatories.xlsx",
    ),
    "a row twice": (_twice, "number 2: is in signatories.csv twice"),
    "fields that were signed": (
        _replaced("register/openings.jsonl", ("示例2有限公司", "示例仿冒有限公司")),
        "number 2: the company's fields in register/openings.jsonl",
    ),
    "a salt of another length": (
        _longer_salt,
        "number 1: the company's fields in register/openings.jsonl",
    ),
    "no fields": (
        _without("register/openings.jsonl", '"number": 2,'),
        "number 2: company in signatories.csv is opened by nothing",
    ),
    "a company that stands and has no name": (
        _company_gone,
        "number 2: company in signatories.csv is opened by nothing",
    ),
    "a name that nothing opens": (
        _closed,
        "number 1: representative in signatories.csv is opened by nothing",
    ),
    "an entry's time": (
        _entries(
            lambda entries: [entries[0].replace(b"T02:", b"T03:"), *entries[1:]],
        ),
        "number 1: signed_at",
    ),
    "what no table tells of an entry": (
        _entries(
            lambda entries: [entries[0].replace(b'"ink":"', b'"ink":"x'), *entries[1:]],
        ),
        "register/entries are not those of the checkpoint",
    ),
    "a time in the workbook": (
        _cell(1, "签署时间", datetime(2023, 8, 10, 11, 0)),
        "number 1: signed_at in signatories.xlsx",
    ),
    "what was signed after the export had begun": (
        _said_last(2),
        "number 3: is in signatories.csv, and was signed after the export had begun",
    ),
    "the entries' order": (
        _entries(lambda entries: [entries[1], entries[0], *entries[2:]]),
        "number 2: entry 0 should be of the next number",
    ),
    "an entry less": (
        _entries(lambda entries: entries[:-1]),
        "holds 13 entries, and the checkpoint says 14",
    ),
    "entries of a fork": (
        _entries(lambda entries: [*entries[:-1], entries[-1].replace(b"shown", b"hidden")]),
        "number 9: entry 13 says hidden of what is hidden",
    ),
    "what was withdrawn, by another register": (
        _resigned(
            _entries(lambda entries: [e for e in entries if b'"withdrawn"' not in e]),
        ),
        "number 4: state in signatories.csv is withdrawn, and in the register standing",
    ),
    "a text": (
        lambda files: files.update(
            {name: held + b" " for name, held in files.items() if name.startswith("register/texts")}
        ),
        "is not the text that it signed",
    ),
}


@pytest.mark.parametrize("tampering", TAMPERED)
def test_what_was_changed_is_named(tampering: str, made: Made, tmp_path: Path) -> None:
    change, says = TAMPERED[tampering]
    files = dict(made.bundle)
    change(files)
    report = _checked(files, tmp_path)
    assert [difference for difference in report.differences if says in difference]
    done = _run(tmp_path / "bundle.zip")
    assert done.exit_code == 1
    assert says in done.stdout
    assert len(done.stderr.splitlines()) == 1


def test_another_register_is_not_the_one_that_is_known(made: Made, tmp_path: Path) -> None:
    files = dict(made.bundle)
    _resigned(lambda files: None)(files)
    path = _packed(files, tmp_path / "bundle.zip")
    assert check(path).differences == []
    with pytest.raises(InvalidProof, match="none of those given"):
        check(path, [VerifierKey.parse(made.key)])


def test_in_a_sifted_export_nothing_may_be_added(made: Made, tmp_path: Path) -> None:
    files = dict(made.few)
    files["signatories.csv"] += "4,示例4有限公司,\r\n7,示例7有限公司,\r\n".encode()
    said = "\n".join(_checked(files, tmp_path).differences)
    assert (
        "number 4: is in signatories.csv, and by the choice should not be: it is withdrawn" in said
    )
    assert "number 7: is in signatories.csv, and by the choice should not be" in said


def test_damage_is_named_without_the_register(made: Made, tmp_path: Path) -> None:
    files = dict(made.bundle)
    files["signatories.pdf"] += b" "
    files["more.txt"] = b"x"
    del files["invited.csv"]
    report = check(_packed(files, tmp_path / "bundle.zip", sums=False))
    assert report.differences == [
        "invited.csv is missing, and SHA256SUMS lists it",
        "signatories.pdf is not the file that was exported: its SHA-256 is another one",
        "more.txt is not listed in SHA256SUMS",
    ]


def test_many_differences_are_bounded(made: Made, tmp_path: Path) -> None:
    files = dict(made.bundle)
    more = "".join(f"{number}{',' * (len(Field) - 1)}\r\n" for number in range(1000, 3000))
    files["signatories.csv"] += more.encode()
    done = _run(_packed(files, tmp_path / "bundle.zip"))
    assert done.exit_code == 1
    assert f"and {2000 - MOST_DIFFERENCES} more" in done.stdout
    assert "2000 differences" in done.stderr


def _bomb(files: Files) -> None:
    files["signatories.csv"] = bytes(100_000_000)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_bomb, "would become too large"),
        (
            lambda files: files.update({"register/checkpoint": bytes(2**24 + 1)}),
            "register/checkpoint is too large",
        ),
        (
            lambda files: files.update({"register/openings.jsonl": b"0" * (2**18 + 1)}),
            "openings.jsonl holds a line that is too long",
        ),
        (lambda files: files.pop("register/checkpoint"), "holds no register"),
        (lambda files: files.pop("register/entries"), "register/entries is missing"),
        (lambda files: files.pop("register/openings.jsonl"), "openings.jsonl is missing"),
        (lambda files: files.update({"register/key": b"x"}), "verifier key"),
        (lambda files: files.update({"register/entries": b"\x00"}), "cut off"),
        (lambda files: files.update({"register/openings.jsonl": b"{}\n"}), "openings.jsonl can't"),
        (lambda files: files.update({"manifest.json": b"[]"}), "manifest.json can't be read"),
        (
            _replaced("register/checkpoint", ("\n14\n", "\n13\n")),
            "the signature of",
        ),
    ],
)
def test_what_can_not_be_checked_is_said(
    change: Callable[[Files], object], says: str, made: Made, tmp_path: Path
) -> None:
    files = dict(made.bundle)
    change(files)
    done = _run(_packed(files, tmp_path / "bundle.zip", sums=False))
    assert done.exit_code == 1
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_bundle_that_is_cut_off_is_refused(keep: float, made: Made, tmp_path: Path) -> None:
    path = _packed(made.bundle, tmp_path / "bundle.zip", sums=False)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    done = _run(path)
    assert done.exit_code == 1
    assert "damaged or cut off" in done.stderr


def test_a_bundle_without_its_beginning_is_called_damaged(made: Made, tmp_path: Path) -> None:
    path = _packed(made.bundle, tmp_path / "bundle.zip", sums=False)
    content = path.read_bytes()
    path.write_bytes(content[:2] + content[40:])
    done = _run(path)
    assert done.exit_code == 1
    assert "damaged" in done.stderr


def test_a_bundle_with_bytes_changed_anywhere_never_breaks_the_command(
    made: Made, tmp_path: Path
) -> None:
    chance = random.Random(11)
    path = _packed(made.bundle, tmp_path / "bundle.zip", sums=False)
    whole = path.read_bytes()
    for _ in range(100):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        with suppress(PledgeError):
            check(path)


@pytest.mark.parametrize(
    "name", ["manifest.json", "signatories.json", "register/openings.jsonl", "register/entries"]
)
def test_values_of_another_kind_never_break_the_command(
    name: str, made: Made, tmp_path: Path
) -> None:
    """Words, numbers and lists in each other's places."""
    chance = random.Random(5)
    content = made.bundle[name].decode("utf-8", "surrogateescape")
    spans = [found.span() for found in re.finditer(r'"[^"]*"(?!:)|\b\d+\b|\[\]', content)]
    for start, end in chance.sample(spans, 12):
        for other in ('"x"', "-1", "[[]]", "{}", "null", "true"):
            changed = content[:start] + other + content[end:]
            files = {**made.bundle, name: changed.encode("utf-8", "surrogateescape")}
            path = _packed(files, tmp_path / "bundle.zip", sums=False)
            with suppress(PledgeError):
                check(path)


def test_a_file_does_not_command_the_terminal(made: Made, tmp_path: Path) -> None:
    done = _run(_packed({**made.bundle, "\x1b[2J": b""}, tmp_path / "bundle.zip", sums=False))
    assert "\ufffd[2J is not listed" in done.stdout
    assert "\x1b" not in done.output


@pytest.mark.parametrize("name", ["signatories.csv", "signatories.json", "signatories.xlsx"])
@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\x03\x04", bytes(1000), b'{"items": ['])
def test_a_table_that_can_not_be_read_is_a_difference(
    name: str, content: bytes, made: Made, tmp_path: Path
) -> None:
    report = _checked({**made.bundle, name: content}, tmp_path)
    assert [difference for difference in report.differences if name in difference]


async def test_what_happens_during_an_export_does_not_break_it(site: Site, tmp_path: Path) -> None:
    """Each of the tables may tell it as it was before or after."""
    await site.sign_many(1, 3)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    exporting, amending = site.services.exporting, site.services.amending
    source = await exporting.source(initiative_id, {"format": ["bundle"]})
    done = 0

    def meanwhile(step: int, _of: int) -> None:
        nonlocal done
        if step and not done:
            done = step
            acts.append(asyncio.ensure_future(_change()))

    acts: list[asyncio.Future[None]] = []

    async def _change() -> None:
        await amending.withdraw(initiative_id, 2, by=STAFF, reason="企业要求")
        await site.sign_many(4, 5)

    path = tmp_path / "bundle.zip"
    await exporting.write(source, path, by=STAFF, progress=meanwhile)
    await asyncio.gather(*acts)
    report = check(path)
    assert report.differences == []
    size = int(_unpacked(path.read_bytes())["register/checkpoint"].split(b"\n")[1])
    assert size == 3 or "the register grew from 3" in _said(report)


async def test_what_was_erased_is_said_and_the_rest_agrees(site: Site, tmp_path: Path) -> None:
    await site.sign_many(1, 4)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    erasing = site.services.erasing
    await erasing.erase(initiative_id, [2], by=STAFF, reason="本人要求")
    await erasing.erase(initiative_id, [3], company=True, by=STAFF, reason="本人要求")
    report = _checked(_unpacked(await site.exported("bundle")), tmp_path)
    assert report.differences == []
    assert "representatives whose data was erased: numbers 2, 3" in _said(report)
    assert "companies whose data was erased: numbers 3" in _said(report)
    file = tmp_path / "receipt.json"
    file.write_bytes(await _receipt_of(site, 3))
    done = _run(file)
    assert done.exit_code == 0
    assert done.stdout.count("was erased") == 2
