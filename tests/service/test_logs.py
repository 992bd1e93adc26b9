import json
import logging

import pytest
import structlog

from service.logs import configure_logs

CONFIDENTIAL = "某同志收受礼品三次"


@pytest.fixture
def logged(capsys):
    """Return what gives the lines on stderr; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    root.handlers = []
    yield lambda: capsys.readouterr().err.splitlines()
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configured)


def rows(lines):
    return [json.loads(line) for line in lines]


def test_a_line_is_json_with_level_and_time_and_keeps_chinese_as_it_is(logged):
    configure_logs("warning")

    structlog.get_logger().warning("not_ready", message="没有模型")

    (line,) = logged()
    assert '"message": "没有模型"' in line
    assert ("not_ready", "warning") == (json.loads(line)["event"], json.loads(line)["level"])
    assert json.loads(line)["timestamp"].endswith("Z")


def test_what_lies_below_the_level_is_left_out(logged):
    for level in ("debug", "info", "warning", "error"):
        configure_logs(level)
        log = structlog.get_logger()
        for name in ("debug", "info", "warning", "error"):
            getattr(log, name)(f"{name} at {level}")

    assert 4 + 3 + 2 + 1 == len(logged())


def test_the_text_of_an_exception_is_never_logged(logged):
    configure_logs("info")

    try:
        raise ValueError(CONFIDENTIAL)
    except ValueError:
        structlog.get_logger().error("ours", exc_info=True)
        logging.getLogger("uvicorn.error").exception("theirs")

    lines = logged()
    assert [("ours", "ValueError"), ("theirs", "ValueError")] == [(row["event"], row["kind"]) for row in rows(lines)]
    assert CONFIDENTIAL not in "".join(lines)


def test_packages_are_heard_from_a_warning_on(logged):
    configure_logs("debug")

    logging.getLogger("asyncio").debug("using a selector")
    logging.getLogger("asyncio").warning("slow")

    assert ["slow"] == [row["event"] for row in rows(logged())]
