"""What comes of a proposal: rule 1 (one standing signature a company) and its neighbours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.initiatives import Approval, Status
from pledge.domain.links import LinkEnd, LinkKind, SigningLink, Vouched
from pledge.domain.signatures import (
    AlreadySigned,
    Company,
    LinkEnded,
    NotOpen,
    Outcome,
    Person,
    Proposal,
    Signatories,
    Signature,
    TextChanged,
    accepted,
    refusal,
)
from pledge.domain.standing import Standing

NOW = datetime(2023, 8, 10, 2, 42, 17, tzinfo=UTC)
OPEN = Standing(Status.OPEN, total=0, cursor=0, revision=1)
LINK = SigningLink(1, 1, 1, LinkKind.POSTER)
PROPOSAL = Proposal(
    LINK, "an-attempt-of-mine", "the text", Company("示例有限公司"), Person("张某某"), "r"
)


def decided(
    proposal: Proposal, *, signed: tuple[Proposal, ...] = (), status: Status = Status.OPEN
) -> Outcome | None:
    standing = {
        number: accepted(
            earlier, LINK, number=number, index=number, at=NOW, approval=Approval.NOTHING
        )
        for number, earlier in enumerate(signed, start=1)
    }
    return refusal(
        proposal,
        proposal.link,
        standing=replace(OPEN, status=status),
        text="the text",
        signatories=Signatories(standing),
        now=NOW,
    )


def of(name: str, uscc: str = "") -> Proposal:
    return replace(PROPOSAL, company=Company(name, uscc))


def test_nothing_stands_in_the_way() -> None:
    assert decided(PROPOSAL) is None


@pytest.mark.parametrize("status", [Status.DRAFT, Status.CLOSED])
def test_only_open_initiatives_are_signed(status: Status) -> None:
    assert decided(PROPOSAL, status=status) == NotOpen(status)


def test_a_link_that_has_ended_does_not_admit() -> None:
    revoked = replace(LINK, revoked_at=NOW)
    expired = replace(LINK, expires_at=NOW)
    later = replace(LINK, expires_at=NOW + timedelta(microseconds=1))
    assert decided(replace(PROPOSAL, link=revoked)) == LinkEnded(LinkEnd.REVOKED)
    assert decided(replace(PROPOSAL, link=expired)) == LinkEnded(LinkEnd.EXPIRED)
    assert decided(replace(PROPOSAL, link=later)) is None


def test_the_text_that_was_shown_is_the_text_that_is_signed() -> None:
    assert decided(replace(PROPOSAL, text="an older text")) == TextChanged()


def test_a_company_that_has_signed_is_told_so_before_it_reads_a_newer_text() -> None:
    older = replace(PROPOSAL, text="an older text")
    assert isinstance(decided(older, signed=(PROPOSAL,)), AlreadySigned)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (of("示例公司"), of("示例公司"), True),
        (of("示例（四川）公司"), of("示例(四川) 公司"), True),
        (of("示例公司", "A"), of("改名公司", "A"), True),
        (of("示例公司", "A"), of("示例公司"), True),
        (of("示例公司"), of("示例公司", "A"), True),
        (of("示例公司", "A"), of("示例公司", "B"), False),
        (of("示例公司"), of("示范公司"), False),
    ],
)
def test_when_two_signings_are_of_one_company(
    first: Proposal, second: Proposal, same: bool
) -> None:
    assert isinstance(decided(second, signed=(first,)), AlreadySigned) is same


companies = st.builds(
    of, st.sampled_from(["示例公司", "示例 公司", "示范公司"]), st.sampled_from(["", "A", "B"])
)


@given(st.lists(companies, max_size=12))
def test_no_company_ever_stands_twice(proposals: list[Proposal]) -> None:
    standing: tuple[Proposal, ...] = ()
    for proposal in proposals:
        if decided(proposal, signed=standing) is None:
            standing += (proposal,)
    codes = [proposal.company.uscc for proposal in standing if proposal.company.uscc]
    assert len(codes) == len(set(codes))
    nameless = [proposal.company.key for proposal in standing if not proposal.company.uscc]
    assert len(nameless) == len(set(nameless))
    with_code = {proposal.company.key for proposal in standing if proposal.company.uscc}
    assert not with_code & set(nameless)


@pytest.mark.parametrize(
    ("kind", "vouched"),
    [
        (LinkKind.INVITATION, Vouched.INVITED),
        (LinkKind.SCREEN, Vouched.PRESENT),
        (LinkKind.KIOSK, Vouched.PRESENT),
        (LinkKind.POSTER, Vouched.OPEN),
    ],
)
def test_the_link_says_how_strongly_a_signature_is_vouched_for(
    kind: LinkKind, vouched: Vouched
) -> None:
    proposal = replace(PROPOSAL, link=replace(LINK, kind=kind))
    signed = accepted(proposal, proposal.link, number=1, index=1, at=NOW, approval=Approval.NOTHING)
    assert signed.vouched is vouched


def test_only_the_browser_that_signed_learns_of_the_receipt() -> None:
    signed = replace(PROPOSAL, device="a digest")
    for device, receipt in (("a digest", "r"), ("another", ""), ("", "")):
        outcome = decided(replace(PROPOSAL, device=device), signed=(signed,))
        assert outcome == AlreadySigned(NOW, 1, receipt)
    assert decided(PROPOSAL, signed=(PROPOSAL,)) == AlreadySigned(NOW, 1, "")


kinds = st.sampled_from(LinkKind)
signings = st.builds(
    lambda of, kind, text: replace(of, link=replace(LINK, kind=kind), text=text),
    companies,
    kinds,
    st.sampled_from(["the first text", "the second text", "the text"]),
)


@given(st.lists(signings, max_size=12), st.sets(st.sampled_from(["the first text", "the text"])))
def test_whoever_is_asked_again_is_replaced_by_nobody_less_vouched_for(
    proposals: list[Proposal], asked: set[str]
) -> None:
    """Every text is the current one in its turn; no company ever stands twice."""
    standing: dict[int, Signature] = {}
    for number, proposal in enumerate(proposals, start=1):
        superseded = asked - {proposal.text}
        signatories = Signatories(standing)
        refused = refusal(
            proposal,
            proposal.link,
            standing=OPEN,
            text=proposal.text,
            signatories=signatories,
            now=NOW,
            superseded=superseded,
        )
        found = signatories.all_of(proposal.company)
        if refused is not None:
            assert found
            continue
        assert len(found) <= 1
        for earlier in found:
            assert earlier.text in superseded
            assert proposal.link.kind.vouched.at_least(earlier.vouched)
            del standing[earlier.number]
        standing[number] = accepted(
            proposal,
            proposal.link,
            number=number,
            index=number,
            at=NOW,
            approval=Approval.NOTHING,
            replaces=next(iter(found), None),
        )
    for signature in standing.values():
        assert Signatories(standing).all_of(signature.company) == [signature]
