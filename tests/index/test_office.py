import contextlib
import os
import select
import stat
import sys
import time

import pytest

from index.errors import UnreadableDocument
from index.office import _LIMITED, MOST_MEMORY_KIB, installed_office
from index.readers import parse_document
from tests.index.document_cases import NUMBERED, ONE_LIST, automatic, typed
from tests.index.files import refused
from tests.index.word_files import docx_bytes

OLD = b"\xd0\xcf\x11\xe0" + bytes(600)
RTF = r"{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0 SimSun;}}\f0 " + "".join(
    f"\\u{ord(char)}?" if char != "\n" else r"\par " for char in "\n".join(NUMBERED)
)
PAGE = "<!DOCTYPE html>\n<html><body>" + "".join(f"<p>{line}</p>" for line in NUMBERED) + "</body></html>"


def office(tmp_path, monkeypatch, script):
    """Put a program in the place of LibreOffice; `made` is where it is to write, `given` what it is to read."""
    program = tmp_path / "soffice"
    head = "import sys, time, pathlib, os\ngiven = pathlib.Path(sys.argv[-1])\nfolder = pathlib.Path(sys.argv[-2])\n"
    program.write_text(f"#!{sys.executable}\n{head}{script}", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("index.office.PROGRAMS", (str(program),))


def without_office(monkeypatch):
    monkeypatch.setattr("index.office.PROGRAMS", ())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.doc", OLD),
        ("a.docx", OLD),
        ("a.wps", OLD),
        ("a.rtf", RTF.encode()),
        ("a.doc", RTF.encode()),
        ("a.odt", docx_bytes(typed())),
    ],
)
def test_a_file_that_needs_libreoffice_says_what_to_install_where_it_is_missing(monkeypatch, name, data):
    without_office(monkeypatch)

    refused(name, data, "LibreOffice, which is not installed", "apt install libreoffice-writer", "save it as .docx")


def test_what_libreoffice_makes_of_a_file_is_read_as_a_word_file(tmp_path, monkeypatch):
    (tmp_path / "made.docx").write_bytes(docx_bytes(automatic(), numbering=ONE_LIST))
    script = f"""
assert given.suffix == ".doc" and given.read_bytes().startswith(bytes([0xd0, 0xcf])), given
folder.mkdir()
(folder / "document.docx").write_bytes(pathlib.Path({str(tmp_path / "made.docx")!r}).read_bytes())
"""
    office(tmp_path, monkeypatch, script)

    assert "\n".join(NUMBERED) == parse_document("甲.doc", OLD).text


def test_libreoffice_works_offline_in_a_folder_of_its_own_that_is_gone_afterwards(tmp_path, monkeypatch):
    script = f"""
options = (given.parent / "profile/user/registrymodifications.xcu").read_text(encoding="utf-8")
seen = [str(given.parent), sys.argv[1], os.environ["http_proxy"], os.environ["HOME"], options]
pathlib.Path({str(tmp_path / "seen")!r}).write_text("\\n".join(seen), encoding="utf-8")
"""
    office(tmp_path, monkeypatch, script)
    refused("a.doc", OLD, "LibreOffice cannot read it")

    folder, profile, proxy, home, options = (tmp_path / "seen").read_text(encoding="utf-8").split("\n", 4)
    assert not os.path.exists(folder)  # noqa: PTH110
    assert f"-env:UserInstallation=file://{folder}/profile" == profile
    assert ("http://127.0.0.1:9", folder) == (proxy, home)
    assert "DisableMacrosExecution" in options


def test_libreoffice_is_stopped_with_all_that_it_started_when_its_time_is_over(tmp_path, monkeypatch):
    # Held open for writing by the two alone: its end is read when both are gone.
    held = tmp_path / "held"
    os.mkfifo(held)
    reading = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    script = f"""
writing = os.open({str(held)!r}, os.O_WRONLY)
os.write(writing, b"1" if os.fork() else b"2")
time.sleep(60)
"""
    office(tmp_path, monkeypatch, script)
    monkeypatch.setattr("index.office.LONGEST_S", 3.0)

    refused("a.doc", OLD, "not done with it after")

    assert b"12" == bytes(sorted(read_to_the_end(reading, within_s=10.0)))


def read_to_the_end(descriptor, *, within_s):
    """Return what a pipe holds, once nobody can write to it any more."""
    until, found = time.monotonic() + within_s, b""
    with contextlib.closing(os.fdopen(descriptor, "rb", buffering=0)) as pipe:
        while select.select([pipe], [], [], max(until - time.monotonic(), 0))[0]:
            part = pipe.read(10)
            if not part:
                return found
            found += part
    raise TimeoutError(f"somebody can still write, after {found!r}")


@pytest.mark.skipif(sys.platform != "linux", reason="not every system can limit the memory of a process")
def test_libreoffice_and_what_it_starts_get_no_more_memory_than_their_share(tmp_path, monkeypatch):
    script = f"""
def most():
    for size in (4 << 30, 64 << 20):
        try:
            return len(bytearray(size))
        except MemoryError:
            pass

if os.fork():
    os.wait()
    who = "itself"
else:
    who = "child"
pathlib.Path({str(tmp_path)!r}, who).write_text(str(most()))
"""
    office(tmp_path, monkeypatch, script)
    refused("a.doc", OLD, "takes more than 2 GB of memory")

    assert {str(64 << 20)} == {(tmp_path / who).read_text() for who in ("itself", "child")}


def test_a_program_that_does_not_start_is_named(tmp_path, monkeypatch):
    (tmp_path / "soffice").write_text("#!/no/such/program\n", encoding="utf-8")
    (tmp_path / "soffice").chmod(0o755)
    monkeypatch.setattr("index.office.PROGRAMS", (str(tmp_path / "soffice"),))

    refused("a.doc", OLD, "LibreOffice does not start")


@pytest.mark.parametrize(("name", "data"), [("a.doc", PAGE), ("a.docx", PAGE), ("a.wps", "\ufeff" + PAGE)])
def test_a_web_page_under_an_office_name_needs_no_libreoffice(monkeypatch, name, data):
    without_office(monkeypatch)

    assert "\n".join(NUMBERED) == parse_document(name, data.encode()).text


with_office = pytest.mark.skipif(installed_office() is None, reason="LibreOffice is not installed")


@with_office
def test_the_real_libreoffice_stops_at_its_share_of_memory(monkeypatch):
    little = [part if part != str(MOST_MEMORY_KIB) else "400000" for part in _LIMITED]
    monkeypatch.setattr("index.office._LIMITED", little)

    refused("a.rtf", (RTF + "}").encode(), "LibreOffice cannot read it")


@with_office
def test_the_real_libreoffice_reads_rtf():
    try:
        text = parse_document("a.rtf", (RTF + "}").encode()).text
    except UnreadableDocument as error:
        pytest.fail(str(error))

    assert "\n".join(NUMBERED) == text
