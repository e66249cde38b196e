"""`python -m bench.certificates`: what a certificate costs, beside Typst by itself.

From asking the site to having the file, each of another signature with its ink, so that none is
kept already. *Cold* begins with no press; *kept* is asked for a second time. The limit is the same
template and data, codes drawn beforehand, set by Typst in this process, and nothing else. *CPU*
is what one took of a processor where it was set: on a busy machine that says more than the time.
"""

import asyncio
import os
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pledge import press
from pledge.certifying import PICTURE_SIZE, Form
from tests.handwriting import handwriting, sent
from tests.site import Site, open_site

COUNT = 120
KINDS_OF_INK = 40

_JOBS: dict[Form, dict[str, Any]] = {
    Form.PICTURE: {"template": "certificate-picture.typ", "format": "png", "ppi": 300},
    Form.PDF: {"template": "certificate.typ", "format": "pdf", "ppi": None},
}


def main() -> None:
    print(f"{'milliseconds':<26}{'p50':>8}{'p99':>8}{'CPU':>8}{'KB':>8}{'most KB':>9}")
    with TemporaryDirectory(prefix="pledge-certificates-") as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    async with open_site(folder / "data") as site:
        receipts = await _signed(site)
        for form in Form:
            await site.services.certifying.stop()
            press_cpu = partial(_cpu_of_press, site)
            await _figures(f"{form}, cold", receipts[:1], _asking(site, form), press_cpu)
            await _figures(f"{form}, warm", receipts[1:], _asking(site, form), press_cpu)
            await _figures(f"{form}, kept", receipts[1:], _asking(site, form), press_cpu)
            alone = await _alone(site, form, receipts)
            await _figures(f"{form}, Typst alone", receipts[1:], alone, time.process_time)
        at_once = time.perf_counter()
        await asyncio.gather(*(_asking(site, Form.PICTURE, "en")(one) for one in receipts))
        spent = time.perf_counter() - at_once
        print(f"\n{COUNT} pictures at once: {spent:.1f} s")
        memory = _memory(site)
    print(f"memory of the press: {memory:.0f} MB; pictures of {PICTURE_SIZE} pixels")


async def _signed(site: Site) -> list[str]:
    delegate = await site.delegate()
    inks = [sent(handwriting(seed)) for seed in range(KINDS_OF_INK)]
    receipts = []
    for number in range(COUNT):
        answer = await delegate.sign(
            company=f"示例消防器材第{number}有限公司",
            publish="yes",
            ink=inks[number % KINDS_OF_INK],
        )
        receipts.append(answer.headers["location"])
    return receipts


def _asking(site: Site, form: Form, language: str = "zh") -> Callable[[str], Awaitable[bytes]]:
    async def ask(receipt: str) -> bytes:
        answer = await site.client.get(f"{receipt}/certificate.{form}", params={"lang": language})
        assert answer.status_code == 200, answer.text
        return answer.content

    return ask


async def _alone(site: Site, form: Form, receipts: list[str]) -> Callable[[str], Awaitable[bytes]]:
    prepared = {}
    for receipt in receipts:
        found = await site.services.publishing.receipt(receipt.removeprefix("/r/"))
        assert found is not None
        data = await site.services.certifying._data(
            found.published.initiative, found.signature, "zh"
        )
        prepared[receipt] = press.with_codes(data)
    job = {**_JOBS[form], "timestamp": 0, "tagged": True, "system_fonts": False}
    press.set_in_type(job, prepared[receipts[0]])

    async def ask(receipt: str) -> bytes:
        return press.set_in_type(job, prepared[receipt])

    return ask


async def _figures(
    name: str,
    receipts: list[str],
    ask: Callable[[str], Awaitable[bytes]],
    cpu: Callable[[], float],
) -> None:
    spent, sizes = [], []
    before = cpu()
    for receipt in receipts:
        began = time.perf_counter()
        content = await ask(receipt)
        spent.append((time.perf_counter() - began) * 1000)
        sizes.append(len(content) / 1000)
    taken = (cpu() - before) * 1000 / len(receipts)
    p99 = sorted(spent)[min(len(spent) - 1, round(len(spent) * 0.99))]
    print(
        f"{name:<26}{statistics.median(spent):>8.1f}{p99:>8.1f}{taken:>8.1f}"
        f"{statistics.median(sizes):>8.0f}{max(sizes):>9.0f}"
    )


def _cpu_of_press(site: Site) -> float:
    """Seconds that the press has taken of a processor so far; 0 where `/proc` is not."""
    found = site.services.certifying._presses._free
    status = Path(f"/proc/{found[0]._process.pid}/stat") if found else Path()
    if not status.is_file():
        return 0
    times = status.read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def _memory(site: Site) -> float:
    """The most that the press had so far, in MB; where `/proc` is not, of all that have ended."""
    [one, *_] = site.services.certifying._presses._free
    status = Path(f"/proc/{one._process.pid}/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    [peak] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1024


if __name__ == "__main__":
    main()
