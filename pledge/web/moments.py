"""Moments in words, in the zone that they are given in."""

from datetime import datetime


def moment(when: datetime, language: str) -> str:
    """Day and minute: 8月10日 10:42, 10 Aug 10:42."""
    day = f"{when.month}月{when.day}日" if language == "zh" else f"{when:%-d %b}"
    return f"{day} {when:%H:%M}"


def dated(when: datetime, language: str) -> str:
    """Year, day and minute, of what lies ahead: 2023年8月10日 10:42, 10 August 2023, 10:42."""
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M}"
    return f"{when:%-d %B %Y, %H:%M}"


def instant(when: datetime, language: str) -> str:
    """Day and second: 2023年8月10日 10:42:17."""
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M:%S}"
    return f"{when:%-d %B %Y, %H:%M:%S}"
