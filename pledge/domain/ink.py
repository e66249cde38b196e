"""Ink: a drawn signature, as strokes that were checked point by point; markup never comes in.

What is sent is JSON: a list of strokes, each a list of points `[x, y]` or `[x, y, pressure]` in
CSS pixels of the pad. The objects of signature_pad's `toData()` are taken as well. What is kept is
the signature alone: moved to the origin, scaled so that its longer side has 1000 units, simplified
(Ramer 1972, Douglas and Peucker 1973) and in whole numbers. `domain.outlines` draws it.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pledge.domain.names import Flaw, InvalidValue

LONGEST = 64 * 1024
"""Characters of what is sent."""

MOST_STROKES = 200
MOST_POINTS = 3000
LARGEST_COORDINATE = 20_000
SIDE = 1000
"""Units of the longer side of what is kept."""

_TOLERANCE = 2.5
"""Units that a point may be off when it is left out."""

_LARGEST_STORED = 4096
"""Characters of what is stored; only scribbles come near."""

_BLOCK = 64
"""Points that are simplified together: bounds the work, which grows with their square."""

_PRESSURES = 9
_DOT = 0.03
_LINE = 0.05


class Point(NamedTuple):
    x: float
    y: float
    pressure: float
    """From 0 to 1: how broad the line is here."""


Strokes = list[list[Point]]


@dataclass(frozen=True)
class Ink:
    strokes: tuple[tuple[tuple[int, int, int], ...], ...]
    """Points as x, y and pressure from 0 to 9."""

    @cached_property
    def width(self) -> int:
        return max(x for x, _, _ in self._points())

    @cached_property
    def height(self) -> int:
        return max(y for _, y, _ in self._points())

    def _points(self) -> Iterator[tuple[int, int, int]]:
        for stroke in self.strokes:
            yield from stroke

    def encode(self) -> str:
        """As it is stored: numbers alone, each point as its distance from the one before."""
        flat = []
        for stroke in self.strokes:
            numbers: list[int] = []
            x = y = 0
            for point in stroke:
                numbers += (point[0] - x, point[1] - y, point[2])
                x, y, _ = point
            flat.append(",".join(map(str, numbers)))
        return ";".join(flat)

    @classmethod
    def decode(cls, stored: str) -> "Ink":
        strokes = []
        for part in stored.split(";"):
            numbers = list(map(int, part.split(",")))
            x = y = 0
            stroke = []
            for place in range(0, len(numbers), 3):
                x += numbers[place]
                y += numbers[place + 1]
                stroke.append((x, y, numbers[place + 2]))
            strokes.append(tuple(stroke))
        return cls(tuple(strokes))


def ink(typed: str) -> Ink | None:
    """What was drawn, or None where nothing was; a slip of the finger is not a signature."""
    strokes = parse(typed)
    if not strokes:
        return None
    left, top, right, bottom = _box(strokes)
    extent = max(right - left, bottom - top)
    if extent <= _DOT * max(right, bottom):
        raise InvalidValue(Flaw.INK_DOT)
    if _is_line(strokes, extent):
        raise InvalidValue(Flaw.INK_LINE)
    scale = SIDE / extent
    return _kept(
        [[Point((x - left) * scale, (y - top) * scale, p) for x, y, p in s] for s in strokes]
    )


def framed(typed: str, width: float, height: float) -> Ink | None:
    """What is being drawn, where it stands in its pad; anything goes, it is not finished yet."""
    strokes = parse(typed)
    if not strokes or not all(1 <= side <= LARGEST_COORDINATE for side in (width, height)):
        return None
    scale = SIDE / max(width, height)
    return _kept([[Point(x * scale, y * scale, p) for x, y, p in s] for s in strokes])


def parse(typed: str) -> Strokes:
    """The strokes that were sent, within bounds; raises InvalidValue for anything else."""
    if not typed.strip():
        return []
    if len(typed) > LONGEST:
        raise InvalidValue(Flaw.INK_TOO_MUCH)
    try:
        sent = json.loads(typed, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidValue(Flaw.INK_UNREADABLE) from None
    if isinstance(sent, dict):
        sent = sent.get("strokes")
    if not isinstance(sent, list):
        raise InvalidValue(Flaw.INK_UNREADABLE)
    if len(sent) > MOST_STROKES:
        raise InvalidValue(Flaw.INK_TOO_MUCH)
    strokes = []
    points = 0
    for stroke in sent:
        found = stroke.get("points") if isinstance(stroke, dict) else stroke
        if not isinstance(found, list):
            raise InvalidValue(Flaw.INK_UNREADABLE)
        points += len(found)
        if points > MOST_POINTS:
            raise InvalidValue(Flaw.INK_TOO_MUCH)
        if found:
            strokes.append([_point(point) for point in found])
    return strokes


def _no_number(constant: str) -> float:
    raise ValueError(constant)


_NUMBERS = frozenset({int, float})


def _point(sent: Any) -> Point:
    if isinstance(sent, dict):
        sent = [sent.get("x"), sent.get("y"), sent.get("pressure", 0.5)]
    if not isinstance(sent, list) or not 2 <= len(sent) <= 4:
        raise InvalidValue(Flaw.INK_UNREADABLE)
    x, y = sent[0], sent[1]
    pressure = sent[2] if len(sent) > 2 else 0.5
    if (
        type(x) in _NUMBERS
        and type(y) in _NUMBERS
        and type(pressure) in _NUMBERS
        and 0 <= x <= LARGEST_COORDINATE
        and 0 <= y <= LARGEST_COORDINATE
        and 0 <= pressure <= 1
    ):
        return Point(x, y, pressure)
    raise InvalidValue(Flaw.INK_UNREADABLE)


def _box(strokes: Strokes) -> tuple[float, float, float, float]:
    across = [point.x for stroke in strokes for point in stroke]
    down = [point.y for stroke in strokes for point in stroke]
    return min(across), min(down), max(across), max(down)


def _is_line(strokes: Strokes, extent: float) -> bool:
    """Whether all of it lies along the straight line from its beginning to what is farthest."""
    points = [point for stroke in strokes for point in stroke]
    start = points[0]
    end = max(points, key=lambda point: math.dist(point[:2], start[:2]))
    across, down = end.x - start.x, end.y - start.y
    length = math.hypot(across, down)
    return all(
        abs(across * (point.y - start.y) - down * (point.x - start.x)) <= _LINE * extent * length
        for point in points
    )


def _kept(strokes: Strokes) -> Ink:
    """Simplified, the coarser the more there is: what is stored and shown has a bound."""
    tolerance = _TOLERANCE
    while True:
        strokes = [_simplified(stroke, tolerance) for stroke in strokes]
        kept = Ink(
            tuple(
                tuple((round(x), round(y), round(p * _PRESSURES)) for x, y, p in stroke)
                for stroke in strokes
            )
        )
        if tolerance > SIDE or len(kept.encode()) <= _LARGEST_STORED:
            return kept
        tolerance *= 2


def _simplified(stroke: Sequence[Point], tolerance: float) -> list[Point]:
    """The points without which the stroke would look otherwise; the first and the last always."""
    kept = []
    for start in range(0, max(1, len(stroke) - 1), _BLOCK):
        block = stroke[start : start + _BLOCK + 1]
        kept += [block[place] for place in _corners(block, tolerance)[:-1]]
    return [*kept, stroke[-1]] if kept else [stroke[-1]]


def _corners(block: Sequence[Point], tolerance: float) -> list[int]:
    kept = {0, len(block) - 1}
    spans = [(0, len(block) - 1)]
    while spans:
        first, last = spans.pop()
        if farthest := _farthest(block, first, last, tolerance):
            kept.add(farthest)
            spans += [(first, farthest), (farthest, last)]
    return sorted(kept)


def _farthest(block: Sequence[Point], first: int, last: int, tolerance: float) -> int:
    """The point between two others that is farthest from the stretch between them; 0 if none is
    farther than the tolerance. Everybody who signs waits for this loop: hence its plain arithmetic.
    """
    (left, top, _), (right, bottom, _) = block[first], block[last]
    across, down = right - left, bottom - top
    squared = across * across + down * down
    farthest, most = 0, tolerance * tolerance
    for place in range(first + 1, last):
        x, y, _ = block[place]
        x -= left
        y -= top
        along = x * across + y * down
        if along > 0 and squared:
            part = along / squared if along < squared else 1.0
            x -= part * across
            y -= part * down
        distance = x * x + y * y
        if distance > most:
            farthest, most = place, distance
    return farthest
