"""The site's own address, kept for processes that nobody asks by it: commands, and the register."""

from pathlib import Path

ADDRESS_FILE = "address"


def remember_origin(data: Path, origin: str) -> None:
    """Written by `pledge serve` at each start."""
    (data / ADDRESS_FILE).write_text(origin + "\n")


def remembered_origin(data: Path) -> str:
    """Empty before the first start."""
    try:
        return (data / ADDRESS_FILE).read_text().strip()
    except OSError:
        return ""
