"""`pledge doctor`: what it finds, what it advises, and that it changes nothing."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.x509.oid import NameOID

from pledge.cli import main
from pledge.doctor import keys, machine
from pledge.doctor.diagnosing import diagnose
from pledge.doctor.findings import Finding, Level
from pledge.settings import read_settings
from pledge.store import examining
from tests import databases
from tests.databases import Engine
from tests.postgres import postgres
from tests.receiver import receiving
from tests.site import Site, open_site
from tests.web.test_notices import _added, _log_in

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SEED = "A" * 43 + "="
MAY_LOSE = examining.may_lose


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A site's folder, with keys in files, while it stands still."""
    folder = tmp_path / "data"
    async with open_site(folder, PLEDGE_SECRET_KEYS=""):
        pass
    folder.chmod(0o700)
    return folder


@pytest.fixture(autouse=True)
def acknowledged_is_kept(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' PostgreSQL is hasty, as `pledge doctor` would say: a power cut has it forget."""

    async def nothing(_connection: object, _url: str) -> str:
        return ""

    if engine is Engine.POSTGRESQL:
        monkeypatch.setattr(examining, "may_lose", nothing)


async def _diagnosed(data: Path, now: datetime = NOW, **environment: str) -> list[Finding]:
    settings = read_settings({**databases.environment(data), **environment})
    url = settings.database_url or databases.address(data)
    return await diagnose(settings, url, environment, now)


async def _found(
    data: Path, check: str, level: Level, now: datetime = NOW, **environment: str
) -> Finding:
    """The one finding that is no good, of a check."""
    [found] = [
        one
        for one in await _diagnosed(data, now, **environment)
        if one.check == check and one.level is not Level.OK
    ]
    assert found.level is level, found
    assert found.advice
    assert "\n" not in found.what + found.advice
    return found


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _let_others_read(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o055)


def _doctor(data: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    done = CliRunner(env={**databases.environment(data), **environment}).invoke(
        main, ["doctor", *words], catch_exceptions=False
    )
    return done.exit_code, done.stdout, done.stderr


async def test_a_site_that_is_well_has_no_fault_and_is_not_changed(data: Path) -> None:
    before = _files(data)
    found = await _diagnosed(data)
    assert [one for one in found if one.level is Level.FAULT] == []
    assert {one.check for one in found} >= {
        *("settings", "data folder", "disk", "schema", "database", "durability", "secret keys"),
        *("register keys", "clock", "base URL", "proxies", "fonts", "mail", "time stamps"),
        *("PDF certificate", "erasures", "notices", "open files"),
    }
    assert _files(data) == before


@pytest.mark.sqlite("its write-ahead log")
async def test_a_site_that_runs_is_looked_at_as_it_is_written(site: Site, tmp_path: Path) -> None:
    """What was signed last is in the write-ahead log alone."""
    data = tmp_path / "data"
    await site.sign_many(1, 3)
    before = {name: content for name, (_, content) in _files(data).items() if "-shm" not in name}
    assert before["pledge.db-wal"]
    early = site.clock.now - timedelta(days=3000)
    found = await _found(data, "clock", Level.FAULT, early, PLEDGE_SECRET_KEYS="k" * 16)
    assert "long past" in found.what
    later = {name: content for name, (_, content) in _files(data).items() if "-shm" not in name}
    assert later == before


@pytest.mark.sqlite("its write-ahead log")
async def test_a_site_that_runs_and_has_written_its_log_back_is_not_disturbed(
    site: Site, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    await site.sign_many(1, 3)
    databases.sql(data, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert _files(data)["pledge.db-wal"][1] == b""
    found = {one.check: one for one in await _diagnosed(data, PLEDGE_SECRET_KEYS="k" * 16)}
    assert found["database"].level is Level.OK
    await site.sign_many(4, 6)
    assert _files(data)["pledge.db-wal"][1]


@pytest.mark.sqlite("its write-ahead log")
async def test_a_log_without_its_index_is_left_to_the_site(site: Site, tmp_path: Path) -> None:
    data, left = tmp_path / "data", tmp_path / "left"
    await site.sign_many(1, 3)
    left.mkdir(0o700)
    for name in ("pledge.db", "pledge.db-wal"):
        (left / name).write_bytes((data / name).read_bytes())
    before = _files(left)
    found = await _found(left, "database", Level.WARNING, PLEDGE_SECRET_KEYS="k" * 16)
    assert "pledge serve" in found.advice
    assert _files(left) == before


@pytest.mark.sqlite("its file is not there yet")
def test_before_the_first_start_nothing_is_made(tmp_path: Path) -> None:
    code, shown, error = _doctor(tmp_path / "data")
    assert code == 1
    assert error == "Error: 4 faults: data folder, database, secret keys, register keys\n"
    assert "start `pledge serve` once" in shown
    assert not (tmp_path / "data").exists()


def test_warnings_alone_are_no_failure(data: Path) -> None:
    code, shown, error = _doctor(data)
    assert (code, error) == (0, "")
    assert "warning  base URL" in shown
    assert "→ set PLEDGE_BASE_URL before" in shown


def test_programs_get_the_same_as_json(data: Path) -> None:
    (data / "secret.key").chmod(0o644)
    code, shown, error = _doctor(data, "--json")
    assert (code, error) == (1, "Error: 1 fault: secret keys\n")
    found = {one["check"]: one for one in json.loads(shown)["findings"]}
    assert found["secret keys"]["level"] == "fault"
    assert found["secret keys"]["advice"] == f"chmod 600 {data / 'secret.key'}"
    assert found["database"]["level"] == "ok"


def test_a_setting_with_a_wrong_value_is_said_in_one_line(data: Path) -> None:
    code, _shown, error = _doctor(data, PLEDGE_SESSION_HOURS="many")
    assert code == 1
    assert error.startswith("Error: PLEDGE_SESSION_HOURS must be")
    assert error.count("\n") == 1


async def test_a_mistyped_setting_is_named(data: Path) -> None:
    found = await _found(data, "settings", Level.WARNING, PLEDGE_BASEURL="https://example.cn")
    assert "PLEDGE_BASEURL" in found.what


@pytest.mark.sqlite("its file is damaged")
async def test_a_damaged_database_is_a_fault(data: Path) -> None:
    whole = (data / "pledge.db").read_bytes()
    half = len(whole) // 2
    (data / "pledge.db").write_bytes(whole[:half] + b"\xff" * 8192 + whole[half + 8192 :])
    assert (await _found(data, "database", Level.FAULT)).what
    (data / "pledge.db").write_bytes(b"no database at all" * 1000)
    assert "can't be used" in (await _found(data, "database", Level.FAULT)).what


async def test_a_schema_of_another_time_is_told_and_not_touched(data: Path) -> None:
    databases.sql(data, "UPDATE alembic_version SET version_num = 'v9999'")
    await _found(data, "schema", Level.FAULT)
    databases.sql(data, "UPDATE alembic_version SET version_num = '0002'")
    before = _files(data)
    found = {one.check: one for one in await _diagnosed(data)}
    assert found["schema"].level is Level.WARNING
    assert "erasures" not in found
    assert _files(data) == before


@pytest.mark.sqlite("its write-ahead log")
async def test_a_database_without_its_log_may_lose_what_was_acknowledged(data: Path) -> None:
    databases.sql(data, "PRAGMA journal_mode = DELETE")
    await _found(data, "durability", Level.FAULT)


async def test_a_server_that_may_lose_what_was_acknowledged_is_a_fault(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "may_lose", MAY_LOSE)
    with postgres() as server:
        url = server.url()
        await databases.migrated(url)
        found = {one.check: one for one in await _diagnosed(data, PLEDGE_DATABASE_URL=url)}
        assert (found["database"].level, found["schema"].level) == (Level.OK, Level.OK)
        assert found["durability"].level is Level.OK
        for name in ("synchronous_commit", "full_page_writes", "fsync"):
            server.stop()
            server.configure(f"{name} = off")
            server.start()
            fault = await _found(data, "durability", Level.FAULT, PLEDGE_DATABASE_URL=url)
            assert f"{name} is off" in fault.what


async def test_a_database_that_does_not_answer_is_a_fault(data: Path) -> None:
    url = "postgresql://pledge:a-password@127.0.0.1:9/pledge"
    found = await _diagnosed(data, PLEDGE_DATABASE_URL=url)
    [database] = [one for one in found if one.check == "database"]
    assert database.level is Level.FAULT
    assert "a-password" not in str(found)


async def test_keys_must_be_there_and_be_nobody_elses(data: Path) -> None:
    for name, check in (("secret.key", "secret keys"), ("register.key", "register keys")):
        path = data / name
        content = path.read_text()
        path.chmod(0o640)
        assert "others" in (await _found(data, check, Level.FAULT)).what
        path.write_text("")
        path.chmod(0o600)
        assert "restore" in (await _found(data, check, Level.FAULT)).advice
        path.unlink()
        assert "not there" in (await _found(data, check, Level.FAULT)).what
        assert not path.exists()
        path.write_text(content)
        path.chmod(0o600)
    given = await _diagnosed(data, PLEDGE_REGISTER_KEYS=SEED, PLEDGE_SECRET_KEYS="s" * 20)
    assert SEED not in str(given)
    assert "s" * 20 not in str(given)


async def test_a_folder_that_others_may_look_into_is_a_warning(data: Path) -> None:
    _let_others_read(data)
    assert (await _found(data, "data folder", Level.WARNING)).advice == f"chmod 700 {data}"


async def test_a_full_disk_is_a_fault_before_it_is_full(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def left(megabytes: int, files: int) -> None:
        blocks = {"f_frsize": 1024**2, "f_blocks": 9000, "f_bfree": megabytes}
        found = SimpleNamespace(**blocks, f_bavail=megabytes, f_files=9000, f_favail=files)
        monkeypatch.setattr(os, "statvfs", lambda _path: found)

    left(megabytes=10, files=5000)
    assert "10 MB" in (await _found(data, "disk", Level.FAULT)).what
    left(megabytes=500, files=5000)
    assert "500 MB" in (await _found(data, "disk", Level.WARNING)).what
    left(megabytes=5000, files=9)
    assert "9 more files" in (await _found(data, "disk", Level.FAULT)).what


async def test_a_clock_behind_what_was_signed_is_a_fault(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as site:
        site.clock.now = NOW + timedelta(days=2)
        await site.sign_many(1, 1)
    environment = {"PLEDGE_SECRET_KEYS": "k" * 16}
    found = await _found(tmp_path / "data", "clock", Level.FAULT, NOW, **environment)
    assert "earlier than what was signed at 2026-11-26" in found.what


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://127.0.0.1:8000", "no phone can reach"),
        ("https://nowhere.invalid", "is not found"),
        ("http://192.0.2.7", "not encrypted"),
    ],
)
async def test_a_base_url_that_leads_phones_astray_is_told(
    data: Path, address: str, says: str
) -> None:
    found = await _found(data, "base URL", Level.WARNING, PLEDGE_BASE_URL=address)
    assert says in found.what


async def test_believing_everybody_is_told(data: Path) -> None:
    for trusted in ("*", "127.0.0.1, 0.0.0.0/0"):
        found = await _found(data, "proxies", Level.WARNING, PLEDGE_TRUSTED_PROXIES=trusted)
        assert "PLEDGE_TRUSTED_PROXIES" in found.advice
    await _found(data, "metrics", Level.WARNING, PLEDGE_METRICS_FROM="0.0.0.0/0")


async def test_a_mail_server_is_asked_whether_it_is_there(data: Path) -> None:
    sender = {"PLEDGE_MAIL_FROM": "pledge@example.org"}
    async with receiving() as server:
        there = f"smtp://user:a-password@127.0.0.1:{server.port}"
        found = await _diagnosed(data, PLEDGE_SMTP_URL=there, **sender)
        assert [one.level for one in found if one.check == "mail"] == [Level.OK]
        assert server.posted == []
    gone = await _found(data, "mail", Level.WARNING, PLEDGE_SMTP_URL=there, **sender)
    assert "a-password" not in gone.what


async def test_roots_of_stamps_that_can_not_be_read_are_a_fault(data: Path) -> None:
    asked = {"PLEDGE_TIMESTAMP_URLS": "http://stamps.example.cn/a-paid-key"}
    roots = str(data / "none.pem")
    found = await _found(data, "time stamps", Level.FAULT, PLEDGE_TIMESTAMP_ROOTS=roots, **asked)
    assert "a-paid-key" not in found.what


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """It ends ten days after NOW."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例机构")])
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=300))
        .not_valid_after(NOW + timedelta(days=10))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "seal.p12"
    path.touch(0o600)
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"", key, own, None, NoEncryption()))
    return path


async def test_a_certificate_is_told_before_it_ends(data: Path, certificate: Path) -> None:
    sealed = {"PLEDGE_PDF_CERTIFICATE": str(certificate)}
    found = await _found(data, "PDF certificate", Level.WARNING, **sealed)
    assert "2026-12-04" in found.what
    later = NOW + timedelta(days=11)
    await _found(data, "PDF certificate", Level.FAULT, later, **sealed)
    _let_others_read(certificate)
    assert "others" in (await _found(data, "PDF certificate", Level.FAULT, **sealed)).what
    certificate.unlink()  # noqa: ASYNC240 -- nothing else runs
    await _found(data, "PDF certificate", Level.FAULT, **sealed)


async def test_what_is_still_to_be_erased_is_told(data: Path) -> None:
    erased = f"{NOW - timedelta(minutes=5):%Y-%m-%d %H:%M:%S.%f}"
    databases.sql(
        data,
        "INSERT INTO erasure (initiative_id, numbers, erased_at, fault) "
        f"VALUES (1, '[1]', '{erased}', '')",
    )
    await _found(data, "erasures", Level.WARNING)
    await _found(data, "erasures", Level.FAULT, NOW + timedelta(hours=3))
    databases.sql(data, "UPDATE erasure SET fault = 'full'")
    await _found(data, "erasures", Level.FAULT)


async def test_missing_fonts_are_told(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "FONTS", tmp_path / "nothing")
    assert "0 of our 3 fonts" in (await _found(data, "fonts", Level.FAULT)).what


async def test_a_check_that_fails_itself_hides_no_other(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object) -> None:
        raise RuntimeError("with something secret in it")

    monkeypatch.setattr(keys, "secret_keys", fails)
    found = await _found(data, "secret keys", Level.FAULT)
    assert found.what == "it could not be checked (RuntimeError)"
    assert (await _diagnosed(data))[-1].check == "mail"


async def test_notices_and_stamps_that_fail_are_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with open_site(data, PLEDGE_PRIVATE_NOTICES="1") as site, receiving() as receiver:
        await _log_in(site)
        await _added(site, receiver.address)
    databases.sql(
        data,
        "UPDATE notice_target SET attempts = 2",
        "INSERT INTO register_stamp (initiative_id, authority, size, checkpoint, asked_at, fault, "
        "attempts) VALUES (1, 'https://stamps.example.cn/a-paid-key', 1, '', "
        "'2026-11-24 05:00:00.000000', 'silent', 3)",
    )
    environment = {"PLEDGE_SECRET_KEYS": "k" * 16}
    assert (await _found(data, "notices", Level.WARNING, **environment)).what.endswith(": 1")
    stamps = await _found(data, "time stamps", Level.WARNING, **environment)
    assert "in vain" in stamps.what
    assert "a-paid-key" not in stamps.what
