"""Backup files: a tar archive under gzip, encrypted or not (`encryption`), read and written once.

`manifest.json` comes first and says what follows, with sizes and SHA-256s, and what the database
holds: its schema's revision, counts, and the size and root of each register. Without encryption
`tar xzf` opens it.
"""

import gzip
import io
import json
import tarfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, cast

from pledge.encryption import MAGIC, Decrypting, Encrypting, Kind, NotOpened, Secret
from pledge.errors import PledgeError
from pledge.origins import ADDRESS_FILE
from pledge.register_keys import KEY_FILE as REGISTER_KEY
from pledge.secrets import KEY_FILE as SECRET_KEY
from pledge.store.wholeness import Contents, Register

DATABASE = "pledge.db"
KEYS = (SECRET_KEY, REGISTER_KEY)
FILES = (*KEYS, ADDRESS_FILE, DATABASE)
"""What a backup can hold; the database it always does."""

_MANIFEST = "manifest.json"
_FORMAT = "pledge backup 1"
_LARGEST_MANIFEST = 16 * 2**20
_GZIP = b"\x1f\x8b"
_LEVEL = 3
_PIECE = 1 << 20

_DAMAGE = (
    *(gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError),
    *(UnicodeDecodeError, ValueError, KeyError, TypeError),
)
"""What is raised for a file that is not as it was written."""


class NoBackup(PledgeError):
    """A file that is no backup, is damaged, or can't be opened; the message says which and how."""


@dataclass(frozen=True)
class File:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    made_at: datetime
    version: str
    """Of Pledge."""
    site: str
    """The site's address; empty if it was never served."""
    contents: Contents
    files: Sequence[File]

    @property
    def text(self) -> str:
        said = {
            "format": _FORMAT,
            "made_at": self.made_at.isoformat(),
            "version": self.version,
            "site": self.site,
            "revision": self.contents.revision,
            "initiatives": self.contents.initiatives,
            "signatures": self.contents.signatures,
            "registers": [
                {"slug": one.slug, "size": one.size, "root": b64encode(one.root).decode()}
                for one in self.contents.registers
            ],
            "files": [
                {"name": one.name, "size": one.size, "sha256": one.sha256} for one in self.files
            ],
        }
        return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def manifest_of(folder: Path, contents: Contents, *, site: str, made_at: datetime) -> Manifest:
    """Of the files of a backup, which lie in a folder and do not change."""
    files = [_described(folder / name) for name in FILES if (folder / name).exists()]
    at = made_at.astimezone(UTC).replace(microsecond=0)
    return Manifest(at, version("pledge"), site, contents, files)


def write(file: BinaryIO, manifest: Manifest, folder: Path, secret: Secret | None) -> None:
    """The files that the manifest names, from a folder."""
    sealed = Encrypting(file, secret) if secret else None
    out = cast("BinaryIO", sealed or file)
    at = int(manifest.made_at.timestamp())
    with (
        gzip.GzipFile("", "wb", _LEVEL, out, mtime=at) as packed,
        tarfile.open(mode="w|", fileobj=packed, format=tarfile.PAX_FORMAT) as archive,
    ):
        text = manifest.text.encode()
        archive.addfile(_member(_MANIFEST, len(text), at), io.BytesIO(text))
        for one in manifest.files:
            with (folder / one.name).open("rb") as content:
                archive.addfile(_member(one.name, one.size, at), content)
    if sealed:
        sealed.finish()


def read(
    path: Path,
    secret_of: Callable[[Kind | None], Secret | None],
    *,
    accept: Callable[[Manifest], None] = lambda manifest: None,
    into: Path | None = None,
) -> Manifest:
    """Reads a backup to its end and holds all of it against its manifest.

    `secret_of` gives what opens a file of this kind; None asks whether it may be open to everybody.
    `accept` may refuse what the manifest says before anything is written `into` a folder. Raises
    NoBackup.
    """
    with path.open("rb") as file, _told_of(path), _opened(file, secret_of) as stream:
        packed = cast("BinaryIO", gzip.GzipFile(fileobj=stream))
        with tarfile.open(mode="r|", fileobj=packed) as archive:
            members = iter(archive)
            manifest = _manifest(archive, members)
            accept(manifest)
            for one in manifest.files:
                _take(archive, next(members, None), one, into)
            if next(members, None) is not None:
                raise ValueError
        while packed.read(_PIECE):
            pass
    return manifest


def is_backup(path: Path) -> bool:
    """As far as its beginning says."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    return start == MAGIC or start.startswith(_GZIP)


@contextmanager
def _opened(
    file: BinaryIO, secret_of: Callable[[Kind | None], Secret | None]
) -> Iterator[BinaryIO]:
    start = file.read(len(MAGIC))
    file.seek(0)
    if start == MAGIC:

        def given(kind: Kind) -> Secret:
            secret = secret_of(kind)
            assert secret is not None  # noqa: S101 -- the contract above
            return secret

        yield cast("BinaryIO", io.BufferedReader(Decrypting(file, given), _PIECE))
    elif start.startswith(_GZIP):
        secret_of(None)
        yield file
    else:
        raise NoBackup("it is no backup that Pledge has made")


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """One line that names the file, whatever is found out on the way."""
    try:
        yield
    except (NoBackup, NotOpened) as error:
        raise NoBackup(f"{path}: {error}") from None
    except _DAMAGE:
        raise NoBackup(f"{path}: it is damaged, cut off, or no backup") from None


def _manifest(archive: tarfile.TarFile, members: Iterator[tarfile.TarInfo]) -> Manifest:
    member = next(members, None)
    if member is None or member.name != _MANIFEST or member.size > _LARGEST_MANIFEST:
        raise NoBackup("it is no backup that Pledge has made")
    content = archive.extractfile(member)
    said: Mapping[str, Any] = json.loads(content.read()) if content else {}
    if said["format"] != _FORMAT:
        raise NoBackup("it is no backup, or one of a newer version of Pledge")
    contents = Contents(
        str(said["revision"]),
        int(said["initiatives"]),
        int(said["signatures"]),
        tuple(
            Register(str(one["slug"]), int(one["size"]), b64decode(one["root"], validate=True))
            for one in said["registers"]
        ),
    )
    files = [File(str(one["name"]), int(one["size"]), str(one["sha256"])) for one in said["files"]]
    names = [one.name for one in files]
    if not set(names) <= set(FILES) or len(set(names)) < len(names) or DATABASE not in names:
        raise ValueError
    made_at = datetime.fromisoformat(said["made_at"])
    return Manifest(made_at, str(said["version"]), str(said["site"]), contents, files)


def _take(
    archive: tarfile.TarFile, member: tarfile.TarInfo | None, said: File, into: Path | None
) -> None:
    if member is None or (member.name, member.size) != (said.name, said.size):
        raise ValueError
    content = archive.extractfile(member)
    if content is None:
        raise ValueError
    digest = sha256()
    with _new_file(into / said.name if into else None) as written:
        while piece := content.read(_PIECE):
            digest.update(piece)
            written.write(piece)
    if digest.hexdigest() != said.sha256:
        raise ValueError


@contextmanager
def _new_file(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield cast("BinaryIO", _Nowhere())
        return
    with path.open("xb") as file:
        path.chmod(0o600)
        yield file


class _Nowhere(io.RawIOBase):
    def write(self, content: Any) -> int:
        return len(content)


def _described(path: Path) -> File:
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(_PIECE):
            digest.update(piece)
        return File(path.name, file.tell(), digest.hexdigest())


def _member(name: str, size: int, at: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, at, 0o600
    return member
