"""`pledge register`, as an operator meets it; within this process, which takes no second each."""

import base64
import os
import stat
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pledge.cli import main
from tests import databases
from tests.databases import Engine
from tests.register import verifier
from tests.site import SAMPLE, SLUG


def pledge(data: Path, *words: str, stdin: str = "", **environment: str) -> Result:
    named = {**databases.environment(data), **environment}
    try:
        return CliRunner().invoke(main, words, input=stdin, env=named, prog_name="pledge")
    finally:
        structlog.reset_defaults()  # the log would go on to an output that is closed


SEED = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert pledge(folder, "initiative", "import", str(SAMPLE)).exit_code == 0
    return folder


def _keys(data: Path, *words: str, **environment: str) -> list[str]:
    done = pledge(data, "register", "key", *words, **environment)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_a_key_is_made_at_the_first_start_for_its_owner_alone(data: Path) -> None:
    file = data / "register.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(base64.b64decode(file.read_text())) == 32
    [key] = _keys(data, SLUG, PLEDGE_BASE_URL="https://sign.example.cn")
    assert verifier.key_of(key)[0] == f"sign.example.cn/i/{SLUG}/register"
    assert _keys(data) == _keys(data, SLUG), "the only initiative need not be named"


def test_the_checkpoint_is_printed_as_it_is_served(data: Path) -> None:
    done = pledge(data, "register", "checkpoint", SLUG)
    assert done.exit_code == 0
    [key] = _keys(data)
    assert verifier.checkpoint_of(done.stdout, key)[0] == 0


def test_keys_are_replaced_with_overlap(data: Path) -> None:
    [old] = _keys(data)
    assert pledge(data, "register", "new-key").stdout.startswith("a new key signs first now; 1 ")
    new, second = _keys(data)
    assert second == old != new
    note = pledge(data, "register", "checkpoint", SLUG).stdout
    for key in (old, new):
        assert verifier.checkpoint_of(note, key)[0] == 0
    file = data / "register.key"
    private = file.read_text().split()[1]
    assert pledge(data, "register", "retire-keys").stdout.endswith("; 1 retired\n")
    assert _keys(data) == [new]
    assert _keys(data, "--all") == [new, old]
    assert private not in file.read_text(), "a retired key can't sign any more"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    note = pledge(data, "register", "checkpoint", SLUG).stdout
    with pytest.raises(verifier.Refused):
        verifier.checkpoint_of(note, old)


@pytest.mark.parametrize("form", ["seed", "pem", "stdin"])
def test_keys_are_imported(data: Path, tmp_path: Path, form: str) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = tmp_path / "imported"
    file.write_text(pem if form == "pem" else SEED)
    name = "-" if form == "stdin" else str(file)
    done = pledge(data, "register", "new-key", "--import", name, stdin=SEED)
    assert done.exit_code == 0, done.stderr
    assert SEED not in done.stdout
    first = _keys(data)[0]
    assert verifier.key_of(first)[2] == private.public_key().public_bytes_raw()
    again = pledge(data, "register", "new-key", "--import", name, stdin=SEED)
    assert (again.exit_code, len(_keys(data))) == (0, 2), "the same one is there once"


def test_several_nodes_take_their_keys_from_the_environment(data: Path, tmp_path: Path) -> None:
    """What the file holds, with commas, is what the setting takes."""
    pledge(data, "register", "new-key")
    pledge(data, "register", "retire-keys")
    pledge(data, "register", "new-key")
    file = data / "register.key"
    keys = ",".join(file.read_text().splitlines())
    there = _keys(data, "--all")
    file.unlink()
    assert _keys(data, "--all", PLEDGE_REGISTER_KEYS=keys) == there
    assert len(there) == 3
    for command in ("new-key", "retire-keys"):
        refused = pledge(data, "register", command, PLEDGE_REGISTER_KEYS=keys)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "PLEDGE_REGISTER_KEYS" in refused.stderr
    assert not file.exists()


@pytest.mark.parametrize(
    ("words", "stdin", "code", "says"),
    [
        (("key", "nothing"), "", 1, "nothing"),
        (("key", f"{SLUG}~jinan"), "", 1, "rehearsal"),
        (("checkpoint", "nothing"), "", 1, "nothing"),
        (("checkpoint",), "", 2, "SLUG"),
        (("new-key", "--import", "-"), "rubbish", 1, "base 64"),
        (("new-key", "--import", "-"), SEED[4:], 1, "base 64"),
        (("new-key", "--import", "-"), "-----BEGIN PRIVATE KEY-----", 1, "Ed25519"),
        (("new-key", "--import", "no/such/file"), "", 2, "no/such/file"),
    ],
)
def test_mistakes_get_one_clear_line(
    data: Path, words: tuple[str, ...], stdin: str, code: int, says: str
) -> None:
    before = (data / "register.key").read_bytes()
    done = pledge(data, "register", *words, stdin=stdin)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr
    if code == 1:
        assert len(done.stderr.splitlines()) == 1
    if stdin:
        assert stdin not in done.stderr, "a key is never repeated"
    assert (data / "register.key").read_bytes() == before


def test_a_lost_key_is_not_replaced_in_silence(data: Path) -> None:
    os.remove(data / "register.key")
    for command in ("new-key", "retire-keys"):
        done = pledge(data, "register", command)
        assert done.exit_code == 1
        assert "backup" in done.stderr
    assert not (data / "register.key").exists()
    done = pledge(data, "register", "key")
    if databases.engine() is Engine.POSTGRESQL:
        # Other nodes may have it: there it is never replaced unless it is said.
        assert (done.exit_code, (data / "register.key").exists()) == (1, False)
        assert "PLEDGE_REGISTER_KEYS" in done.stderr
        assert "Note" not in done.stderr
    else:
        assert "a new register.key" in done.stderr
        assert "restore" in done.stderr
        assert "Note" not in pledge(data, "register", "key").stderr


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"PLEDGE_TIMESTAMP_URLS": "stamps.example.cn"}, "PLEDGE_TIMESTAMP_URLS"),
        ({"PLEDGE_TIMESTAMP_URLS": "http://stamps.example.cn/"}, "PLEDGE_TIMESTAMP_ROOTS"),
        (
            {
                "PLEDGE_TIMESTAMP_URLS": "http://stamps.example.cn/",
                "PLEDGE_TIMESTAMP_ROOTS": "/no/such/file",
            },
            "/no/such/file",
        ),
        (
            {
                "PLEDGE_TIMESTAMP_URLS": "http://stamps.example.cn/",
                "PLEDGE_TIMESTAMP_ROOTS": str(SAMPLE),
            },
            "PLEDGE_TIMESTAMP_ROOTS",
        ),
        ({"PLEDGE_TIMESTAMP_ROOTS": str(SAMPLE)}, "PLEDGE_TIMESTAMP_URLS"),
        ({"PLEDGE_PDF_PASSPHRASE": SEED}, "PLEDGE_PDF_CERTIFICATE"),
        ({"PLEDGE_TIMESTAMP_MINUTES": "0"}, "PLEDGE_TIMESTAMP_MINUTES"),
        ({"PLEDGE_REGISTER_KEYS": "short"}, "PLEDGE_REGISTER_KEYS"),
        ({"PLEDGE_REGISTER_KEYS": f"retired {SEED}"}, "PLEDGE_REGISTER_KEYS"),
    ],
)
def test_wrong_settings_are_named(data: Path, environment: dict[str, str], says: str) -> None:
    done = pledge(data, "register", "key", **environment)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert SEED not in done.stderr
