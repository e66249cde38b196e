"""The command `pledge`, as an operator meets it."""

import csv
import json
import os
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import inspect, select

from pledge.cli import main
from pledge.store.schema import signing_link
from tests import databases
from tests.site import SAMPLE, SLUG

PLEDGE = Path(sys.executable).with_name("pledge")


def pledge(
    data: Path, *words: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PLEDGE, *words],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, **databases.environment(data), **environment},
    )


def told(data: Path, *words: str, stdin: str = "", **environment: str) -> Result:
    """What the command says and how it ends, without the second that a process takes to start."""
    logging = structlog.get_config()
    try:
        return CliRunner(env={**databases.environment(data), **environment}).invoke(
            main, words, input=stdin, catch_exceptions=False
        )
    finally:
        structlog.configure(**logging)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder into which the sample initiative has been imported, for copies to be made."""
    folder = tmp_path_factory.mktemp("imported") / "data"
    done = pledge(folder, "initiative", "import", str(SAMPLE))
    assert (done.returncode, done.stdout) == (0, f"{SLUG}: created\n"), done.stderr
    return folder


@pytest.fixture
def data(imported: Path, tmp_path: Path) -> Path:
    """A data folder with the sample initiative."""
    return databases.copy(imported, tmp_path / "data")


def test_importing_twice_changes_nothing(data: Path) -> None:
    assert pledge(data, "initiative", "import", str(SAMPLE)).stdout == f"{SLUG}: unchanged\n"


def test_link_prints_one_address_and_nothing_else(data: Path) -> None:
    done = pledge(data, "link", SLUG, "--kind", "poster", PLEDGE_BASE_URL="https://sign.example.cn")
    assert done.returncode == 0
    assert done.stderr == ""
    [address] = done.stdout.splitlines()
    assert address.startswith("https://sign.example.cn/s/")


def test_a_roster_is_imported_whole_or_not_at_all(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_bytes("企业名称,手机\n示例一公司,\n示例二公司,2023-08-10\n".encode("gb18030"))
    refused = pledge(data, "roster", "import", SLUG, str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "row 3: phone" in refused.stderr
    done = pledge(data, "roster", "import", SLUG, str(file), "--skip")
    assert (done.returncode, done.stdout) == (0, "1 added, 0 changed, 1 left out\n")
    again = pledge(data, "roster", "import", SLUG, str(file), "--skip")
    assert again.stdout == "0 added, 0 changed, 1 left out\n"


def test_links_differ_and_name_their_meeting_and_company(data: Path) -> None:
    words = ("link", SLUG, "--kind", "invitation", "--company", "示例公司", "--meeting", "jinan")
    assert pledge(data, *words).stdout != pledge(data, *words).stdout


def test_links_take_a_name_and_limits(data: Path) -> None:
    limits = (
        "--name",
        "入口",
        "--most",
        "5",
        "--from",
        "2026-08-10 09:00",
        "--until",
        "2026-08-11",
    )
    made = pledge(data, "link", SLUG, "--kind", "poster", *limits)
    assert made.returncode == 0, made.stderr
    columns = signing_link.c
    query = select(columns.name, columns.most, columns.admits_from, columns.expires_at)
    found = databases.using(
        databases.address(data),
        lambda asked: asked.execute(query.order_by(columns.id.desc())).first(),
    )
    day = datetime(2026, 8, 10, tzinfo=UTC)  # nine in the morning, and midnight after it, there
    assert found == ("入口", 5, day.replace(hour=1), day.replace(hour=16))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("link", SLUG, "--kind", "poster", "--meeting", "x"), 1, "jinan"),
        (("link", "nothing", "--kind", "poster"), 1, "nothing"),
        (("link", SLUG, "--kind", "banner"), 2, "--kind"),
        (("link", SLUG, "--kind", "invitation"), 2, "--company"),
        (("link", SLUG, "--kind", "poster", "--company", "示例公司"), 2, "--company"),
        (("link", SLUG, "--kind", "invitation", "--company", "示"), 2, "--company"),
        (("link", SLUG, "--kind", "poster", "--most", "0"), 2, "--most"),
        (("link", SLUG, "--kind", "poster", "--from", "tomorrow"), 2, "--from"),
        (("link", SLUG, "--kind", "poster", "--name", "x" * 61), 2, "--name"),
        (
            ("link", SLUG, "--kind", "poster", "--from", "2026-08-10", "--until", "2026-08-09"),
            2,
            "--until",
        ),
        (
            ("link", SLUG, "--kind", "invitation", "--company", "示例公司", "--most", "2"),
            2,
            "--most",
        ),
        (("export", "nothing", "--format", "csv", "-o", "-"), 1, "nothing"),
        (("export", SLUG, "--format", "doc", "-o", "-"), 2, "--format"),
        (("export", SLUG, "--format", "csv", "-o", "/no/such/folder/x.csv"), 1, "/x.csv"),
        (("export", SLUG, "--format", "csv", "-o", "/"), 1, "name a file"),
        (("initiative", "import", "missing.md"), 1, "missing.md"),
        (("nothing",), 2, "nothing"),
        (("organizer", "add", "nobody", "--password-stdin"), 1, "e-mail"),
        (("organizer", "add", "a@example.org", "--role", "emperor"), 2, "--role"),
        (("organizer", "reset", "nobody@example.org"), 1, "nobody@example.org"),
        (("organizer", "reset"), 2, "EMAIL"),
    ],
)
def test_mistakes_get_one_clear_line(
    data: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    done = told(data, *words, stdin="a long enough password\n")
    assert done.exit_code == code
    assert says in done.stderr
    assert done.stdout == ""
    if code == 1:
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLEDGE_BASE_URL", "sign.example.cn"),
        ("PLEDGE_BASE_URL", "https://example.cn/path"),
        ("PLEDGE_SECRET_KEYS", "short"),
        ("PLEDGE_LINK_LIMIT", "many"),
        ("PLEDGE_SESSION_HOURS", "0"),
        ("PLEDGE_SMTP_URL", "mail.example.cn"),
        ("PLEDGE_SMTP_URL", "https://mail.example.cn"),
        ("PLEDGE_SMTP_URL", "smtp://mail.example.cn:99999"),
        ("PLEDGE_SMTP_URL", "smtp://mail.example.cn"),
        ("PLEDGE_MAIL_FROM", "somebody"),
        ("PLEDGE_LOG_FORMAT", "xml"),
        ("PLEDGE_DATABASE_URL", "mysql://localhost/x"),
        ("PLEDGE_DATABASE_URL", "rubbish"),
    ],
)
def test_a_wrong_setting_is_named(data: Path, name: str, value: str) -> None:
    done = told(data, "link", SLUG, "--kind", "poster", **{name: value})
    assert done.exit_code == 1
    assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_database_that_does_not_answer_is_said_in_one_line(data: Path) -> None:
    url = "postgresql://pledge:a-password@127.0.0.1:9/pledge"
    done = told(data, "link", SLUG, "--kind", "poster", PLEDGE_DATABASE_URL=url)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: the database can't be used: ")
    assert done.stderr.count("\n") == 1
    assert "a-password" not in done.stderr


@pytest.mark.sqlite("its database is a file in the folder")
def test_commands_that_read_make_no_folder(tmp_path: Path) -> None:
    done = pledge(tmp_path / "none", "export", SLUG, "--format", "csv", "-o", "-")
    assert done.returncode == 1
    assert "PLEDGE_DATA" in done.stderr
    assert not (tmp_path / "none").exists()


def test_organizers_are_added_listed_and_reset(data: Path) -> None:
    def add(email: str, *words: str) -> int:
        typed = "a long enough password\n"
        return pledge(
            data, "organizer", "add", email, "--password-stdin", *words, stdin=typed
        ).returncode

    assert add("owner@example.org") == 0
    assert add("help@example.org", "--role", "staff", "--initiative", SLUG) == 0
    assert add("owner@example.org", "--role", "viewer", "--initiative", SLUG) == 1
    listed = pledge(data, "organizer", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert [line.split("\t") for line in listed.stdout.splitlines()] == [
        ["email", "roles", "second factor", "last seen"],
        ["help@example.org", f"{SLUG}:staff", "off", "-"],
        ["owner@example.org", f"{SLUG}:owner", "off", "-"],
    ]
    done = pledge(
        data, "organizer", "reset", "help@example.org", PLEDGE_BASE_URL="https://sign.example.cn"
    )
    assert (done.returncode, done.stderr) == (0, "")
    [link] = done.stdout.splitlines()
    assert link.startswith("https://sign.example.cn/organizer/reset/")


def test_exports_are_whole_files(data: Path, tmp_path: Path) -> None:
    table, tree = tmp_path / "out.csv", tmp_path / "out.json"
    assert pledge(data, "export", SLUG, "--format", "csv", "-o", str(table)).returncode == 0
    assert pledge(data, "export", SLUG, "--format", "json", "-o", str(tree)).returncode == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert next(iter(csv.reader(file)))[:2] == ["序号", "企业名称"]
    assert json.loads(tree.read_text(encoding="utf-8"))["items"] == []
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    english = pledge(data, "export", SLUG, "--format", "csv", "-o", "-", "--language", "en")
    assert "Company" in english.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out.csv", "out.json"]


def test_the_key_is_for_its_owner_alone(data: Path) -> None:
    assert stat.S_IMODE((data / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_port_in_use_is_said_before_anything_else(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = pledge(tmp_path / "data", "serve", "--port", port)
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_erasing_asks_first_and_says_what_it_has_done(data: Path) -> None:
    words = ("erase", SLUG, "1", "2", "--reason", "本人申请")
    refused = pledge(data, *words, "--yes")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Error: nothing was erased: there is no No. 1\n"
    assert databases.sql(data, "SELECT count(*) FROM erasure") == [(0,)]
    assert pledge(data, "erase", SLUG, "--reason", "本人申请").returncode == 2
    assert pledge(data, "erase", SLUG, "0", "--reason", "本人申请").returncode == 2
    assert pledge(data, "erase", SLUG, "1").returncode == 2
    assert pledge(data, "erase", SLUG, "1", "--reason", " ", "--yes").returncode == 2
    asked = pledge(data, *words, stdin="n\n")
    assert asked.returncode == 1
    assert "for good?" in asked.stderr
    assert pledge(data, "erase", "nothing", "1", "--reason", "x", "--yes").returncode == 1


@pytest.mark.parametrize(
    "words",
    [
        ("export", SLUG, "--format", "csv", "-o", "-"),
        ("register", "key", SLUG),
        ("organizer", "list"),
        ("link", SLUG, "--kind", "poster"),
    ],
)
def test_where_no_site_is_a_command_that_reads_leaves_none(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Neither a folder with new keys, nor tables in a database that may be another's."""
    nowhere = tmp_path / "nowhere"
    url = databases.address(nowhere, empty=True)
    missing = told(nowhere, *words)
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1)
    assert f"there is no data in {nowhere} yet: start `pledge serve` once" in missing.stderr
    assert not nowhere.exists()
    nowhere.mkdir()
    if databases.engine() is databases.Engine.POSTGRESQL:
        empty = told(nowhere, *words)
        assert (empty.exit_code, empty.stderr.count("\n")) == (1, 1)
        assert "the database holds nothing yet: start `pledge serve` once" in empty.stderr
        assert list(nowhere.iterdir()) == []
        assert databases.using(url, lambda connection: inspect(connection).get_table_names()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("link", SLUG, "--kind", "poster", "--name", "a\udcff\udced\udca0\udc80"),
        ("organizer", "add", "\udcff@example.org"),
        ("export", "\udcff", "--format", "csv", "-o", "-"),
    ],
)
def test_words_that_are_no_text_are_refused(data: Path, words: tuple[str, ...]) -> None:
    refused = pledge(data, *words)
    assert refused.returncode == 2
    assert "is not in UTF-8: see LANG" in refused.stderr
    assert "Traceback" not in refused.stderr
