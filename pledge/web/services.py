"""What the handlers work with; `app` makes it, once a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from pledge.amending import Amending
from pledge.arranging import Arranging
from pledge.attending import Attending
from pledge.auditing import Auditing
from pledge.convening import Convening
from pledge.directing import Directing
from pledge.domain.links import Rotation
from pledge.editing import Editing
from pledge.exporting import Exporting
from pledge.feed import Feed
from pledge.founding import Founding
from pledge.inviting import Inviting
from pledge.linking import Linking
from pledge.moderating import Moderating
from pledge.organizing import Organizing
from pledge.printing import Printing
from pledge.publishing import Publishing
from pledge.rehearsing import Rehearsing
from pledge.reviewing import Reviewing
from pledge.scheduling import Scheduling
from pledge.secrets import Tokens
from pledge.settings import Settings
from pledge.signing import Signing
from pledge.staging import Staging
from pledge.web.limits import Limit


@dataclass(frozen=True)
class Limits:
    """Never by address alone: four hundred phones share one (rule 9)."""

    link: Limit
    device: Limit
    attempt: Limit
    login: Limit


@dataclass(frozen=True)
class Services:
    settings: Settings
    clock: Callable[[], datetime]
    tokens: Tokens
    publishing: Publishing
    signing: Signing
    organizing: Organizing
    attending: Attending
    auditing: Auditing
    arranging: Arranging
    convening: Convening
    founding: Founding
    editing: Editing
    scheduling: Scheduling
    directing: Directing
    moderating: Moderating
    amending: Amending
    reviewing: Reviewing
    inviting: Inviting
    printing: Printing
    linking: Linking
    rehearsing: Rehearsing
    staging: Staging
    rotation: Rotation
    exporting: Exporting
    feed: Feed
    limits: Limits


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found
