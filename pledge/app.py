"""Puts the parts together; the only place that does."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES

from pledge import logos, spreadsheets
from pledge.access_lines import access_lines
from pledge.admitting import Admitting
from pledge.amending import Amending
from pledge.arranging import Arranging
from pledge.attending import Attending
from pledge.auditing import Auditing
from pledge.authorities import read_roots
from pledge.certificate_files import CertificateFiles
from pledge.certifying import Certifying
from pledge.convening import Convening
from pledge.directing import Directing
from pledge.domain.exports import Format
from pledge.domain.links import Rotation
from pledge.domain.texts import LONGEST_TEXT
from pledge.editing import Editing
from pledge.entering import Entering
from pledge.erasing import Erasing
from pledge.exporting import MEDIA_TYPES, Exporting
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
from pledge.origins import remembered_origin
from pledge.outbound import Outbound
from pledge.printing import Printing
from pledge.publishing import Publishing
from pledge.register_keys import FollowedKeys
from pledge.registering import Registering
from pledge.rehearsing import Rehearsing
from pledge.reviewing import Reviewing
from pledge.scheduling import Scheduling
from pledge.sealing import load_seal
from pledge.secrets import Tokens, load_keys
from pledge.settings import Settings, read_settings
from pledge.signing import Signing
from pledge.staging import Staging
from pledge.stopping import Stopping
from pledge.store.database import UNAVAILABLE, Database, open_database, sqlite_url
from pledge.store.listening import Listening
from pledge.store.wakeups import Kind, WakeUp
from pledge.subscribing import Subscribing
from pledge.sweeping import Sweeping
from pledge.telling import Telling
from pledge.timestamping import Timestamping
from pledge.verifying import Verifying
from pledge.watching import Watching
from pledge.web import problems
from pledge.web.compressing import Compression
from pledge.web.forwarding import TrustedProxies
from pledge.web.guards import (
    AccessLog,
    BodyLimit,
    KeptSignPages,
    ReadableAddresses,
    SameOriginPosts,
    SecurityHeaders,
    UnexpectedErrors,
    security_headers,
)
from pledge.web.languages import LANGUAGES, translations
from pledge.web.limits import Limit
from pledge.web.routes import ROUTES
from pledge.web.services import Limits, Services
from pledge.web.sign_pages import SignPages
from pledge.web.streams import Streams

LARGEST_BODY = 192 * 1024
LARGEST_BELOW = {
    # Room for a picture that is too large, so that its form can say so.
    "/organizer/settings/": 8 * logos.LARGEST,
    "/organizer/roster/": spreadsheets.LARGEST + LARGEST_BODY,
    # A text in every language, in bytes of UTF-8.
    "/organizer/initiatives/": 4 * LONGEST_TEXT * len(LANGUAGES) + LARGEST_BODY,
}
_GZIP_LEVEL = 6
_COMPRESSED_ALREADY = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    MEDIA_TYPES[Format.XLSX],
    MEDIA_TYPES[Format.PDF],
)

_STAMP_SECONDS = 30.0
"""For which an authority's answer is waited for."""

_NOWHERE = "http://localhost"
"""The site's address before it was ever served."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def database_of(settings: Settings) -> Database:
    """The configured database, else SQLite in the data folder."""
    return open_database(address_of(settings), settings.database_connections)


def address_of(settings: Settings) -> str:
    """Of the database, wherever it is asked from."""
    return settings.database_url or sqlite_url(settings.data.resolve() / "pledge.db")


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now) -> Starlette:
    """The ASGI application. Its lifespan expects a data folder and a migrated database."""
    settings = settings or read_settings(os.environ)
    measures = Measures()
    app = Starlette(
        routes=ROUTES,
        lifespan=_lifespan(settings, clock, measures),
        middleware=[
            Middleware(TrustedProxies, trusted=settings.trusted_proxies),
            Middleware(KeptSignPages, measures=measures, secure=_is_secure(settings)),
            Middleware(AccessLog, measures=measures),
            Middleware(Streams),
            Middleware(SecurityHeaders, secure=_is_secure(settings)),
            Middleware(
                Compression,
                minimum_size=500,
                compresslevel=_GZIP_LEVEL,
                exclude_content_types=_COMPRESSED_ALREADY,
            ),
            Middleware(BodyLimit, most=LARGEST_BODY, below=LARGEST_BELOW),
            Middleware(UnexpectedErrors),
            Middleware(ReadableAddresses),
            Middleware(SameOriginPosts, base_url=settings.base_url),
        ],
        exception_handlers={
            HTTPException: problems.http_problem,
            **dict.fromkeys(UNAVAILABLE, problems.unavailable),
        },
    )
    # Its redirects would name whatever host the request names.
    app.router.redirect_slashes = False
    return app


def _lifespan(
    settings: Settings, clock: Clock, measures: Measures
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = database_of(settings)
        made = make_services(settings, database, clock, measures)
        app.state.services = made
        made.signing.start()
        made.feed.start()
        made.listening.start()
        made.directing.start()
        made.notifying.start()
        made.scheduling.start()
        made.attending.start()
        made.long_exports.start()
        made.timestamping.start()
        made.sweeping.start()
        made.indexing.start()
        try:
            with made.stopping.told(made.feed.close):
                yield
        finally:
            made.feed.close()
            made.directing.close()
            made.scheduling.close()
            made.attending.close()
            await made.listening.stop()
            await made.timestamping.stop()
            await made.notifying.stop()
            await made.long_exports.stop()
            await made.indexing.stop()
            await made.sweeping.stop()
            await made.signing.stop()
            await made.certifying.stop()
            await made.outbound.close()
            await database.close()
            access_lines.flush()

    return lifespan


def _is_secure(settings: Settings) -> bool:
    return settings.base_url.startswith("https:")


def _wake(feed: Feed, woken: WakeUp) -> None:
    match woken.kind:
        case Kind.MOVED:
            feed.announce(woken.subject, woken.newest)
        case Kind.DRAWN:
            feed.drawn(woken.subject, woken.newest)
        case _kind:
            feed.look()


def make_services(
    settings: Settings,
    database: Database,
    clock: Clock = utc_now,
    measures: Measures | None = None,
) -> Services:
    measures = measures or Measures()
    publishing = Publishing(database)
    listening = Listening(database, lambda woken: _wake(feed, woken))
    feed = Feed(
        publishing.frames,
        publishing.cursors,
        lambda ids: staging.newest(ids),
        is_woken=lambda: listening.hears,
    )
    staging = Staging(database, clock=clock, present=feed.present)
    outbound = Outbound(allow_private=settings.private_notices)
    telling = Telling(
        database,
        publishing,
        outbound,
        clock=clock,
        translate=lambda language: translations(language).gettext,
    )
    notifying = Notifying(database, telling, clock=clock)

    def announce(initiative_id: int, cursor: int) -> None:
        """What is committed is told to pages that listen, and to whoever subscribed to it."""
        feed.announce(initiative_id, cursor)
        notifying.announce()

    tokens = Tokens(load_keys(settings.secret_keys, settings.data))
    organizing = Organizing(database, clock=clock, announce=announce)
    inviting = Inviting(database, clock=clock)
    site = settings.base_url or remembered_origin(settings.data) or _NOWHERE
    registering = Registering(
        database, FollowedKeys(settings.register_keys, settings.data), site=site
    )
    data = settings.data.resolve()
    long_exports = LongExports(database, registering, address_of(settings), data, clock=clock)
    certificates = CertificateFiles(data)
    sweeping = Sweeping(database, clock=clock, forget=certificates.forget)
    return Services(
        settings=settings,
        clock=clock,
        tokens=tokens,
        publishing=publishing,
        signing=Signing(database, clock=clock, announce=announce, measures=measures),
        sign_pages=SignPages(
            publishing,
            tokens,
            database.written,
            headers=security_headers(secure=_is_secure(settings)),
            clock=clock,
        ),
        organizing=organizing,
        entering=Entering(database, clock=clock, session_hours=settings.session_hours),
        admitting=Admitting(database, clock=clock),
        mailing=Mailing(settings.smtp_url, settings.mail_from, clock=clock),
        attending=Attending(database, clock=clock),
        auditing=Auditing(database),
        arranging=Arranging(database, clock=clock, announce=announce),
        certifying=Certifying(
            database,
            publishing,
            certificates,
            site=site,
            seal=load_seal(settings.pdf_certificate, settings.pdf_passphrase),
        ),
        convening=Convening(database, clock=clock, announce=announce),
        founding=Founding(database, clock=clock),
        editing=Editing(database, clock=clock, announce=announce),
        scheduling=Scheduling(database, clock=clock, announce=announce),
        directing=Directing(database, clock=clock, announce=announce),
        moderating=Moderating(database, clock=clock, announce=announce),
        inviting=inviting,
        printing=Printing(
            database,
            tokens=tokens,
            clock=clock,
            roster=inviting.roster,
            newest_link=organizing.newest_link,
            standing_link=organizing.standing_link,
        ),
        amending=Amending(database, clock=clock, announce=announce),
        reviewing=Reviewing(database),
        linking=Linking(database, clock=clock, announce=announce),
        registering=registering,
        timestamping=Timestamping(
            database,
            registering,
            Outbound(
                allow_private=settings.private_notices, allow_plain=True, seconds=_STAMP_SECONDS
            ),
            authorities=settings.timestamp_urls,
            roots=read_roots(settings.timestamp_roots) if settings.timestamp_roots else (),
            every=timedelta(minutes=settings.timestamp_minutes),
            clock=clock,
        ),
        verifying=Verifying(database, publishing, registering),
        rehearsing=Rehearsing(database, clock=clock, announce=announce),
        staging=staging,
        watching=Watching(database, clock=clock),
        subscribing=Subscribing(database, telling, clock=clock, announce=notifying.announce),
        notifying=notifying,
        outbound=outbound,
        rotation=Rotation(
            timedelta(seconds=settings.screen_seconds), timedelta(seconds=settings.screen_admits)
        ),
        exporting=Exporting(database, registering, clock=clock),
        long_exports=long_exports,
        erasing=Erasing(
            database,
            clock=clock,
            announce=announce,
            forget=long_exports.forget,
            sweep=sweeping.want,
        ),
        sweeping=sweeping,
        indexing=Indexing(database),
        feed=feed,
        listening=listening,
        stopping=Stopping(drain_seconds=settings.drain_seconds),
        observing=Observing(database, feed, measures, clock=clock),
        measures=measures,
        limits=Limits(
            link=Limit(settings.link_limit, 60, clock),
            device=Limit(settings.device_limit, 600, clock),
            attempt=Limit(30, 60, clock),
            login=Limit(10, 900, clock),
            code=Limit(10, 900, clock),
            account=Limit(60, 3600, clock),
        ),
    )
