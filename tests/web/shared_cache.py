"""A cache that many share, such as a CDN: it keeps to RFC 9111 and RFC 5861, and no more."""

import re
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from tests.site import Clock


@dataclass
class Kept:
    response: httpx.Response
    selected_by: dict[str, str]
    """The headers of the request that `Vary` names."""
    at: datetime


@dataclass
class SharedCache:
    origin: httpx.AsyncClient
    clock: Clock
    kept: dict[str, list[Kept]] = field(default_factory=dict)
    asked: int = 0
    """How often the origin was asked."""
    rendered: int = 0
    """How often it answered with more than 304."""

    async def get(self, address: str, **headers: str) -> httpx.Response:
        """As a browser asks that keeps nothing itself."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        for kept in self.kept.get(address, []):
            if all(sent.get(name, "") == value for name, value in kept.selected_by.items()):
                age = (self.clock.now - kept.at).total_seconds()
                fresh = _seconds(kept.response, "max-age")
                stale = _seconds(kept.response, "stale-while-revalidate")
                if age < fresh:
                    return kept.response
                if age < fresh + stale:
                    answer = kept.response
                    await self._ask(address, sent, kept)
                    return answer
                return await self._ask(address, sent, kept)
        return await self._ask(address, sent)

    async def _ask(
        self, address: str, sent: dict[str, str], kept: Kept | None = None
    ) -> httpx.Response:
        self.asked += 1
        asked = dict(sent)
        if kept and "etag" in kept.response.headers:
            asked["if-none-match"] = kept.response.headers["etag"]
        self.origin.cookies.clear()  # it has none of its own
        got = await self.origin.get(address, headers=asked)
        if kept and got.status_code == 304:
            # RFC 9111, 3.2: what it says takes the place of what was kept.
            for name, value in got.headers.items():
                if name not in ("content-length", "content-encoding"):
                    kept.response.headers[name] = value
            kept.at = self.clock.now
            return kept.response
        self.rendered += 1
        if kept:
            self.kept[address].remove(kept)
        if _may_keep(got):
            named = re.findall(r"[\w-]+", got.headers.get("vary", "").lower())
            selected = {name: sent.get(name, "") for name in named if name != "accept-encoding"}
            self.kept.setdefault(address, []).append(Kept(got, selected, self.clock.now))
        return got


def _may_keep(response: httpx.Response) -> bool:
    said = response.headers.get("cache-control", "")
    if re.search(r"\b(no-store|private|no-cache)\b", said) or "*" in response.headers.get(
        "vary", ""
    ):
        return False
    return response.status_code == 200 and bool(re.search(r"\b(s-maxage|max-age)=", said))


def _seconds(response: httpx.Response, directive: str) -> float:
    found = re.search(rf"\b{directive}=(\d+)", response.headers.get("cache-control", ""))
    return float(found[1]) if found else 0.0
