"""A finger on the glass: real touch events, by the browser's own debugging protocol."""

from collections.abc import Callable, Sequence

from playwright.async_api import CDPSession, Page

from tests.handwriting import Stroke

Position = tuple[float, float]


class Finger:
    def __init__(self, session: CDPSession):
        self._session = session

    @classmethod
    async def on(cls, page: Page) -> "Finger":
        return cls(await page.context.new_cdp_session(page))

    async def draw(
        self,
        strokes: Sequence[Stroke],
        place: Callable[[float, float], Position],
    ) -> None:
        """Draws strokes; `place` says where on the page each of their points is."""
        for stroke in strokes:
            first, *rest = [place(x, y) for x, y, _ in stroke]
            await self._send("touchStart", [first])
            for position in rest:
                await self._send("touchMove", [position])
            await self._send("touchEnd", [])

    async def swipe(self, start: Position, end: Position) -> None:
        await self._send("touchStart", [start])
        for step in range(1, 11):
            part = step / 10
            x = start[0] + (end[0] - start[0]) * part
            y = start[1] + (end[1] - start[1]) * part
            await self._send("touchMove", [(x, y)])
        await self._send("touchEnd", [])

    async def _send(self, kind: str, positions: list[Position]) -> None:
        await self._session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in positions]},
        )
