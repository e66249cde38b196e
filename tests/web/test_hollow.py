"""Pages with hollows: whatever fills them, every reader of gzip finds the page."""

import gzip
import zlib
from itertools import chain, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.web.hollow import hollow_page

_TEXTS = st.lists(
    st.one_of(
        st.text("abc <>=\"'消防产品\n", max_size=300),
        st.tuples(st.text("ab消", max_size=40), st.integers(1, 3000)).map(
            lambda one: one[0] * one[1]
        ),
    ).map(str.encode),
    min_size=2,
    max_size=4,
)


def _read(page: bytes) -> bytes:
    """By Python's reader, and by zlib's own, to the last byte and no further."""
    reader = zlib.decompressobj(wbits=31)
    read = reader.decompress(page)
    assert (reader.eof, reader.unused_data) == (True, b"")
    assert gzip.decompress(page) == read
    return read


def _joined(texts: list[bytes], fillings: list[bytes]) -> bytes:
    return b"".join(chain.from_iterable(zip_longest(texts, fillings, fillvalue=b"")))


@given(_TEXTS, st.data())
def test_what_is_read_is_the_page_with_its_own_fillings(
    texts: list[bytes], data: st.DataObject
) -> None:
    made_for = [b"#%032d" % place for place in range(len(texts) - 1)]
    page = hollow_page(_joined(texts, made_for), made_for)
    assert page is not None
    for _ in range(2):
        fillings = [data.draw(st.binary(min_size=33, max_size=33)) for _ in made_for]
        assert _read(page.filled(fillings)) == _joined(texts, fillings)


def test_what_repeats_is_compressed_across_hollows_and_fillings_are_not() -> None:
    text = b"".join(b"%d, " % number for number in range(3000))
    page = hollow_page(text + b"#" * 32 + text, [b"#" * 32])
    assert page is not None
    filled = page.filled([b"0" * 32])
    assert _read(filled) == text + b"0" * 32 + text
    assert b"0" * 32 in filled
    assert len(filled) < 1.1 * len(gzip.compress(text))


@pytest.mark.parametrize(
    ("page", "fillings"),
    [
        (b"a one b", [b"two"]),
        (b"a one b one c", [b"one"]),
        (b"a two b one c", [b"one", b"two"]),
        (b"a one b \0 c", [b"one"]),
    ],
    ids=["not there", "twice", "in another order", "what stands for a hollow"],
)
def test_a_page_that_is_not_as_expected_has_no_hollows(page: bytes, fillings: list[bytes]) -> None:
    assert hollow_page(page, fillings) is None


@pytest.mark.parametrize("fillings", [[], [b"four"], [b"one", b"two"]])
def test_no_page_is_made_that_could_not_be_read(fillings: list[bytes]) -> None:
    page = hollow_page(b"a one b one", [b"one b"])
    assert page is not None
    with pytest.raises(ValueError, match=r"hollow|zip"):
        page.filled(fillings)
