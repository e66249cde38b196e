"""An organizer at the console, as tests of its pages need one."""

import httpx

from tests.delegate import Page
from tests.site import SLUG, Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
HOME = f"/organizer/initiatives/{SLUG}"


async def log_in(site: Site, client: httpx.AsyncClient | None = None, email: str = EMAIL) -> None:
    """Makes the account if there is none, and logs a client in, the site's own if none is named."""
    client = client or site.client
    if await site.services.organizing.no_organizer_yet():
        await site.services.organizing.first_organizer(email, PASSWORD)
    form = Page((await client.get("/organizer/login")).text)
    fields = {"email": email, "password": PASSWORD, **form.hidden}
    assert (await client.post("/organizer/login", data=fields)).status_code == 303


async def press(site: Site, path: str, **fields: str) -> httpx.Response:
    token = Page((await site.client.get("/organizer/initiatives")).text).value("token")
    return await site.client.post(path, data={"token": token, **fields})
