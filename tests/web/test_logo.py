"""The organizers' logo: what comes in is written anew, and can do nothing where it is shown."""

import io
import re
import struct
import time
import zlib
from xml.etree.ElementTree import fromstring

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pledge.logos import InvalidLogo, LogoFlaw, read_logo
from tests.console_forms import Organizer, organizer_of
from tests.site import SLUG, Site

SETTINGS = f"/organizer/settings/{SLUG}"
_XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.fixture
async def desk(site: Site) -> Organizer:
    return await organizer_of(site)


def _svg(inside: str, root: str = 'viewBox="0 0 20 10"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {_XLINK} {root}>{inside}</svg>'.encode()


def _png(image: Image.Image, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG", **options)
    return written.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_that_says(width: int, height: int) -> bytes:
    """A few bytes that unpack to as many pixels as they say."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0"))


DRAWN = '<path d="M0 0h9v9z"/>'

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script in another namespace": '<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>',
    "event handler": '<rect width="1" height="1" onload="alert(1)" onclick="x()"/>',
    "link with a script": '<a xlink:href="javascript:alert(1)"><rect width="1" height="1"/></a>',
    "foreign object": '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml">x</b></foreignObject>',
    "external picture": '<image xlink:href="https://elsewhere.test/x.png" width="9" height="9"/>',
    "picture as data": '<image href="data:image/svg+xml,%3Csvg onload=alert(1)%3E"/>',
    "external use": '<use href="https://elsewhere.test/x.svg#a"/>',
    "uses of uses": "".join(
        f'<g id="u{n}"><use href="#u{n - 1}"/><use href="#u{n - 1}"/></g>' for n in range(30)
    ),
    "style with an address": '<rect style="fill:url(https://elsewhere.test/x)" width="1"/>',
    "style sheet with an import": "<style>@import url(https://elsewhere.test/x.css);</style>",
    "style sheet with a face": "<style>@font-face{src:url(//elsewhere.test/f)}.a{fill:red}</style>",
    "paint with an address": '<rect fill="url(https://elsewhere.test/x#a)" width="1"/>',
    "gradient of another file": '<linearGradient href="https://elsewhere.test/x#a" id="g"/>',
    "animation": '<set attributeName="onload" to="alert(1)"/><animate attributeName="href"/>',
    "filter": '<filter id="f"><feImage href="https://elsewhere.test"/></filter>',
    "breaking out": '<rect id="a&quot; onload=&quot;alert(1)" fill="&lt;script&gt;"/>',
    "processing instruction": '<?xml-stylesheet href="https://elsewhere.test/x.css"?>',
    "comment": "<!-- secret --><![CDATA[<script>]]>",
    "text": "<text>secret</text><title>secret</title><metadata>secret</metadata>",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_hostile_is_left_of_a_drawing(kind: str) -> None:
    logo = read_logo(_svg(DRAWN + HOSTILE[kind]))
    written = logo.content.decode()
    assert logo.media_type == "image/svg+xml"
    assert DRAWN in written
    assert re.findall(r"https?://[^\"]+", written) == [
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    ]
    lower = written.lower()
    for word in ("script", "onload", "onclick", "style", "import", "secret", "foreign", "data:"):
        assert word not in lower
    for word in ("<use", "<image", "<a ", "<text", "<set", "<animate", "<filter", "<?", "<!"):
        assert word not in lower
    for element in fromstring(written).iter():
        assert not any(name.startswith("on") for name in element.keys())  # noqa: SIM118


REFUSED = {
    "entities": (
        b'<!DOCTYPE x [<!ENTITY a "M0 0"><!ENTITY b "&a;&a;">]>' + _svg('<path d="&b;"/>'),
        LogoFlaw.BROKEN,
    ),
    "external entity": (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + _svg("<path d='&a;'/>"),
        LogoFlaw.BROKEN,
    ),
    "too deep": (_svg("<g>" * 50_000 + "</g>" * 50_000), LogoFlaw.TOO_INTRICATE),
    "too many elements": (_svg("<rect/>" * 6_000), LogoFlaw.TOO_INTRICATE),
    "nothing drawn": (_svg("<text>Logo</text>"), LogoFlaw.EMPTY),
    "no size": (_svg(DRAWN, ""), LogoFlaw.BROKEN),
    "endless": (_svg(DRAWN, 'viewBox="0 0 1e99 1"'), LogoFlaw.BROKEN),
    "not closed": (_svg(DRAWN)[:-3], LogoFlaw.BROKEN),
    "a page": (b"<html><body onload='x()'></body></html>", LogoFlaw.NEITHER),
    "a GIF": (b"GIF89a" + bytes(100), LogoFlaw.NEITHER),
    "a PNG that unpacks to 40 GB": (_png_that_says(100_000, 100_000), LogoFlaw.TOO_MANY_PIXELS),
    "a PNG that unpacks to 400 MB": (_png_that_says(10_000, 10_000), LogoFlaw.TOO_MANY_PIXELS),
    "half a PNG": (_png(Image.effect_noise((200, 200), 90))[:4_000], LogoFlaw.BROKEN),
    "a JPEG of nothing": (b"\xff\xd8\xff" + bytes(50), LogoFlaw.BROKEN),
    "no file": (b"", LogoFlaw.EMPTY_FILE),
    "more than 1 MB": (_svg(DRAWN) + b" " * 1024 * 1024, LogoFlaw.TOO_LARGE),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_picture_or_too_much_of_one_is_refused(kind: str) -> None:
    sent, flaw = REFUSED[kind]
    with pytest.raises(InvalidLogo) as refused:
        read_logo(sent)
    assert refused.value.flaw is flaw


_MANY = "1" * 400_000
_SHEET = (
    "<style>"
    + ",".join(f".a{one}" for one in range(1500))
    + "{"
    + ";".join(f"{one}:1" for one in range(1500))
    + "}</style>"
)


@pytest.mark.parametrize(
    "inside",
    [
        f'<rect width="{_MANY}x" points="{_MANY}!"/>',
        '<rect transform="' + "scale(1) ," * 80_000 + '!"/>',
        '<rect transform="scale(1)' + " " * 800_000 + '!"/>',
        "<style>" + "/*" * 400_000 + "</style><rect/>",
        "<style>" + "{" * 800_000 + "</style><rect/>",
        "<style>.a{fill:red}</style>" + ('<rect class="' + "a " * 200 + '"/>') * 2000,
        f'<rect fill="rgb({_MANY}"/>',
        _SHEET * 45 + "<rect/>",
    ],
    ids=range(8),
)
def test_no_drawing_keeps_the_machine_busy(inside: str) -> None:
    began = time.process_time()
    read_logo(_svg(inside))
    assert time.process_time() - began < 2


def test_a_drawing_keeps_what_drawing_programs_write() -> None:
    written = read_logo(
        _svg(
            "<style>.cls-1,.cls-2{fill:#b42b1e;} .cls-2{opacity:.5}</style>"
            '<defs><linearGradient id="a"><stop offset="0" style="stop-color:#fff"/>'
            '</linearGradient><linearGradient id="b" xlink:href="#a" gradientTransform="'
            'rotate(45)"/><clipPath id="c"><rect width="20" height="10"/></clipPath></defs>'
            '<g clip-path="url(#c)" transform="translate(1, 2) scale(.5)">'
            '<path class="cls-1" d="M0 0L9,9z"/><circle class="cls-2" r="3"/></g>'
            '<rect style="fill: url(#b); stroke:none" width="50%" height="10"/>'
        )
    ).content.decode()
    for kept in (
        'viewBox="0 0 20 10"',
        '<stop offset="0" stop-color="#fff"/>',
        '<linearGradient id="b" gradientTransform="rotate(45)" xlink:href="#a"/>',
        '<g clip-path="url(#c)" transform="translate(1, 2) scale(.5)">',
        '<path d="M0 0L9,9z" fill="#b42b1e"/>',
        '<circle r="3" fill="#b42b1e" opacity=".5"/>',
        '<rect width="50%" height="10" fill="url(#b)" stroke="none"/>',
    ):
        assert kept in written


def test_the_doctype_of_drawing_programs_does_no_harm() -> None:
    doctype = (
        b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"'
        b' "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
    )
    assert DRAWN in read_logo(doctype + _svg(DRAWN, 'width="30mm" height="12"')).content.decode()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_a_picture_of_any_kind_becomes_a_small_png(mode: str) -> None:
    logo = read_logo(_png(Image.new(mode, (1500, 900))))
    assert logo.media_type == "image/png"
    with Image.open(io.BytesIO(logo.content)) as written:
        assert (written.format, written.mode, written.size) == ("PNG", "RGBA", (512, 307))


def test_nothing_but_the_pixels_is_kept() -> None:
    text = PngInfo()
    text.add_text("Author", "a secret", zip=True)
    image = Image.new("RGB", (40, 20), "#b42b1e")
    sent = _png(image, pnginfo=text, exif=b"Exif\0\0a secret", dpi=(300, 300)) + b"a secret"
    content = read_logo(sent).content
    assert b"secret" not in content
    assert set(re.findall(rb"(IHDR|IDAT|IEND|tEXt|zTXt|iTXt|eXIf|iCCP|pHYs)", content)) == {
        b"IHDR",
        b"IDAT",
        b"IEND",
    }


def test_a_photograph_stands_as_it_was_taken() -> None:
    image = Image.new("CMYK", (400, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    written = io.BytesIO()
    image.save(written, "JPEG", exif=exif)
    with Image.open(io.BytesIO(read_logo(written.getvalue()).content)) as upright:
        assert upright.size == (200, 400)


async def _upload(desk: Organizer, content: bytes, name: str = "logo.svg") -> int:
    files = {"logo": (name, content, "image/whatever")}
    return (await desk.send(SETTINGS, f"{SETTINGS}/logo", files=files)).status_code


def _address(html: str) -> str:
    found = re.search(rf'<img src="(/i/{SLUG}/logo\?v=[0-9a-f]+)" alt="[^"]+"', html)
    assert found, html
    return found[1]


async def test_a_logo_is_shown_where_the_public_looks(desk: Organizer) -> None:
    assert await _upload(desk, _svg(DRAWN + HOSTILE["script"])) == 303
    delegate = await desk.site.delegate()
    receipt = (await delegate.sign()).headers["location"]
    paths = (f"/i/{SLUG}", f"/i/{SLUG}/wall", delegate.link, receipt, SETTINGS)
    addresses = {_address((await desk.client.get(path)).text) for path in paths}
    [address] = addresses
    answer = await desk.client.get(address)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert b"script" not in answer.content
    assert (await desk.client.get(f"/i/{SLUG}/logo?v=old")).headers["cache-control"] == "no-cache"


async def test_a_rehearsal_shows_the_same_logo(desk: Organizer) -> None:
    assert await _upload(desk, _png(Image.new("RGB", (10, 10))), "logo.png") == 303
    home = f"/organizer/initiatives/{SLUG}"
    started = await desk.send(home, f"{home}/rehearsal", meeting="dujiangyan", action="start")
    assert started.status_code == 303
    page = (await desk.client.get(f"/i/{SLUG}~dujiangyan")).text
    answer = await desk.client.get(_address(page))
    assert answer.headers["content-type"] == "image/png"


async def test_a_logo_is_replaced_and_removed_and_that_is_recorded(desk: Organizer) -> None:
    assert await _upload(desk, _svg(DRAWN)) == 303
    first = _address((await desk.client.get(SETTINGS)).text)
    assert await _upload(desk, _png(Image.new("RGB", (10, 10))), "logo.png") == 303
    assert _address((await desk.client.get(SETTINGS)).text) != first
    removed = await desk.send(SETTINGS, f"{SETTINGS}/logo", action="remove")
    assert removed.status_code == 303
    assert "<img" not in (await desk.client.get(f"/i/{SLUG}")).text
    assert (await desk.client.get(f"/i/{SLUG}/logo")).status_code == 404
    assert (await desk.text(f"/organizer/audit/{SLUG}")).count("更换标志") >= 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"GIF89a", "不是 PNG、JPEG 或 SVG"),
        (_svg(DRAWN) + b" " * 1024 * 1024, "1 MB"),
        (_svg("<text>Logo</text>"), "转为轮廓"),
        (_png_that_says(50_000, 50_000), "像素过大"),
    ],
)
async def test_a_file_that_can_t_be_taken_is_said_at_the_field(
    desk: Organizer, content: bytes, says: str
) -> None:
    files = {"logo": ("x.png", content, "image/png")}
    answer = await desk.send(SETTINGS, f"{SETTINGS}/logo", files=files)
    assert answer.status_code == 422
    assert 'id="logo-error"' in answer.text
    assert says in answer.text
    assert "<img" not in (await desk.client.get(f"/i/{SLUG}")).text


async def test_a_draft_s_logo_is_for_whoever_was_shown_it(desk: Organizer) -> None:
    assert await _upload(desk, _svg(DRAWN)) == 303
    address = _address((await desk.client.get(SETTINGS)).text)
    async with desk.site.services.organizing._database.writing() as connection:
        await connection.exec_driver_sql("UPDATE head SET status = 'draft'")
    async with desk.site.another_client() as public:
        assert (await public.get(address)).status_code == 200
        assert (await public.get(f"/i/{SLUG}/logo")).status_code == 404
        assert (await public.get(f"/i/{SLUG}/logo?v=0123456789abcdef")).status_code == 404
        assert (await public.get("/i/nothing/logo?v=")).status_code == 404
