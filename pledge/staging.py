"""Staging: ink is seen on the walls while it is drawn on the stage."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pledge.store import stage
from pledge.store.database import Database

STALE = timedelta(seconds=90)
"""After so long without a stroke nobody is drawing any more."""


class Staging:
    """`present` is told the initiative, the sequence and the event as it is sent to walls."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        present: Callable[[int, int, bytes], None],
    ):
        self._database = database
        self._clock = clock
        self._present = present

    async def show(self, initiative_id: int, link_id: int, content: Mapping[str, Any]) -> None:
        """All of what has been drawn so far: a message that is lost is made up by the next."""
        async with self._database.writing() as connection:
            shown = await stage.put(
                connection, initiative_id, {**content, "stage": link_id}, self._clock()
            )
        self._present(initiative_id, shown.sequence, _event(shown))

    async def clear(self, initiative_id: int, link_id: int) -> None:
        """Ends what was drawn on one tablet; what is drawn on another stays."""
        async with self._database.reading() as connection:
            found = (await stage.newest(connection, [initiative_id])).get(initiative_id)
        if found and found.content.get("stage") == link_id and "path" in found.content:
            await self.show(initiative_id, link_id, {})

    async def newest(self, initiative_ids: Collection[int]) -> dict[int, tuple[int, bytes]]:
        """What is on, also where another process has taken it in."""
        async with self._database.reading() as connection:
            found = await stage.newest(connection, initiative_ids)
        recently = self._clock() - STALE
        return {
            initiative_id: (shown.sequence, _event(shown))
            for initiative_id, shown in found.items()
            if shown.at > recently
        }


def _event(shown: stage.Shown) -> bytes:
    """Without an id: what is lost of it does not matter to whoever resumes."""
    data = json.dumps(shown.content, ensure_ascii=False, separators=(",", ":"))
    return f"event: stage\ndata: {data}\n\n".encode()
