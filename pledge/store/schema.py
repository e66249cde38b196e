"""The tables, for SQLite and PostgreSQL alike.

Migrations in `store/migrations` build them; a test holds the two against each other.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An instant in UTC with microseconds (rule 11). SQLite, which knows no zones, drops it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _line(most: int) -> String:
    """Text of so many characters, for columns that hold one line or a name of our own."""
    return String(most).with_variant(String(most, collation="C"), "postgresql")


# Ordered and told apart by its bytes, on PostgreSQL as on SQLite: there the order of a server's own
# language would hold, which changes with its operating system, and leaves indexes of texts wrong.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")

# All of SQLite's integers are large, and it numbers rows by INTEGER keys only.
_LARGE = BigInteger().with_variant(Integer, "sqlite")
Id = _LARGE


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _initiative(**more: Any) -> Column[int]:
    return Column("initiative_id", Id, ForeignKey("initiative.id"), nullable=False, **more)


initiative = Table(
    "initiative",
    metadata,
    _id(),
    Column("slug", _line(80), nullable=False, unique=True),
    Column("organs", JSON, nullable=False),
    Column("privacy", JSON, nullable=False),
    Column("contact", JSON, nullable=False),
    Column("note", JSON, nullable=False),
    Column("letterings", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Which fields the form asks for, and what of a signature the public sees.
    Column("asks", JSON, nullable=False, server_default="{}"),
    Column("shows", JSON, nullable=False, server_default="{}"),
    # A rehearsal is an initiative of its own beside the real one, for as long as it lasts: the
    # meeting that it stands in for leads its links there.
    Column(
        "rehearses",
        Id,
        ForeignKey("meeting.id", name="fk_initiative_rehearses", use_alter=True),
    ),
    Index("uq_initiative_rehearses", "rehearses", unique=True),
)

# The hot row of an initiative: locked first by whoever signs, so that numbers have no gaps and the
# feed one order. `revision` grows with every change of what is published.
head = Table(
    "head",
    metadata,
    _initiative(primary_key=True, autoincrement=False),
    Column("status", _line(10), nullable=False),
    Column("text_digest", _line(64), nullable=False),
    Column("revision", _LARGE, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    Column("last_cursor", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    # How many entries the register has; nothing in a rehearsal, which registers nothing.
    Column("registered", BigInteger),
    Column("closed_at", Instant),
    Column("opens_at", Instant),
    Column("closes_at", Instant),
    Column("approval", _line(4), nullable=False, server_default=""),
    Column("scene", _line(10), nullable=False, server_default=""),
    Column("scene_page", _LARGE),
    Column("scene_at", Instant),
    Column("scene_ends_at", Instant),
)

text_version = Table(
    "text_version",
    metadata,
    _initiative(primary_key=True),
    Column("digest", _line(64), primary_key=True),
    Column("number", _LARGE, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Whoever has signed this version is asked to sign a later one too.
    Column("superseded", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("initiative_id", "number"),
)

text_body = Table(
    "text_body",
    metadata,
    Column("initiative_id", Id, primary_key=True),
    Column("digest", _line(64), primary_key=True),
    Column("language", _line(10), primary_key=True),
    Column("position", _LARGE, nullable=False),
    Column("title", TEXT, nullable=False),
    Column("markdown", TEXT, nullable=False),
    Column("sha256", _line(64), nullable=False),
    ForeignKeyConstraint(
        ["initiative_id", "digest"], ["text_version.initiative_id", "text_version.digest"]
    ),
)

# What an organizer is writing; nobody else sees it before it is published as a version.
text_draft = Table(
    "text_draft",
    metadata,
    _initiative(primary_key=True, autoincrement=False),
    Column("texts", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", _line(254), nullable=False),
)

# The mark of the bodies that call for an initiative, as it was checked and written anew.
logo = Table(
    "logo",
    metadata,
    _initiative(primary_key=True, autoincrement=False),
    Column("media_type", _line(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", _line(64), nullable=False),
)

meeting = Table(
    "meeting",
    metadata,
    _id(),
    _initiative(),
    Column("key", _line(80), nullable=False),
    Column("position", _LARGE, nullable=False),
    Column("place", JSON, nullable=False),
    Column("event", JSON, nullable=False),
    Column("date", _line(10), nullable=False),
    Column("zone", _line(60), nullable=False),
    Column("venue", JSON, nullable=False, server_default="{}"),
    Column("time", _line(5), nullable=False, server_default=""),
    Column("total", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("initiative_id", "key"),
)

signing_link = Table(
    "signing_link",
    metadata,
    _id(),
    _initiative(),
    Column("meeting_id", Id, ForeignKey("meeting.id"), nullable=False),
    Column("kind", _line(12), nullable=False),
    Column("company", TEXT, nullable=False, server_default=""),
    Column("company_key", TEXT, nullable=False, server_default=""),
    Column("uscc", _line(18), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("stage", Boolean, nullable=False, server_default=false()),
    Column("name", TEXT, nullable=False, server_default=""),
    Column("admits_from", Instant),
    Column("most", BigInteger),
    Column("used", BigInteger, nullable=False, server_default="0"),
    Column("used_at", Instant),
    Index(None, "initiative_id", "kind", "company_key"),
)

signature = Table(
    "signature",
    metadata,
    _initiative(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("cursor", BigInteger, nullable=False),
    Column("receipt", _line(32), nullable=False, unique=True),
    Column("attempt", _line(64), nullable=False),
    Column("meeting_id", Id, ForeignKey("meeting.id"), nullable=False),
    Column("link_id", Id, ForeignKey("signing_link.id"), nullable=False),
    Column("company", TEXT, nullable=False),
    Column("company_key", TEXT, nullable=False),
    Column("uscc", _line(18), nullable=False),
    Column("representative", TEXT, nullable=False),
    Column("title", TEXT, nullable=False),
    Column("phone", TEXT, nullable=False),
    Column("publish", Boolean, nullable=False),
    Column("vouched", _line(10), nullable=False),
    Column("text_digest", _line(64), nullable=False),
    Column("signed_at", Instant, nullable=False),
    Column("state", _line(10), nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("device", _line(64), nullable=False),
    Column("ink", TEXT, nullable=False, server_default=""),
    Column("awaits", _line(4), nullable=False, server_default=""),
    # A new entry in place of an old one, which stays: both say so.
    Column("replaces", BigInteger),
    Column("replaced_by", BigInteger),
    Column("assisted", Boolean, nullable=False, server_default=false()),
    # The name without what companies leave out of it (domain.rosters.short_name): by it names are
    # indexed.
    Column("short_key", TEXT, nullable=False, server_default=""),
    # Index of its entry in the register, and the keys of what that commits to. Erasing a person
    # empties the person's fields with their salt.
    Column("entry", BigInteger),
    Column("company_salt", LargeBinary),
    Column("person_salt", LargeBinary),
    Column("erased_at", Instant),
    ForeignKeyConstraint(
        ["initiative_id", "text_digest"], ["text_version.initiative_id", "text_version.digest"]
    ),
    UniqueConstraint("initiative_id", "attempt"),
    UniqueConstraint("initiative_id", "cursor"),
    # One standing signature a company (rule 1). That a name without a code meets the same name
    # with one is seen under the head's lock; these two are the judges of last resort.
    #
    # Names come in no order: each index by them costs whoever signs a page of its own, read and
    # written. So one finds names, tells those that stand without a code apart, and finds what may
    # be the same company, whose short keys are the same.
    Index(
        "uq_signature_name",
        "initiative_id",
        "short_key",
        "company_key",
        text("(CASE WHEN state = 'standing' AND uscc = '' THEN 0 ELSE number END)"),
        unique=True,
    ),
    Index(
        "uq_signature_standing_uscc",
        "initiative_id",
        "uscc",
        unique=True,
        sqlite_where=text("state = 'standing' AND uscc <> ''"),
        postgresql_where=text("state = 'standing' AND uscc <> ''"),
    ),
    Index(
        "ix_signature_attention",
        "initiative_id",
        "number",
        sqlite_where=text("awaits <> '' OR hidden"),
        postgresql_where=text("awaits <> '' OR hidden"),
    ),
    # What ended is little, and is looked for by itself.
    Index(
        "ix_signature_ended",
        "initiative_id",
        "number",
        sqlite_where=text("state <> 'standing'"),
        postgresql_where=text("state <> 'standing'"),
    ),
    Index("ix_signature_meeting", "initiative_id", "meeting_id", "number"),
    Index("ix_signature_meeting_cursor", "initiative_id", "meeting_id", "cursor"),
    Index("ix_signature_link", "initiative_id", "link_id", "number"),
    Index(
        "ix_signature_replaced",
        "initiative_id",
        "replaced_by",
        sqlite_where=text("replaced_by IS NOT NULL"),
        postgresql_where=text("replaced_by IS NOT NULL"),
    ),
)

# How many entries the public sees in each span of numbers, at each meeting: so a page of the list
# finds its entries, and a count is a sum of few rows (store.spans).
shown_span = Table(
    "shown_span",
    metadata,
    _initiative(primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("span", BigInteger, primary_key=True, autoincrement=False),
    Column("meeting_id", Id, ForeignKey("meeting.id"), primary_key=True, autoincrement=False),
    Column("shown", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Up to which number the names of an initiative can be looked up in `name_gram`.
name_index = Table(
    "name_index",
    metadata,
    _initiative(primary_key=True, autoincrement=False),
    Column("indexed", BigInteger, nullable=False),
)

# Which entries hold a term: two characters side by side, mostly (store.name_index).
name_gram = Table(
    "name_gram",
    metadata,
    _initiative(primary_key=True),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("gram", LargeBinary, primary_key=True),
    Column("numbers", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What happened, in the order in which everybody is told: the truth behind live pages and walls.
feed = Table(
    "feed",
    metadata,
    _initiative(primary_key=True),
    Column("cursor", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", _line(10), nullable=False),
    Column("number", BigInteger),
    Column("status", _line(10)),
    Column("total", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("subject", BigInteger),
    # Why something is no longer shown: hidden, withdrawn, or replaced by another entry.
    Column("cause", _line(10), nullable=False, server_default=""),
)

# The register: its entries, in canonical JSON, and the hashes of its tree (C2SP, tlog-tiles).
register_entry = Table(
    "register_entry",
    metadata,
    _initiative(primary_key=True),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
    # The entry that this one is about, as it says itself: so is found what became of that.
    Column("refers", BigInteger),
    Index(
        "ix_register_entry_refers",
        "initiative_id",
        "refers",
        sqlite_where=text("refers IS NOT NULL"),
        postgresql_where=text("refers IS NOT NULL"),
    ),
)

register_tile = Table(
    "register_tile",
    metadata,
    _initiative(primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

# What time stamping authorities have said of checkpoints (RFC 3161).
register_stamp = Table(
    "register_stamp",
    metadata,
    _id(),
    _initiative(),
    Column("authority", TEXT, nullable=False),
    Column("size", BigInteger, nullable=False),
    # The signed note that was stamped, byte for byte.
    Column("checkpoint", TEXT, nullable=False),
    # When it was asked last.
    Column("asked_at", Instant, nullable=False),
    # When the authority says it was; nothing while it has not answered.
    Column("stamped_at", Instant),
    Column("response", LargeBinary),
    Column("fault", TEXT, nullable=False, server_default=""),
    # Of one that has not answered: how often that has failed, when it is asked again, and who asks.
    Column("attempts", _LARGE, nullable=False, server_default="0"),
    Column("next_at", Instant),
    Column("leased_until", Instant),
    Index(None, "initiative_id", "id"),
    Index(
        "uq_register_stamp_waiting",
        "initiative_id",
        "authority",
        unique=True,
        sqlite_where=text("stamped_at IS NULL"),
        postgresql_where=text("stamped_at IS NULL"),
    ),
)

# What was erased, until nothing of it is left in the files of the database either, and afterwards
# as well: whoever keeps files made of these entries learns here which of them must go.
erasure = Table(
    "erasure",
    metadata,
    _id(),
    _initiative(),
    Column("numbers", JSON, nullable=False),
    Column("erased_at", Instant, nullable=False),
    Column("swept_at", Instant),
    # Why sweeping came to nothing the last time, and until when somebody is at it.
    Column("fault", _line(10), nullable=False, server_default=""),
    Column("leased_until", Instant),
    Index(None, "initiative_id", "id"),
)

# How many signed in each minute at each meeting: what the dashboard draws.
pace = Table(
    "pace",
    metadata,
    _initiative(primary_key=True),
    Column("meeting_id", Id, ForeignKey("meeting.id"), primary_key=True, autoincrement=False),
    Column("minute", Instant, primary_key=True),
    Column("signed", BigInteger, nullable=False),
)

# The walls and kiosks that have been heard of lately.
presence = Table(
    "presence",
    metadata,
    _initiative(primary_key=True),
    Column("name", _line(64), primary_key=True),
    Column("kind", _line(12), nullable=False),
    Column("meeting_id", Id, ForeignKey("meeting.id")),
    Column("seen_at", Instant, nullable=False),
    # When it was closed; one that lost its connection has nothing to say.
    Column("left_at", Instant),
)

# What was frozen each time that an initiative was launched.
launch = Table(
    "launch",
    metadata,
    _initiative(primary_key=True),
    Column("cursor", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("text_digest", _line(64), nullable=False),
    Column("list_digest", _line(64), nullable=False),
)

# By which keys the nodes on one database are known; nothing of the keys themselves.
known_key = Table(
    "known_key",
    metadata,
    Column("kind", _line(10), primary_key=True),
    Column("fingerprint", _line(16), primary_key=True),
)

# What is being drawn on the stage right now: one row an initiative, no history.
stage = Table(
    "stage",
    metadata,
    _initiative(primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("shown", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

# The rosters: who is invited to which meeting, each with a link of its own.
invitation = Table(
    "invitation",
    metadata,
    _id(),
    _initiative(),
    Column("meeting_id", Id, ForeignKey("meeting.id"), nullable=False),
    Column("link_id", Id, ForeignKey("signing_link.id"), nullable=False),
    Column("company", TEXT, nullable=False),
    Column("company_key", TEXT, nullable=False),
    Column("uscc", _line(18), nullable=False),
    Column("contact", TEXT, nullable=False),
    Column("phone", TEXT, nullable=False),
    Column("seat", TEXT, nullable=False),
    # By it rosters are in the order of their tables: A-2 before A-10 (domain.seats).
    Column("seat_key", TEXT, nullable=False, server_default=""),
    Column("grouping", TEXT, nullable=False),
    Column("note", TEXT, nullable=False),
    Column("extra", JSON, nullable=False),
    Column("confirmed", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    # By it the company's signature is found.
    Column("short_key", TEXT, nullable=False, server_default=""),
    UniqueConstraint("meeting_id", "company_key", "uscc"),
    Index(None, "initiative_id", "meeting_id"),
)

# A table that was sent in and is being looked through; nothing of it is on a roster yet.
roster_draft = Table(
    "roster_draft",
    metadata,
    Column("name", _line(32), primary_key=True),
    _initiative(),
    Column("meeting_id", Id, ForeignKey("meeting.id"), nullable=False),
    Column("file", TEXT, nullable=False),
    Column("table", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "created_at"),
)

organizer = Table(
    "organizer",
    metadata,
    _id(),
    Column("email", _line(254), nullable=False, unique=True),
    Column("password", _line(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    # Whether this account may make initiatives; without, it works in those it is invited to.
    Column("creates", Boolean, nullable=False, server_default=true()),
    # The secret of the second factor (RFC 6238), and the last time step that has been used.
    Column("totp", _line(64), nullable=False, server_default=""),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    # Written every few minutes while the account is used.
    Column("seen_at", Instant),
)

role = Table(
    "role",
    metadata,
    Column("organizer_id", Id, ForeignKey("organizer.id"), primary_key=True),
    _initiative(primary_key=True),
    Column("role", _line(10), nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("digest", _line(64), primary_key=True),
    Column("organizer_id", Id, ForeignKey("organizer.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("seen_at", Instant),
    Column("agent", TEXT, nullable=False, server_default=""),
    Index(None, "expires_at"),
)

# Links that let somebody in once: to join an initiative, or to choose a new password.
admission = Table(
    "admission",
    metadata,
    _id(),
    Column("digest", _line(64), nullable=False, unique=True),
    Column("initiative_id", Id, ForeignKey("initiative.id")),
    Column("email", _line(254), nullable=False),
    Column("role", _line(10), nullable=False),
    Column("creates", Boolean, nullable=False, server_default=false()),
    Column("invited_by", _line(254), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    Index(None, "initiative_id"),
)

# Who did what, when, and why: rows are added and never changed.
audit = Table(
    "audit",
    metadata,
    _id(),
    Column("initiative_id", Id, ForeignKey("initiative.id")),
    Column("at", Instant, nullable=False),
    Column("who", _line(254), nullable=False),
    Column("action", _line(40), nullable=False),
    Column("subject", TEXT, nullable=False, server_default=""),
    Column("number", BigInteger),
    Column("reason", TEXT, nullable=False, server_default=""),
    Column("before", JSON, nullable=False, server_default="{}"),
    Column("after", JSON, nullable=False, server_default="{}"),
    Index(None, "initiative_id", "id"),
    Index(None, "initiative_id", "number"),
)

# Exports that are being made, or wait to be fetched; their files are in the data folder.
export = Table(
    "export",
    metadata,
    Column("name", _line(32), primary_key=True),
    _initiative(),
    Column("who", _line(254), nullable=False),
    Column("options", JSON, nullable=False),
    Column("state", _line(10), nullable=False),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("sha256", _line(64), nullable=False, server_default=""),
    Column("fault", TEXT, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    # Whoever makes it says so every second or so: one that falls silent has ended.
    Column("beat_at", Instant),
    Column("finished_at", Instant),
    Index(None, "initiative_id", "created_at"),
)

# To whom is told what happens. The feed is the outbox: each target has its own cursor there.
notice_target = Table(
    "notice_target",
    metadata,
    _id(),
    _initiative(),
    Column("kind", _line(10), nullable=False),
    Column("name", TEXT, nullable=False, server_default=""),
    Column("address", TEXT, nullable=False),
    Column("secret", TEXT, nullable=False, server_default=""),
    Column("events", JSON, nullable=False),
    Column("language", _line(10), nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("created_at", Instant, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("attempts", _LARGE, nullable=False, server_default="0"),
    Column("next_at", Instant),
    Column("leased_until", Instant),
    Column("delivered_at", Instant),
    Column("answer", TEXT, nullable=False, server_default=""),
    Index(None, "initiative_id"),
)
