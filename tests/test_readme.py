"""The README's commands: each exists, takes the flags shown, and the Python piece runs."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from service.cli import app
from service.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL_LINES = [
    re.split(r"\s+#", line)[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
LIUWEI_LINES = [line for line in SHELL_LINES if line.startswith("liuwei ")]
MAKE_LINES = [line for line in SHELL_LINES if line.startswith("make ")]


def test_the_readme_shows_commands_and_targets():
    assert len(LIUWEI_LINES) >= 5
    assert {"make demo", "make test", "make check", "make serve"} <= set(MAKE_LINES)


@pytest.mark.parametrize("line", LIUWEI_LINES)
def test_a_command_of_the_readme_exists_with_its_flags(line):
    words = [word for word in shlex.split(line) if word != "PATH…"][1:]
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}

    assert not getattr(command, "commands", {})
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("line", MAKE_LINES)
def test_a_target_of_the_readme_is_in_the_makefile(line):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(rf"^{line.split()[1]}:", makefile, re.MULTILINE)


def test_every_command_has_help_and_is_in_the_readme():
    root = typer.main.get_command(app)
    for name, command in root.commands.items():
        shown = CliRunner().invoke(app, [name, "--help"])

        assert 0 == shown.exit_code
        assert command.help or getattr(command, "commands", {})
        assert f"`{name}" in README or f"liuwei {name}" in README


def test_every_setting_is_in_the_readme_with_its_default():
    shown = dict(re.findall(r"^\| `--([a-z-]+)`(?: \*)? \| (.*?) \|", README, re.MULTILINE))
    folder = shown.pop("data-dir")

    assert "`~/.local/share/liuwei`" in folder
    assert shown == {
        field.name.replace("_", "-"): f"`{field.default}`" if field.default != "" else "none"
        for field in fields(Settings)
        if field.name != "data_dir"
    }


def test_the_python_piece_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    (piece,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.setenv("LIUWEI_DATA_DIR", str(tmp_path))

    exec(compile(piece, "README.md", "exec"), {})

    assert capsys.readouterr().out.startswith("style ")


def test_the_error_body_and_exit_codes_are_told():
    for word in ('"error"', "request_id", "0 ok", "1 some inputs failed", "2 wrong usage", "3 environment"):
        assert word in README
