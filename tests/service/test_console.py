import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from service import console

ROOT = Path(__file__).parents[2]
# Parsed as markup, the first is an error and the second is empty.
STRANGE = ("x[/y].txt", "[red]报告.txt", "两\n行.txt")


@pytest.fixture
def screen(monkeypatch):
    """What a terminal shows."""
    shown = io.StringIO()
    made = Console(file=shown, force_terminal=True, width=160, color_system=None)
    monkeypatch.setattr(console, "Console", lambda **options: made)
    return shown


def test_on_a_terminal_a_bar_shows_count_total_and_time(screen):
    with console.progress("tagging") as advance:
        for number in range(4):
            advance(f"{number}.txt", 4)

    assert "tagging" in screen.getvalue()
    assert "4/4" in screen.getvalue()
    assert "3.txt" in screen.getvalue()
    assert "0:00:0" in screen.getvalue()


def test_without_a_total_the_count_is_shown(screen):
    with console.progress("adding") as advance:
        advance("1.txt")

    assert "1/?" in screen.getvalue()


def test_what_is_done_may_be_told_as_a_count(screen):
    with console.progress("encoding") as advance:
        for done in (64, 120):
            advance("", 120, done=done)

    assert "120/120" in screen.getvalue()


@pytest.mark.parametrize("name", STRANGE)
def test_a_file_name_is_shown_as_it_is(screen, name):
    with console.progress("tagging") as advance:
        advance(name, 1)

    assert name.replace("\n", " ") in screen.getvalue()


def test_results_go_to_stdout_while_a_bar_is_shown(screen, capsys):
    with console.progress("adding") as advance:
        console.print_json({"path": "甲.txt"})
        advance("甲.txt")

    assert '{"path": "甲.txt"}\n' == capsys.readouterr().out


def test_in_a_log_a_line_now_and_then_tells_how_far_it_is(monkeypatch, capsys):
    now_s = iter([100.0, 104.0, 111.0, 115.0, 121.5])
    monkeypatch.setattr(console.time, "monotonic", lambda: next(now_s))

    with console.progress("tagging") as advance:
        for name in ("1.txt", "[/2].txt", "3.txt"):
            advance(name, 8)
        advance("4.txt")

    assert (
        "tagging: 2 of 8 done in 11 s, about 33 s left, last [/2].txt\ntagging: 4 done in 22 s, last 4.txt\n"
        == capsys.readouterr().err
    )


def test_a_quick_run_in_a_log_says_nothing(capsys):
    with console.progress("tagging") as advance:
        advance("1.txt", 1)

    assert ("", "") == capsys.readouterr()


def test_with_stderr_on_a_real_terminal_results_still_reach_the_pipe(tmp_path):
    program = (
        "from service import console\n"
        "with console.progress('adding') as advance:\n"
        "    console.print_line('result')\n"
        "    advance('x[/y].txt', 2)\n"
    )
    master, slave = pty.openpty()
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=slave, timeout=60)
    os.close(slave)
    shown = os.read(master, 65_536).decode()
    os.close(master)

    assert (0, b"result\n") == (ran.returncode, ran.stdout)
    assert "1/2" in shown
    assert "result" not in shown


def test_a_command_whose_output_was_closed_does_its_work_all_the_same(tmp_path):
    (tmp_path / "a.txt").write_text("一、学习不够。", encoding="utf-8")
    liuwei = f"{sys.executable} -m service --data-dir {tmp_path / 'data'}"
    script = f"{liuwei} index add {tmp_path / 'a.txt'} <&- >&- 2>&- && {liuwei} search 学习 >&- && {liuwei} index stats"

    ran = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, check=False)

    assert (0, b"") == (ran.returncode, ran.stderr)
    assert b"documents" in ran.stdout
