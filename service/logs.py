"""Where logs go and what they look like: one JSON object a line, on stderr, from the level of the settings on."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def configure_logs(level: str) -> None:
    """Send our own logs and those of the server to stderr, for `level` (debug, info, warning, error) and above.

    Exceptions are named by their kind only: the text of one may quote a report.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _kind_of_exception,
    ]
    line = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, line],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, line]))
    # Of packages only warnings: the server's own loggers get their level from its configuration.
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)


def _kind_of_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    raised = event.pop("exc_info", None)
    given = sys.exc_info() if raised is True else raised
    error = given[1] if isinstance(given, tuple) else given
    return {**event, "kind": type(error).__qualname__} if error is not None else event
