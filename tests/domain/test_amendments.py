"""When two entries look like one company, and what a correction keeps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pledge.domain.amendments import correction, is_same_act, look_alike, replacement
from pledge.domain.initiatives import Approval
from pledge.domain.links import Vouched
from pledge.domain.signatures import Company, Person, Signature

CODES = ("91510000MA0000001F", "91510000MA0000002J")
AT = datetime(2023, 8, 10, 2, 0, tzinfo=UTC)
ENTRY = Signature(
    number=3,
    index=5,
    receipt="receipt",
    attempt="attempt",
    meeting_id=1,
    company=Company("示例一公司"),
    person=Person("张某某", "经理", "13800000000", publish=True),
    vouched=Vouched.INVITED,
    text="digest",
    signed_at=AT,
    device="browser",
    ink="ink",
    awaits=Approval.INK,
)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Company("示例有限公司"), Company("示例股份有限公司"), True),
        (Company("示例（四川）有限公司"), Company("示例有限公司", CODES[0]), True),
        (Company("示例有限公司"), Company("样本有限公司"), False),
        (Company("示例有限公司", CODES[0]), Company("样本有限公司", CODES[0]), True),
        (Company("示例有限公司", CODES[0]), Company("示例有限公司", CODES[1]), False),
    ],
)
def test_two_codes_never_look_like_one_company(one: Company, other: Company, alike: bool) -> None:
    assert look_alike(one, other) is look_alike(other, one) is alike


def test_only_a_correction_is_of_the_same_act() -> None:
    corrected = correction(
        ENTRY, Company("示例二公司"), ENTRY.person, number=4, index=7, receipt="another"
    )
    replaced = replacement(
        ENTRY, Person("李某某"), number=4, index=7, receipt="x", at=AT + timedelta(hours=1)
    )
    assert is_same_act(ENTRY, corrected)
    assert not is_same_act(ENTRY, replaced)
    assert not is_same_act(ENTRY, replace(corrected, replaces=1))
    assert (corrected.ink, corrected.awaits) == ("ink", Approval.INK)
    assert (replaced.ink, replaced.awaits, replaced.device) == ("", Approval.NOTHING, "")
