"""Structured logs on standard error: lines for people, or JSON for machines.

Everything that is logged goes through here, the server's and the libraries' own lines too. None of
it holds what somebody typed: of an exception, its type and where it came from are logged, and never
its words, for those quote values.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

import structlog

from pledge.access_lines import access_lines

_QUOTING = frozenset({"asyncio", "concurrent.futures"})
"""Loggers whose first line says what happened, and whose others show the objects concerned."""
_MOST_CAUSES = 10


class _Handler(logging.StreamHandler[TextIO]):
    def emit(self, record: logging.LogRecord) -> None:
        access_lines.flush()  # they come first: they are older
        super().emit(record)


def configure_logs(format: str) -> None:
    """Sends our own events and the server's through one pipe."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: structlog.typing.Processor
    if format == "json":
        last = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        last = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        )
    access_lines.configure(format)
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _first_line],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exception_without_words,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("uvicorn", "httpx", "alembic", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def without_words(fault: BaseException) -> str:
    """A traceback whose exceptions are types: what they say may be somebody's name."""
    return "\n".join(_parts(fault))


def _parts(fault: BaseException) -> Iterator[str]:
    """The cause first, as Python shows it; a chain that goes round is cut."""
    chain: list[BaseException] = []
    one: BaseException | None = fault
    while one is not None and len(chain) < _MOST_CAUSES and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for one in reversed(chain):
        for frame in traceback.extract_tb(one.__traceback__):
            yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        yield f"{type(one).__module__}.{type(one).__qualname__}"
        if isinstance(one, BaseExceptionGroup):
            for inner in one.exceptions:
                yield from _parts(inner)


def _exception_without_words(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    given = event.pop("exc_info", None)
    if isinstance(given, BaseException):
        event["exception"] = without_words(given)
    elif isinstance(given, tuple) and given[1] is not None:
        event["exception"] = without_words(given[1])
    elif given and (current := sys.exc_info()[1]):
        event["exception"] = without_words(current)
    return event


def _first_line(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Of loggers that would go on to show a task or a future, and with it what it failed of."""
    if event["_record"].name in _QUOTING:
        event["event"] = str(event["event"]).partition("\n")[0]
    return event
