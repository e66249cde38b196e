"""What PostgreSQL raises while it can't be reached or can't write, told as one thing.

A refused connection comes as an OSError, a server that shuts down as any of several classes: only
SQLSTATE says what has happened (postgresql.org/docs/current/errcodes-appendix.html). SQLite says
all of it by an OperationalError.
"""

from typing import Any

from sqlalchemy.engine import ExceptionContext

_CLASSES = ("08", "53", "57", "58")
"""The connection is gone, resources are exhausted, an operator intervenes, the system fails."""
_STATES = frozenset({"25006", "40001", "40P01"})
"""It is read-only, as a replica is; or others were faster, and it is worth trying again."""


_DATA = "22"
_REFUSED = "a value that its column can't take"


class Unavailable(Exception):
    """The database could not be asked, or could not write what it was told."""

    def __init__(self, cause: BaseException, state: str = ""):
        lines = str(cause).splitlines()
        super().__init__(lines[0] if lines else type(cause).__name__)
        self.state = state
        """As PostgreSQL has said it; empty if it has said nothing."""


def tell_outages(context: ExceptionContext) -> BaseException | None:
    """Listens to an engine's errors: what is to be raised instead, if anything."""
    error = context.original_exception
    if not isinstance(error, Exception):
        return None  # whoever waits for an answer was broken off
    if _hide_values(error):
        return ValueError(_REFUSED)
    return outage(error) or (Unavailable(error) if context.is_disconnect else None)


def outage(error: BaseException) -> Unavailable | None:
    """The same as an outage, if it is one."""
    said = sqlstate(error)
    if said.startswith(_CLASSES) or said in _STATES or isinstance(error, OSError):
        return Unavailable(error, said)
    return None


def sqlstate(error: BaseException) -> str:
    """What PostgreSQL has said, through all that it was wrapped in; empty if it has not."""
    inner = getattr(error, "orig", None) or error
    return str(getattr(inner, "sqlstate", None) or getattr(error, "state", ""))


def _hide_values(error: Exception) -> bool:
    """What errors say of rows and values is personal data, and has no place in a log.

    True if a value was refused: it is told of without the error, which quotes it.
    """
    chain: list[Any] = []
    cause: BaseException | None = error
    while cause is not None:
        chain.append(cause)
        cause = cause.__cause__
    of_driver = [one for one in chain if type(one).__module__.startswith("asyncpg.")]
    for one in of_driver:
        if hasattr(one, "detail"):
            one.detail = None
    refused = sqlstate(error).startswith(_DATA)
    if refused:
        for one in chain:
            one.args = (_REFUSED,)
    return refused
