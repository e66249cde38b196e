"""How often something may happen."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pledge.web.limits import Limit


class Now:
    def __init__(self) -> None:
        self.now = datetime(2023, 8, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_all_at_once_and_then_one_by_one() -> None:
    now = Now()
    limit = Limit(3, 60, now)
    assert [limit.wait("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a") == 20
    assert limit.wait("b") == 0
    now.now += timedelta(seconds=20)
    assert limit.wait("a") == 0
    assert limit.wait("a") == 20


def test_zero_is_no_limit() -> None:
    limit = Limit(0, 60, Now())
    assert not any(limit.wait("a") for _ in range(100))


def test_what_is_given_back_counts_no_more() -> None:
    limit = Limit(1, 60, Now())
    assert limit.wait("a") == 0
    limit.forget("a")
    assert limit.wait("a") == 0
    assert limit.wait("a") == 60


def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    now = Now()
    limit = Limit(60, 60, now)
    limit.wait("a")
    now.now -= timedelta(hours=1)
    assert limit.wait("a") == 0


@given(st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_allowed_in_any_window(pauses: list[float]) -> None:
    now = Now()
    limit = Limit(5, 60, now)
    admitted = []
    for pause in pauses:
        now.now += timedelta(seconds=pause)
        if not limit.wait("a"):
            admitted.append(now.now)
    for place, start in enumerate(admitted):
        window = [at for at in admitted[place:] if at < start + timedelta(seconds=60)]
        assert len(window) <= 2 * 5 - 1  # a full bucket, and what drips in meanwhile
