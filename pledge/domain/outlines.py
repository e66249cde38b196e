"""The outline of ink: one SVG path to be filled, broader where the hand was slow or firm.

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


@lru_cache(maxsize=4096)
def outline(stored: str) -> Outline:
    """Of a stored signature, with room for the breadth of its lines."""
    drawn = Ink.decode(stored)
    nib = min(_BROADEST_NIB, max(_NARROWEST_NIB, _NIB * min(drawn.width, drawn.height)))
    room = math.ceil(nib / 2)
    view_box = f"{-room} {-room} {drawn.width + 2 * room} {drawn.height + 2 * room}"
    return Outline(view_box, _path(drawn, nib))


def framed_outline(drawn: Ink, width: float, height: float) -> Outline:
    """Of what is being drawn, in its whole pad."""
    scale = SIDE / max(width, height)
    return Outline(f"0 0 {width * scale:.0f} {height * scale:.0f}", _path(drawn, _NARROWEST_NIB))


def _path(drawn: Ink, nib: float) -> str:
    pen = _Pen()
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
    return pen.path


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


def _ribbon(pen: "_Pen", spine: list[Position], breadths: list[float]) -> None:
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
