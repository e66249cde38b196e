"""Handwriting for tests: strokes as a hand draws them, the same for the same seed."""

import json
import math
import random

Stroke = list[tuple[float, float, float]]


def handwriting(seed: int, *, width: float = 320, height: float = 180) -> list[Stroke]:
    """Three characters of five strokes each, sampled as a phone samples a finger."""
    hand = random.Random(seed)
    strokes = []
    for character in range(3):
        left = width * (0.06 + 0.31 * character)
        for _ in range(5):
            x, y = left + hand.random() * width * 0.24, height * (0.15 + hand.random() * 0.6)
            angle, turn = hand.choice((0.1, 1.5, 2.2, 0.8)), hand.randrange(8, 24)
            stroke = []
            for step in range(hand.randrange(14, 36)):
                angle += hand.gauss(0, 0.07) + (1.7 if step == turn else 0)
                x = min(width - 1, max(1, x + 2.3 * math.cos(angle)))
                y = min(height - 1, max(1, y + 2.3 * math.sin(angle)))
                stroke.append((round(x, 1), round(y, 1), round(0.35 + 0.4 * hand.random(), 2)))
            strokes.append(stroke)
    return strokes


def sent(strokes: list[Stroke]) -> str:
    """As the pad sends it."""
    return json.dumps(strokes, separators=(",", ":"))
