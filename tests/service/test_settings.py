import re
from dataclasses import fields
from pathlib import Path

import pytest

from service.errors import BadSetting
from service.settings import Settings, load_settings

FLAGS = {setting.name: "--" + setting.name.replace("_", "-") for setting in fields(Settings)}
COMMANDS = ("classify", "search", "tag", "train", "evaluate", "serve", "demo", "doctor")
INDEX_COMMANDS = ("add", "list", "show", "remove", "stats", "verify", "rebuild")


def test_without_flags_and_variables_every_setting_has_its_default():
    assert Settings() == load_settings({"port": None}, {"HOME": "/home/li"})


def test_a_variable_beats_the_default():
    settings = load_settings({}, {"LIUWEI_DATA_DIR": "/srv/reports", "LIUWEI_PORT": "9000"})

    assert (Path("/srv/reports"), 9000) == (settings.data_dir, settings.port)


def test_a_flag_beats_its_variable():
    settings = load_settings({"port": 9001, "head": ""}, {"LIUWEI_PORT": "9000", "LIUWEI_HEAD": "bundled"})

    assert (9001, "") == (settings.port, settings.head)


def test_every_setting_can_be_a_variable():
    kinds = {int: "7", str: "debug", Path: "/srv/x"}
    environment = {f"LIUWEI_{setting.name.upper()}": kinds[setting.type] for setting in fields(Settings)}

    settings = load_settings({}, environment)

    assert kinds == {type(value): str(value) for value in (settings.port, settings.log_level)} | {Path: "/srv/x"}
    assert all(str(getattr(settings, setting.name)) == kinds[setting.type] for setting in fields(Settings))


def test_the_home_folder_may_be_written_as_a_tilde(monkeypatch):
    monkeypatch.setenv("HOME", "/home/li")

    assert Path("/home/li/corpus") == load_settings({}, {"LIUWEI_DATA_DIR": "~/corpus"}).data_dir


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("LIUWEI_DATADIR", "/srv", "unknown environment variable LIUWEI_DATADIR; known are .*LIUWEI_DATA_DIR"),
        ("LIUWEI_", "x", "unknown environment variable LIUWEI_;"),
        ("LIUWEI_PORT", "http", "port is 'http'; it must be a whole number"),
        ("LIUWEI_PORT", "", "port is ''; it must be a whole number"),
        ("LIUWEI_PORT", "8000.5", "port is '8000.5'; it must be a whole number"),
        ("LIUWEI_PORT", "65536", "port is 65536; it must lie between 0 and 65535"),
        ("LIUWEI_THREADS", "-1", "threads is -1; it cannot be negative"),
        ("LIUWEI_MAX_TEXT_CHARS", "0", "max_text_chars is 0; it must be at least 1"),
        ("LIUWEI_MAX_BATCH_TEXTS", "0", "max_batch_texts is 0; it must be at least 1"),
        ("LIUWEI_MAX_REQUESTS", "0", "max_requests is 0; it must be at least 1"),
        ("LIUWEI_STOP_WITHIN_S", "0", "stop_within_s is 0; it must be at least 1"),
        ("LIUWEI_MAX_UPLOAD_BYTES", "-5", "max_upload_bytes is -5; it must be at least 1"),
        ("LIUWEI_LOG_LEVEL", "loud", "log_level is 'loud'; it must be debug, info, warning or error"),
        ("LIUWEI_DATA_DIR", "", "data_dir is empty; name a folder"),
        ("LIUWEI_DATA_DIR", "  ", "data_dir is empty; name a folder"),
    ],
)
def test_a_variable_that_is_unknown_or_of_the_wrong_kind_is_refused(variable, value, message):
    with pytest.raises(BadSetting, match=message):
        load_settings({}, {variable: value})


def test_an_unknown_flag_is_refused():
    with pytest.raises(BadSetting, match="unknown setting 'colour'"):
        load_settings({"colour": "red"}, {})


def test_the_command_line_refuses_an_unknown_variable_as_wrong_usage(liuwei, monkeypatch):
    monkeypatch.setenv("LIUWEI_ENCODR", "bundled")

    ran = liuwei("index", "list")

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert ran.stderr.startswith("liuwei: unknown environment variable LIUWEI_ENCODR; known are LIUWEI_DATA_DIR")


@pytest.mark.parametrize(
    "arguments", [("--port", "http"), ("--port", "70000"), ("--threads", "-1"), ("--log-level", "loud")]
)
def test_the_command_line_refuses_a_flag_of_the_wrong_kind(liuwei, arguments):
    ran = liuwei("serve", *arguments)

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert re.search(arguments[0].strip("-").replace("-", "[-_]"), ran.stderr)


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_data_directory_is_not_taken_for_the_folder_one_stands_in(liuwei, value):
    ran = liuwei("--data-dir", value, "index", "list")

    assert 2 == ran.exit_code
    assert "data_dir is empty" in ran.stderr


@pytest.mark.parametrize("command", [(name,) for name in COMMANDS] + [("index", name) for name in INDEX_COMMANDS])
def test_every_command_has_a_flag_for_every_setting_that_counts_there(liuwei, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "200")
    serving = {setting.name for setting in fields(Settings) if setting.metadata["serve_only"]}

    ran = liuwei(*command, "--help")

    shown = set(re.findall(r"--[a-z-]+", ran.stdout))
    wanted = {flag for name, flag in FLAGS.items() if name not in serving or command == ("serve",)}
    assert 0 == ran.exit_code
    assert wanted == shown & set(FLAGS.values())
    assert "--json" in shown


def test_the_settings_of_serving_are_where_it_listens_and_how_much_it_takes():
    serving = {setting.name for setting in fields(Settings) if setting.metadata["serve_only"]}

    taken = {"max_batch_texts", "max_requests", "stop_within_s", "job_expires_s", "job_keep_s", "max_jobs"}
    assert {"host", "port"} | taken == serving
