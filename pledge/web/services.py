"""What the handlers work with; `app` makes it, once a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from pledge.admitting import Admitting
from pledge.amending import Amending
from pledge.arranging import Arranging
from pledge.attending import Attending
from pledge.auditing import Auditing
from pledge.certifying import Certifying
from pledge.convening import Convening
from pledge.directing import Directing
from pledge.domain.links import Rotation
from pledge.editing import Editing
from pledge.entering import Entering
from pledge.erasing import Erasing
from pledge.exporting import Exporting
from pledge.feed import Feed
from pledge.founding import Founding
from pledge.indexing import Indexing
from pledge.inviting import Inviting
from pledge.linking import Linking
from pledge.long_exports import LongExports
from pledge.mailing import Mailing
from pledge.measures import Measures
from pledge.moderating import Moderating
from pledge.notifying import Notifying
from pledge.observing import Observing
from pledge.organizing import Organizing
from pledge.outbound import Outbound
from pledge.printing import Printing
from pledge.publishing import Publishing
from pledge.registering import Registering
from pledge.rehearsing import Rehearsing
from pledge.reviewing import Reviewing
from pledge.scheduling import Scheduling
from pledge.secrets import Tokens
from pledge.settings import Settings
from pledge.signing import Signing
from pledge.staging import Staging
from pledge.stopping import Stopping
from pledge.store.listening import Listening
from pledge.subscribing import Subscribing
from pledge.sweeping import Sweeping
from pledge.timestamping import Timestamping
from pledge.verifying import Verifying
from pledge.watching import Watching
from pledge.web.limits import Limit
from pledge.web.sign_pages import SignPages


@dataclass(frozen=True)
class Limits:
    """Never by address alone: four hundred phones share one (rule 9)."""

    link: Limit
    device: Limit
    attempt: Limit
    login: Limit
    """Of passwords, by account and address: a colleague on the same network is never locked out."""
    code: Limit
    """Of second factors, in the same way."""
    account: Limit
    """Of second factors by account alone: six digits could be guessed from many addresses, and
    nobody comes to guess them who has not the password."""


@dataclass(frozen=True)
class Services:
    settings: Settings
    clock: Callable[[], datetime]
    tokens: Tokens
    publishing: Publishing
    signing: Signing
    sign_pages: SignPages
    organizing: Organizing
    attending: Attending
    entering: Entering
    admitting: Admitting
    mailing: Mailing
    auditing: Auditing
    arranging: Arranging
    certifying: Certifying
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
    registering: Registering
    timestamping: Timestamping
    verifying: Verifying
    rehearsing: Rehearsing
    staging: Staging
    watching: Watching
    subscribing: Subscribing
    notifying: Notifying
    outbound: Outbound
    rotation: Rotation
    exporting: Exporting
    long_exports: LongExports
    erasing: Erasing
    sweeping: Sweeping
    indexing: Indexing
    feed: Feed
    listening: Listening
    stopping: Stopping
    observing: Observing
    measures: Measures
    limits: Limits


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found
