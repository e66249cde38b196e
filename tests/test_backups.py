"""`pledge backup` and `pledge restore`, as an operator meets them; within this process."""

import gzip
import hashlib
import io
import json
import os
import resource
import sqlite3
import stat
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pledge.cli import main
from pledge.store.database import open_database, sqlite_url
from pledge.store.migrating import migrate, upgrade
from tests.invariants import check_invariants
from tests.site import SLUG, Site, open_site
from tests.store.test_migrating import LEFT_BY

SIGNED = 300
"""More than one tile of the register holds."""
PHRASE = "a passphrase of tests"
pytestmark = pytest.mark.sqlite("backups are of its file; PostgreSQL has its own means")

FILES = ("secret.key", "register.key", "address", "pledge.db")


def pledge(data: Path, *words: str | Path, stdin: str = "", **environment: str) -> Result:
    named = {"PLEDGE_DATA": str(data), "PLEDGE_SECRET_KEYS": "", **environment}
    return CliRunner().invoke(
        main, [str(word) for word in words], input=stdin, env=named, prog_name="pledge"
    )


def done(result: Result) -> str:
    assert (result.exit_code, result.exception) == (0, None), result.output
    return result.stdout


def refused(result: Result, says: str) -> None:
    """One clear line, and no stack."""
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert len(result.stderr.splitlines()) == 1
    assert says in result.stderr


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site that runs, in `data`, with its keys in files."""
    async with open_site(tmp_path / "data", PLEDGE_SECRET_KEYS="") as opened:
        await opened.sign_many(1, SIGNED)
        (tmp_path / "data" / "address").write_text("https://sign.example.cn\n")
        yield opened


@pytest.fixture
def data(site: Site, tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def made(data: Path, tmp_path: Path) -> Path:
    """A backup, not encrypted."""
    file = tmp_path / "made.backup"
    done(pledge(data, "backup", file))
    return file


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def is_empty(folder: Path) -> bool:
    return not folder.exists() or not any(folder.iterdir())


async def test_a_running_site_goes_on_elsewhere(site: Site, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    said = done(pledge(data, "backup", file))
    assert f"{SIGNED} signatures" in said
    assert f"register of {SLUG}: {SIGNED} entries, root " in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await site.sign_many(SIGNED + 1, SIGNED + 5)  # after it, and not in it

    elsewhere = tmp_path / "new" / "folder"
    restored = done(pledge(elsewhere, "restore", file))
    assert said.splitlines()[1:] == restored.splitlines()[1:]
    assert "site: https://sign.example.cn" in restored
    assert sorted(os.listdir(elsewhere)) == sorted(FILES)
    for name in FILES:
        assert stat.S_IMODE((elsewhere / name).stat().st_mode) == 0o600
        if name != "pledge.db":
            assert (elsewhere / name).read_bytes() == (data / name).read_bytes()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    check_invariants(elsewhere / "pledge.db")
    link = await site.link()
    async with open_site(elsewhere, PLEDGE_SECRET_KEYS="") as again:
        assert [item["number"] for item in await again.items()] == [*range(1, SIGNED + 1)]
        await again.sign_many(901, 903)
        assert (await again.client.get(link)).status_code == 404, "made after it"
        assert (await again.client.get(await again.link())).status_code == 200


async def test_links_that_were_printed_still_admit(site: Site, data: Path, tmp_path: Path) -> None:
    link = await site.link()
    file = tmp_path / "site.backup"
    done(pledge(data, "backup", file))
    done(pledge(tmp_path / "elsewhere", "restore", file))
    async with open_site(tmp_path / "elsewhere", PLEDGE_SECRET_KEYS="") as again:
        assert (await again.client.get(link)).status_code == 200


def test_it_is_a_tar_archive_that_says_what_is_in_it(made: Path) -> None:
    with tarfile.open(made, "r:gz") as archive:
        content = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    manifest = json.loads(content.pop("manifest.json"))
    assert manifest["signatures"] == SIGNED
    assert [one["name"] for one in manifest["files"]] == list(content) == list(FILES)
    for one in manifest["files"]:
        assert one["sha256"] == hashlib.sha256(content[one["name"]]).hexdigest()
        assert one["size"] == len(content[one["name"]])


def test_what_was_deleted_is_not_in_it(data: Path, tmp_path: Path, elsewhere: Path) -> None:
    marked = "张某某已删除" * 50
    with closing(sqlite3.connect(data / "pledge.db")) as database, database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE once (what TEXT)")
        database.execute("INSERT INTO once VALUES (?)", (marked,))
        database.commit()
        database.execute("DROP TABLE once")
    done(pledge(data, "backup", tmp_path / "b"))
    done(pledge(elsewhere, "restore", tmp_path / "b"))
    assert marked.encode() not in (elsewhere / "pledge.db").read_bytes()


@pytest.mark.parametrize("way", ["passphrase", "prompt", "key"])
def test_it_is_encrypted(data: Path, tmp_path: Path, elsewhere: Path, way: str) -> None:
    file, key = tmp_path / "sealed", tmp_path / "key"
    key.write_text("tests only, and 32 characters at least\n")
    options = {"passphrase": ["--passphrase-stdin"], "key": ["--key-file", str(key)], "prompt": []}
    encrypt = ["--encrypt"] if way == "prompt" else options[way]
    typed = f"{PHRASE}\n{PHRASE}\n"
    result = pledge(data, "backup", file, *encrypt, stdin=typed)
    assert "encrypted, verified" in done(result)
    assert PHRASE not in result.output
    content = file.read_bytes()
    assert content.startswith(b"pledge-sealed-1\n")
    assert b"manifest.json" not in content

    stdin = "another passphrase"
    wrong = tmp_path / "wrong"
    wrong.write_text("not this one, of 32 characters at least")
    other = ["--key-file", str(wrong)] if way == "key" else options[way]
    result = pledge(elsewhere, "restore", file, *other, stdin=stdin)
    assert result.exit_code == 1
    assert "is not opened by this" in result.stderr
    assert is_empty(elsewhere)
    done(pledge(elsewhere, "restore", file, *options[way], stdin=typed))
    check_invariants(elsewhere / "pledge.db")


def test_a_secret_of_the_wrong_kind_is_told(data: Path, tmp_path: Path, elsewhere: Path) -> None:
    key = tmp_path / "key"
    key.write_text("tests only, and 32 characters at least")
    phrase, keyed, open_ = (tmp_path / name for name in ("phrase", "keyed", "open"))
    done(pledge(data, "backup", phrase, "--passphrase-stdin", stdin=PHRASE))
    done(pledge(data, "backup", keyed, "--key-file", key))
    done(pledge(data, "backup", open_))
    refused(pledge(elsewhere, "restore", phrase, "--key-file", key), "passphrase")
    refused(pledge(elsewhere, "restore", keyed), "--key-file")
    refused(pledge(elsewhere, "restore", keyed, "--passphrase-stdin", stdin=PHRASE), "--key-file")
    refused(pledge(elsewhere, "restore", open_, "--key-file", key), "not encrypted")
    assert is_empty(elsewhere)


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "encrypted"])
def test_a_damaged_backup_is_refused(
    data: Path, tmp_path: Path, elsewhere: Path, sealed: bool
) -> None:
    key, file, damaged = tmp_path / "key", tmp_path / "b", tmp_path / "damaged"
    key.write_text("tests only, and 32 characters at least")
    options = ["--key-file", str(key)] if sealed else []
    done(pledge(data, "backup", file, *options))
    content = file.read_bytes()
    places = [*range(10, len(content), len(content) // 17), len(content) - 1, len(content) - 6]
    for place in places:
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        refused(pledge(elsewhere, "restore", damaged, *options), str(damaged))
        damaged.write_bytes(content[:place])
        refused(pledge(elsewhere, "restore", damaged, *options), str(damaged))
        assert is_empty(elsewhere)


def packed(files: dict[str, bytes], /, **manifest: Any) -> bytes:
    """A backup that says and holds whatever a test wants."""
    said = {
        "format": "pledge backup 1",
        "made_at": "2023-08-10T02:00:00+00:00",
        "version": "0.1.0",
        "site": "",
        "revision": "0005",
        "initiatives": 0,
        "signatures": 0,
        "registers": [],
        "files": [
            {"name": name, "size": len(held), "sha256": hashlib.sha256(held).hexdigest()}
            for name, held in files.items()
        ],
        **manifest,
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, held in {"manifest.json": json.dumps(said).encode(), **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(held)
            archive.addfile(member, io.BytesIO(held))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no backup"),
        (b"SQLite format 3\x00", "no backup"),
        (b"pledge-sealed-1\n", "damaged"),
        (b"pledge-sealed-2\n" * 9, "no backup"),
        (gzip.compress(b"something else", mtime=0), "no backup"),
        (gzip.compress(b"\0" * 20_000, mtime=0), "no backup"),
        (packed({"pledge.db": b"x"}, format="pledge backup 2"), "newer version"),
        (packed({"pledge.db": b"x"}, revision="9999"), "9999"),
        (packed({"pledge.db": b"x"}, files=7), "damaged"),
        (packed({"pledge.db": b"x"}, made_at="yesterday"), "damaged"),
        (packed({"pledge.db": b"SQLite format 3\x00"}), "can't be read"),
        (packed({"pledge.db": b""}), "can't be read"),
        (packed({"secret.key": b"x"}), "damaged"),
        (packed({"../outside": b"x", "pledge.db": b"x"}), "damaged"),
        (packed({"/etc/outside": b"x", "pledge.db": b"x"}), "damaged"),
    ],
)
def test_what_is_no_backup_is_refused(
    tmp_path: Path, elsewhere: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "foreign"
    file.write_bytes(content)
    refused(pledge(elsewhere, "restore", file, "--passphrase-stdin", stdin=PHRASE), "")
    refused(pledge(elsewhere, "restore", file), says)
    assert is_empty(elsewhere)
    assert not (tmp_path / "outside").exists()


def _changed(made: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> bytes:
    with tarfile.open(made, "r:gz") as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    manifest = json.loads(files.pop("manifest.json"))
    del manifest["files"]
    change(manifest, files)
    return packed(files, **manifest)


def test_a_backup_that_says_something_else_than_it_holds_is_refused(
    made: Path, tmp_path: Path, elsewhere: Path
) -> None:
    def unchanged(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        pass

    def more(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        manifest["signatures"] += 1

    def other_root(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        manifest["registers"][0]["root"] = "A" * 43 + "="

    def no_key(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        files["register.key"] = b"rubbish"

    def other_entry(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        file = tmp_path / "other.db"
        file.write_bytes(files["pledge.db"])
        _do(file, "UPDATE register_entry SET entry = x'7b7d' WHERE \"index\" = 17")
        files["pledge.db"] = file.read_bytes()

    file = tmp_path / "changed"
    for change in (more, other_root, no_key, other_entry):
        file.write_bytes(_changed(made, change))
        refused(pledge(elsewhere, "restore", file), str(file))
        assert is_empty(elsewhere)
    file.write_bytes(_changed(made, unchanged))
    done(pledge(elsewhere, "restore", file))


def _do(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE register_entry SET entry = x'7b7d' WHERE \"index\" = 3",
        f'DELETE FROM register_entry WHERE "index" = {SIGNED - 1}',
        'DELETE FROM register_entry WHERE "index" = 100',
        "UPDATE register_tile SET hashes = zeroblob(length(hashes)) WHERE level = 1",
        'DELETE FROM register_tile WHERE level = 0 AND "index" = 0',
        "INSERT INTO register_tile SELECT initiative_id, 2, 0, hashes FROM register_tile LIMIT 1",
        "UPDATE head SET registered = registered - 1",
        "UPDATE signature SET meeting_id = 999 WHERE number = 5",
    ],
)
def test_a_database_that_is_not_sound_is_told_and_the_last_backup_stays(
    made: Path, tmp_path: Path, elsewhere: Path, statement: str
) -> None:
    before = made.read_bytes()
    done(pledge(elsewhere, "restore", made))
    _do(elsewhere / "pledge.db", statement)
    result = pledge(elsewhere, "backup", made)
    refused(result, "register" if "signature" not in statement else "damaged")
    assert made.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["data", "elsewhere", "made.backup"]
    assert sorted(os.listdir(elsewhere)) == sorted(FILES)


def test_a_broken_file_of_a_database_is_told(made: Path, tmp_path: Path, elsewhere: Path) -> None:
    done(pledge(elsewhere, "restore", made))
    content = bytearray((elsewhere / "pledge.db").read_bytes())
    for start in range(8192, len(content), 8192):
        content[start : start + 64] = os.urandom(64)
    (elsewhere / "pledge.db").write_bytes(content)
    refused(pledge(elsewhere, "backup", tmp_path / "broken"), "")
    assert not (tmp_path / "broken").exists()


def test_what_is_there_is_not_overwritten_unless_it_is_said(
    made: Path, tmp_path: Path, elsewhere: Path
) -> None:
    done(pledge(elsewhere, "restore", made))
    _do(elsewhere / "pledge.db", "UPDATE signature SET title = 'mine'")
    (elsewhere / "address").write_text("http://mine\n")
    before = {name: (elsewhere / name).read_bytes() for name in FILES}
    refused(pledge(elsewhere, "restore", made), "--overwrite")
    damaged = tmp_path / "damaged"
    damaged.write_bytes(made.read_bytes()[:-9])
    refused(pledge(elsewhere, "restore", damaged, "--overwrite"), "damaged")
    assert {name: (elsewhere / name).read_bytes() for name in os.listdir(elsewhere)} == before

    said = done(pledge(elsewhere, "restore", made, "--overwrite"))
    kept = [Path(line.removeprefix("kept: ")) for line in said.splitlines() if "kept: " in line]
    assert {path.name.partition(".before-")[0]: path.read_bytes() for path in kept} == before
    with closing(sqlite3.connect(elsewhere / "pledge.db")) as database:
        assert database.execute(
            "SELECT count(*) FROM signature WHERE title = 'mine'"
        ).fetchone() == (0,)
    for name in FILES:
        lone = tmp_path / f"lone-{name}"
        lone.mkdir()
        (lone / name).write_text("x")
        refused(pledge(lone, "restore", made), str(lone / name))
        assert os.listdir(lone) == [name]
        done(pledge(lone, "restore", made, "--overwrite"))
        check_invariants(lone / "pledge.db")


@pytest.mark.parametrize("made_meanwhile", ["pledge.db", "secret.key", "register.key"])
def test_what_was_there_comes_back_if_something_fails_at_the_end(
    made: Path, elsewhere: Path, made_meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a site is started in the midst of it, and makes a file of its own."""
    done(pledge(elsewhere, "restore", made))
    (elsewhere / "address").write_text("http://mine\n")
    before = {name: (elsewhere / name).read_bytes() for name in FILES}
    real = os.link

    def link(source: Path, target: Path) -> None:
        if target.name == made_meanwhile:
            target.write_text("of another site")
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    refused(pledge(elsewhere, "restore", made, "--overwrite"), "made just now")
    assert {name: (elsewhere / name).read_bytes() for name in os.listdir(elsewhere)} == before


def test_a_site_that_runs_is_not_restored_over(made: Path, data: Path) -> None:
    before = (data / "register.key").read_bytes()
    refused(pledge(data, "restore", made, "--overwrite"), "in use")
    assert (data / "register.key").read_bytes() == before
    assert not list(data.glob("*before*"))


async def test_a_backup_of_an_older_version_is_brought_up_to_date_by_the_start(
    tmp_path: Path, elsewhere: Path
) -> None:
    """And making it changes nothing of the database: it is what one makes before an update."""
    data = tmp_path / "old"
    data.mkdir()
    database = open_database(sqlite_url(data / "pledge.db"))
    async with database.writing() as connection:
        await connection.run_sync(upgrade, "0001")
        for statement in LEFT_BY["0001"]:
            await connection.exec_driver_sql(statement)
    await database.close()
    assert "1 initiatives, 1 signatures" in done(pledge(data, "backup", tmp_path / "b"))
    with closing(sqlite3.connect(data / "pledge.db")) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    done(pledge(elsewhere, "restore", tmp_path / "b"))
    restored = open_database(sqlite_url(elsewhere / "pledge.db"))
    await migrate(restored)  # as each start does
    await restored.close()
    check_invariants(elsewhere / "pledge.db")


def test_a_database_of_a_newer_version_is_not_backed_up(
    made: Path, tmp_path: Path, elsewhere: Path
) -> None:
    done(pledge(elsewhere, "restore", made))
    _do(elsewhere / "pledge.db", "UPDATE alembic_version SET version_num = '9999'")
    refused(pledge(elsewhere, "backup", tmp_path / "new"), "newer version")


def test_nothing_but_a_backup_is_replaced(data: Path, tmp_path: Path, elsewhere: Path) -> None:
    file = tmp_path / "letter"
    file.write_text("a letter")
    refused(pledge(data, "backup", file), "no backup")
    refused(pledge(data, "backup", data / "pledge.db"), "no backup")
    refused(pledge(data, "backup", tmp_path), "folder")
    refused(pledge(data, "backup", tmp_path / "no" / "such"), "folder")
    assert file.read_text() == "a letter"
    for _twice in range(2):
        done(pledge(data, "backup", tmp_path / "again"))
    done(pledge(elsewhere, "restore", tmp_path / "again"))


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file may grow beyond this many bytes: writing fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_nothing_behind(made: Path, tmp_path: Path, elsewhere: Path) -> None:
    done(pledge(elsewhere, "restore", made))
    backup, database = made.read_bytes(), (elsewhere / "pledge.db").read_bytes()
    for room in (len(backup) // 2, len(database) // 2):
        with full_disk(room):
            result = pledge(elsewhere, "backup", made)
            other = pledge(tmp_path / "third", "restore", made)
        for one in (result, other):
            refused(one, "")
        assert made.read_bytes() == backup
        assert sorted(os.listdir(elsewhere)) == sorted(FILES)
        assert is_empty(tmp_path / "third")
    assert sorted(os.listdir(tmp_path)) == ["data", "elsewhere", "made.backup", "third"]


def test_what_a_killed_process_left_goes_with_the_next_backup(data: Path, tmp_path: Path) -> None:
    left = data / ".draft-left"
    left.mkdir()
    (left / "pledge.db").write_text("somebody's data")
    done(pledge(data, "backup", tmp_path / "b"))
    assert not list(data.glob(".draft-*"))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("backup",), 2, "FILE"),
        (("backup", "b", "--encrypt", "--passphrase-stdin"), 2, "--encrypt"),
        (("backup", "b", "--key-file", "no-such"), 2, "no-such"),
        (("backup", "b"), 1, "there is no database"),
        (("restore", "no-such"), 2, "no-such"),
    ],
)
def test_mistakes_are_told(elsewhere: Path, words: tuple[str, ...], code: int, says: str) -> None:
    result = pledge(elsewhere, *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr
    assert is_empty(elsewhere)


def test_weak_secrets_are_refused(data: Path, tmp_path: Path) -> None:
    file, key = tmp_path / "b", tmp_path / "key"
    refused(pledge(data, "backup", file, "--passphrase-stdin", stdin="short"), "12 characters")
    refused(pledge(data, "backup", file, "--passphrase-stdin"), "12 characters")
    key.write_text("short")
    refused(pledge(data, "backup", file, "--key-file", key), "32")
    assert not file.exists()


def test_postgresql_is_backed_up_by_its_own_means(tmp_path: Path, made: Path) -> None:
    url = "postgresql://pledge:hidden@localhost/pledge"
    for words in (("backup", tmp_path / "b"), ("restore", made)):
        result = pledge(tmp_path / "x", *words, PLEDGE_DATABASE_URL=url)
        refused(result, "pg_basebackup")
        assert "hidden" not in result.stderr


def test_keys_of_the_environment_are_said_to_be_missing(data: Path, tmp_path: Path) -> None:
    result = pledge(data, "backup", tmp_path / "b", PLEDGE_SECRET_KEYS="a key for tests alone")
    assert "PLEDGE_SECRET_KEYS" in result.stderr
    assert "a key for tests alone" not in result.output
