"""Certificates that are kept: one of each kind, not more than fit, none of who is forgotten."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pledge.certificate_files import CertificateFiles, Name

NAME = Name(1, 129, "zh-png", "aaaa", "png")


def test_what_is_kept_is_found_again_by_another_process(tmp_path: Path) -> None:
    CertificateFiles(tmp_path).keep(NAME, b"made")
    assert CertificateFiles(tmp_path).read(NAME) == b"made"
    assert CertificateFiles(tmp_path).read(replace(NAME, digest="bbbb")) is None


def test_a_newer_one_takes_the_place_of_its_own_kind_alone(tmp_path: Path) -> None:
    files = CertificateFiles(tmp_path)
    others = [replace(NAME, kind="en-png"), replace(NAME, number=130)]
    for name in (NAME, *others):
        files.keep(name, b"old")
    newer = replace(NAME, digest="bbbb")
    files.keep(newer, b"new")
    assert [files.read(name) for name in (NAME, newer, *others)] == [None, b"new", b"old", b"old"]


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    files = CertificateFiles(tmp_path, most=1000)
    names = [replace(NAME, number=number) for number in range(40)]
    for at, name in enumerate(names):
        files.keep(name, bytes(100))
        for path in tmp_path.rglob(f"certificates/1/{name.number}/*"):
            os.utime(path, (at, at))
    kept = [name.number for name in names if files.read(name)]
    assert kept == list(range(40 - len(kept), 40))
    assert 5 <= len(kept) <= 12


def test_whoever_is_forgotten_leaves_no_folder(tmp_path: Path) -> None:
    files = CertificateFiles(tmp_path)
    for number in (1, 2, 3):
        files.keep(replace(NAME, number=number), b"made")
    files.forget(1, [1, 3, 99])
    assert [path.name for path in (tmp_path / "certificates/1").iterdir()] == ["2"]


def test_a_disk_that_takes_nothing_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_source: str, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    files = CertificateFiles(tmp_path)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.keep(NAME, b"made")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
