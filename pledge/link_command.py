"""The command `pledge link`."""

import os
from datetime import datetime

import click

from pledge.domain.links import LONGEST_LINK_NAME, MOST_USES, Limits, LinkKind
from pledge.domain.names import InvalidValue, company_name
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Company
from pledge.domain.uscc import uscc
from pledge.errors import NotFound
from pledge.settings import read_settings
from pledge.site import origin_of, with_services
from pledge.web.services import Services

_WHEN = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])


@click.command()
@click.argument("slug")
@click.option(
    "--kind",
    required=True,
    type=click.Choice([kind.value for kind in LinkKind]),
    help="poster: for everybody; screen: for the hall, of this moment; invitation: for one "
    "company; kiosk: for a tablet on which many sign.",
)
@click.option("--meeting", default="", help="Key of the meeting; the latest one if not given.")
@click.option("--company", default="", help="The invited company; invitations need one.")
@click.option("--uscc", "code", default="", help="The invited company's code, if known.")
@click.option(
    "--stage", is_flag=True, help="A kiosk on the stage: the walls show what is being drawn."
)
@click.option("--name", default="", help="What organizers call it.")
@click.option(
    "--most",
    type=click.IntRange(1, MOST_USES),
    help="How many may sign through it; not for an invitation, which is for one company.",
)
@click.option("--from", "from_", type=_WHEN, help="When it begins to admit, in the meeting's zone.")
@click.option("--until", type=_WHEN, help="When it ends, in the meeting's zone.")
def link(
    slug: str,
    kind: str,
    meeting: str,
    company: str,
    code: str,
    stage: bool,
    name: str,
    most: int | None,
    from_: datetime | None,
    until: datetime | None,
) -> None:
    """Make a signing link and print its address."""
    settings = read_settings(os.environ)
    if (kind == LinkKind.INVITATION) != bool(company):
        raise click.UsageError("--company goes with --kind invitation, and only with it")
    if stage and kind != LinkKind.KIOSK:
        raise click.UsageError("--stage goes with --kind kiosk")
    if most and kind == LinkKind.INVITATION:
        raise click.UsageError("--most does not go with --kind invitation")
    if len(name) > LONGEST_LINK_NAME:
        raise click.UsageError(f"--name takes {LONGEST_LINK_NAME} characters at most")
    if from_ and until and until <= from_:
        raise click.UsageError("--until must be later than --from")

    async def create(made: Services) -> str:
        origin = origin_of(settings)
        invited = _company(company, code) if company else None
        if kind == LinkKind.SCREEN and not (name or most or from_ or until):
            created = await made.organizing.screen_link(slug, meeting=meeting)
            if created is None:
                raise NotFound(f"no screen link of {slug} admits now; make one with --name")
        else:
            initiative_id = await made.organizing.initiative_id(slug)
            at = await made.linking.meeting(initiative_id, meeting)
            created = await made.linking.create(
                initiative_id,
                LinkKind(kind),
                by=OPERATOR,
                meeting=at.key,
                company=invited,
                stage=stage,
                name=name.strip(),
                limits=Limits(
                    most, at.instant(from_) if from_ else None, at.instant(until) if until else None
                ),
            )
        if kind == LinkKind.SCREEN:
            return f"{origin}/s/{made.tokens.code(created.id, made.clock())}"
        return f"{origin}/s/{made.tokens.link(created.id)}"

    click.echo(with_services(settings, create))


def _company(name: str, code: str) -> Company:
    try:
        return Company(company_name(name), uscc(code))
    except InvalidValue as invalid:
        raise click.UsageError(f"--company or --uscc: {invalid}") from None
