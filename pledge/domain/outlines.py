"""The outline of ink: one SVG path to be filled, broader where the hand was slow or firm; or the
same as polygons, for whatever draws those alone.

Each stroke becomes a closed ribbon around its points: along one side, around the end, back along
the other. At a sharp turn the ribbon ends and a new one begins, as a brush turns.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pledge.domain.ink import SIDE, Ink

_NIB = 0.085
"""The broadest line, as a part of the ink's shorter side; within these units:"""
_NARROWEST_NIB, _BROADEST_NIB = 16.0, 40.0
_LIGHTEST = 0.4
"""The line without pressure, as a part of the broadest."""

Position = tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """What an SVG element needs: `<svg viewBox="…"><path d="…"/></svg>`."""

    view_box: str
    path: str


@dataclass(frozen=True)
class Polygons:
    """To be filled one over the other, in a box of these units."""

    width: float
    height: float
    corners: tuple[tuple[Position, ...], ...]


@lru_cache(maxsize=4096)
def outline(stored: str) -> Outline:
    """Of a stored signature, with room for the breadth of its lines."""
    drawn = Ink.decode(stored)
    nib = _nib(drawn)
    room = math.ceil(nib / 2)
    view_box = f"{-room} {-room} {drawn.width + 2 * room} {drawn.height + 2 * room}"
    return Outline(view_box, _path(drawn, nib))


def polygons(stored: str) -> Polygons:
    """Of a stored signature, the same outline; curves become a few corners each."""
    drawn = Ink.decode(stored)
    nib = _nib(drawn)
    room = math.ceil(nib / 2)
    shaper = _Shaper(room)
    _draw(shaper, drawn, nib)
    return Polygons(drawn.width + 2 * room, drawn.height + 2 * room, shaper.polygons)


def framed_outline(drawn: Ink, width: float, height: float) -> Outline:
    """Of what is being drawn, in its whole pad."""
    scale = SIDE / max(width, height)
    return Outline(f"0 0 {width * scale:.0f} {height * scale:.0f}", _path(drawn, _NARROWEST_NIB))


def _nib(drawn: Ink) -> float:
    return min(_BROADEST_NIB, max(_NARROWEST_NIB, _NIB * min(drawn.width, drawn.height)))


def _path(drawn: Ink, nib: float) -> str:
    pen = _Pen()
    _draw(pen, drawn, nib)
    return pen.path


def _draw(pen: "_Pen | _Shaper", drawn: Ink, nib: float) -> None:
    for stroke in drawn.strokes:
        points = _apart([(float(x), float(y)) for x, y, _ in stroke])
        breadths = [nib * (_LIGHTEST + (1 - _LIGHTEST) * pressure / 9) for _, _, pressure in stroke]
        kept = [breadths[place] for place, _ in points]
        for first, last in _between_turns([position for _, position in points]):
            _ribbon(
                pen,
                [position for _, position in points[first : last + 1]],
                kept[first : last + 1],
            )


def _apart(positions: list[Position]) -> list[tuple[int, Position]]:
    """Without points on the spot of the one before; each with its place in the stroke."""
    return [
        (place, position)
        for place, position in enumerate(positions)
        if place == 0 or position != positions[place - 1]
    ]


def _between_turns(positions: list[Position]) -> list[tuple[int, int]]:
    """Stretches, by first and last place, within which the stroke nowhere turns sharply."""
    ends = [0]
    for place in range(1, len(positions) - 1):
        before = _direction(positions[place - 1], positions[place])
        after = _direction(positions[place], positions[place + 1])
        if before[0] * after[0] + before[1] * after[1] < 0.2:
            ends.append(place)
    ends.append(len(positions) - 1)
    return list(pairwise(ends))


def _ribbon(pen: "_Pen | _Shaper", spine: list[Position], breadths: list[float]) -> None:
    if len(spine) == 1:
        pen.dot(spine[0], breadths[0] / 2)
        return
    left, right = [], []
    for place, (x, y) in enumerate(spine):
        before, after = spine[max(0, place - 1)], spine[min(len(spine) - 1, place + 1)]
        along = _direction(before, after)
        across, down = -along[1] * breadths[place] / 2, along[0] * breadths[place] / 2
        left.append((x + across, y + down))
        right.append((x - across, y - down))
    pen.move(left[0])
    pen.smooth(left)
    pen.around(right[-1], breadths[-1] / 2)
    pen.smooth(right[::-1])
    pen.around(left[0], breadths[0] / 2)
    pen.close()


def _direction(start: Position, end: Position) -> Position:
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down) or 1.0
    return across / length, down / length


class _Pen:
    """Writes path data (SVG 2, 9.3) in whole units, each relative to the last: the shortest."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._at = (0, 0)
        self._start = (0, 0)

    @property
    def path(self) -> str:
        return "".join(self._words)

    def move(self, to: Position) -> None:
        self._write("m", to)
        self._start = self._at

    def smooth(self, through: list[Position]) -> None:
        """From where the pen is, which is the first of them, to the last, rounding the others."""
        for place in range(1, len(through) - 1):
            (x, y), (then_x, then_y) = through[place], through[place + 1]
            self._write("q", (x, y), ((x + then_x) / 2, (y + then_y) / 2))
        self._write("l", through[-1])

    def around(self, to: Position, radius: float) -> None:
        self._write(f"a{max(1, round(radius))} {max(1, round(radius))} 0 0 0 ", to)

    def dot(self, centre: Position, radius: float) -> None:
        r = max(1, round(radius))
        self.move((centre[0] - r, centre[1]))
        self._words.append(f"a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z")

    def close(self) -> None:
        self._words.append("z")
        self._at = self._start

    def _write(self, command: str, *targets: Position) -> None:
        numbers: list[int] = []
        for x, y in targets:
            end = (round(x), round(y))
            numbers += (end[0] - self._at[0], end[1] - self._at[1])
        self._at = end
        self._words.append(command + " ".join(map(str, numbers)).replace(" -", "-"))


class _Shaper:
    """A pen that keeps the corners of what it goes around."""

    _PARTS = 3
    """Into which a curve or a half circle is cut: at the size of a picture nobody sees them."""

    def __init__(self, room: float) -> None:
        self._room = room
        self._corners: list[Position] = []
        self._polygons: list[tuple[Position, ...]] = []

    @property
    def polygons(self) -> tuple[tuple[Position, ...], ...]:
        return tuple(self._polygons)

    def move(self, to: Position) -> None:
        self._corners = [self._moved(to)]

    def smooth(self, through: list[Position]) -> None:
        for place in range(1, len(through) - 1):
            bend, then = self._moved(through[place]), self._moved(through[place + 1])
            self._bend(bend, ((bend[0] + then[0]) / 2, (bend[1] + then[1]) / 2))
        self._corners.append(self._moved(through[-1]))

    def around(self, to: Position, radius: float) -> None:
        (x, y), end = self._corners[-1], self._moved(to)
        centre = (x + end[0]) / 2, (y + end[1]) / 2
        start = math.atan2(y - centre[1], x - centre[0])
        for part in range(1, self._PARTS):
            self._corners.append(_on_circle(centre, radius, start - math.pi * part / self._PARTS))
        self._corners.append(end)

    def dot(self, centre: Position, radius: float) -> None:
        around = 4 * self._PARTS
        self._polygons.append(
            tuple(
                _on_circle(self._moved(centre), max(1, radius), math.tau * part / around)
                for part in range(around)
            )
        )

    def close(self) -> None:
        self._polygons.append(tuple(self._corners))

    def _bend(self, bend: Position, end: Position) -> None:
        """Along a quadratic Bézier curve."""
        start = self._corners[-1]
        for part in range(1, self._PARTS):
            t = part / self._PARTS
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
            self._corners.append(
                (
                    a * start[0] + b * bend[0] + c * end[0],
                    a * start[1] + b * bend[1] + c * end[1],
                )
            )
        self._corners.append(end)

    def _moved(self, position: Position) -> Position:
        return position[0] + self._room, position[1] + self._room


def _on_circle(centre: Position, radius: float, angle: float) -> Position:
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)
