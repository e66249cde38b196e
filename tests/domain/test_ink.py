"""Ink: what is taken as a signature, what is kept of it, and how it is drawn."""

import json
import math
import random
import re
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.ink import LONGEST, MOST_POINTS, MOST_STROKES, SIDE, Ink, framed, ink, parse
from pledge.domain.names import Flaw, InvalidValue
from pledge.domain.outlines import framed_outline, outline
from tests.handwriting import handwriting, sent

COORDINATES = st.floats(0, 2000, allow_nan=False)
STROKES = st.lists(
    st.lists(st.tuples(COORDINATES, COORDINATES, st.floats(0, 1)), min_size=1, max_size=60),
    max_size=12,
)


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("x", Flaw.INK_UNREADABLE),
        ("1", Flaw.INK_UNREADABLE),
        ("[1]", Flaw.INK_UNREADABLE),
        ("[[1]]", Flaw.INK_UNREADABLE),
        ("[[[1]]]", Flaw.INK_UNREADABLE),
        ("[[[1,NaN]]]", Flaw.INK_UNREADABLE),
        ("[[[1,Infinity]]]", Flaw.INK_UNREADABLE),
        ("[[[1,1e999]]]", Flaw.INK_UNREADABLE),
        ("[[[1,-1]]]", Flaw.INK_UNREADABLE),
        ("[[[1,2,3]]]", Flaw.INK_UNREADABLE),
        ("[[[true,2]]]", Flaw.INK_UNREADABLE),
        ('[[["<script>",2]]]', Flaw.INK_UNREADABLE),
        ('[{"points":"<svg>"}]', Flaw.INK_UNREADABLE),
        ("[" * 60_000, Flaw.INK_UNREADABLE),
        ("[[[1," + "9" * 5000 + "]]]", Flaw.INK_UNREADABLE),
        (json.dumps([[[1, 1]] * (MOST_POINTS + 1)]), Flaw.INK_TOO_MUCH),
        (json.dumps([[[1, 1]]] * (MOST_STROKES + 1)), Flaw.INK_TOO_MUCH),
        (" " * LONGEST + "[]x", Flaw.INK_TOO_MUCH),
        ("[[[100,100]]]", Flaw.INK_DOT),
        ("[[[100,100],[101,101],[102,100]]]", Flaw.INK_DOT),
        ("[[[10,100],[50,101],[150,100]]]", Flaw.INK_LINE),
        ("[[[10,10],[100,100]],[[110,110],[150,150]]]", Flaw.INK_LINE),
    ],
)
def test_what_is_no_signature_is_refused(typed: str, flaw: Flaw) -> None:
    with pytest.raises(InvalidValue) as refused:
        ink(typed)
    assert refused.value.flaw is flaw


@pytest.mark.parametrize("typed", ["", "  ", "[]", "[[],[]]", '{"strokes":[]}'])
def test_nothing_drawn_is_no_ink(typed: str) -> None:
    assert ink(typed) is None


def test_the_pads_own_objects_are_taken_too() -> None:
    arrays = [[[0, 0, 0.5], [50, 80, 0.5]], [[50, 0, 0.5], [0, 80, 0.5]]]
    objects = [
        {"points": [{"x": x, "y": y, "pressure": p, "time": 1} for x, y, p in stroke]}
        for stroke in arrays
    ]
    assert ink(json.dumps(arrays)) == ink(json.dumps(objects))
    assert ink(json.dumps(arrays)) == ink(json.dumps({"strokes": arrays, "width": 300}))


def test_an_average_signature_is_stored_in_under_two_kilobytes() -> None:
    sizes = [len(_stored(handwriting(seed))) for seed in range(40)]
    assert sum(sizes) / len(sizes) < 2048, sizes


def test_what_is_kept_lies_where_it_was_drawn() -> None:
    """No point that was drawn is farther from what is kept than the tolerance allows."""
    for seed in range(20):
        strokes = handwriting(seed)
        kept = Ink.decode(_stored(strokes))
        left = min(x for stroke in strokes for x, _, _ in stroke)
        top = min(y for stroke in strokes for _, y, _ in stroke)
        scale = SIDE / max(
            max(x for stroke in strokes for x, _, _ in stroke) - left,
            max(y for stroke in strokes for _, y, _ in stroke) - top,
        )
        for drawn, stored in zip(strokes, kept.strokes, strict=True):
            for x, y, _ in drawn:
                point = ((x - left) * scale, (y - top) * scale)
                assert _distance(point, [(sx, sy) for sx, sy, _ in stored]) < 4


@given(STROKES)
def test_whatever_is_drawn_is_kept_within_its_box_or_refused(
    strokes: list[list[tuple[float, float, float]]],
) -> None:
    kept = None
    with suppress(InvalidValue):
        kept = ink(json.dumps(strokes))
    if kept is None:
        return
    assert min(kept.width, kept.height) >= 0
    assert max(kept.width, kept.height) == SIDE
    assert Ink.decode(kept.encode()) == kept
    drawn = outline(kept.encode())
    assert re.fullmatch(r"-?\d+ -?\d+ \d+ \d+", drawn.view_box)
    assert re.fullmatch(r"[mqlaz0-9 -]+", drawn.path)


def test_the_heaviest_ink_that_is_taken_costs_little() -> None:
    """Bounded work: simplification looks at a block of points at a time."""
    shaken = random.Random(1)
    points = [[shaken.random() * 1000, shaken.random() * 1000] for _ in range(MOST_POINTS)]
    kept = ink(json.dumps([[[round(x), round(y)] for x, y in points]]))
    assert kept is not None
    assert len(kept.encode()) <= 4096


def test_what_is_being_drawn_stays_where_it_is_in_its_pad() -> None:
    drawn = framed("[[[100,50],[100,150]]]", 400, 200)
    assert drawn is not None
    assert [(x, y) for x, y, _ in drawn.strokes[0]] == [(250, 125), (250, 375)]
    assert framed_outline(drawn, 400, 200).view_box == "0 0 1000 500"
    assert framed("[]", 400, 200) is None
    assert framed("[[[1,1]]]", 0, 200) is None
    assert parse("[[[1,1]]]")


def _stored(strokes: list[list[tuple[float, float, float]]]) -> str:
    kept = ink(sent(strokes))
    assert kept is not None
    return kept.encode()


def _distance(point: tuple[float, float], line: list[tuple[int, int]]) -> float:
    if len(line) == 1:
        return math.dist(point, line[0])
    return min(_to_stretch(point, start, end) for start, end in pairwise(line))


def _to_stretch(point: tuple[float, float], start: tuple[int, int], end: tuple[int, int]) -> float:
    across, down = end[0] - start[0], end[1] - start[1]
    squared = across**2 + down**2
    part = (
        max(0, min(1, ((point[0] - start[0]) * across + (point[1] - start[1]) * down) / squared))
        if squared
        else 0
    )
    return math.dist(point, (start[0] + part * across, start[1] + part * down))
