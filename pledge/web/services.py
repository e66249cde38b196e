"""What the handlers work with; `app` makes it, once a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from pledge.auditing import Auditing
from pledge.directing import Directing
from pledge.domain.links import Rotation
from pledge.exporting import Exporting
from pledge.feed import Feed
from pledge.inviting import Inviting
from pledge.long_exports import LongExports
from pledge.moderating import Moderating
from pledge.organizing import Organizing
from pledge.publishing import Publishing
from pledge.rehearsing import Rehearsing
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
    auditing: Auditing
    directing: Directing
    moderating: Moderating
    inviting: Inviting
    rehearsing: Rehearsing
    staging: Staging
    rotation: Rotation
    exporting: Exporting
    long_exports: LongExports
    feed: Feed
    limits: Limits


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found
