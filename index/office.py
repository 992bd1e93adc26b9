"""Old Word, WPS, RTF and OpenDocument files, turned into .docx by LibreOffice where it is installed.

It runs without a window, in a profile folder of its own that is thrown away, with macros, links and network off, no
longer than its time and with no more memory than its share.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from index.errors import UnreadableDocument
from index.readings import Reading
from index.word import word_text

LONGEST_S = 90.0
# Of addresses, which is what a system can limit. A report takes .8 GB of them, of which it uses .2.
MOST_MEMORY_KIB = 2 * 1024**2
# A shell sets the limit before it becomes LibreOffice, which passes it on to all that it starts. Where the system knows
# no such limit, there is none.
_LIMITED = ("/bin/sh", "-c", 'ulimit -v "$0" 2>/dev/null; exec "$@"', str(MOST_MEMORY_KIB))
_NOT_STARTED = (126, 127)  # of a shell that cannot become the program
PROGRAMS = (
    "soffice",
    "libreoffice",
    "/usr/lib/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.exe",
)
# One takes some 200 MB and both cores of a small machine; those that wait are not on the clock yet.
_ONE_AT_A_TIME = threading.Lock()
# Nothing listens on the discard port: what asks for the network all the same gets nothing.
_NOWHERE = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
_OPTIONS = (
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Inet/Settings", "ooInetProxyType", "1"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def office_text(name: str, data: bytes, suffix: str) -> Reading:
    """Return what a file holds that LibreOffice reads as one of this suffix.

    Raises UnreadableDocument, naming the file; where LibreOffice is not installed, it says what to install.
    """
    program = installed_office()
    if program is None:
        raise UnreadableDocument(
            f"{name}: {suffix} files are read through LibreOffice, which is not installed here; install it (Debian and "
            "Ubuntu: apt install libreoffice-writer), or open the file in Word or WPS and save it as .docx"
        )
    with tempfile.TemporaryDirectory(prefix="liuwei-", ignore_cleanup_errors=True) as folder:
        return word_text(name, _converted(name, data, suffix, program, Path(folder)))


def installed_office() -> str | None:
    """Return the program of LibreOffice, None where it is not installed."""
    return next((found for found in map(shutil.which, PROGRAMS) if found), None)


def _converted(name: str, data: bytes, suffix: str, program: str, folder: Path) -> bytes:
    """Return the bytes of the .docx that LibreOffice makes of a file, working in an empty folder."""
    given, made = folder / f"document{suffix}", folder / "made" / "document.docx"
    given.write_bytes(data)
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_options(), encoding="utf-8")
    arguments = [
        program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck",
        "--convert-to", "docx", "--outdir", str(made.parent), str(given),
    ]  # fmt: skip
    with _ONE_AT_A_TIME:
        _run(name, arguments, folder)
    if not made.is_file():
        raise UnreadableDocument(
            f"{name}: LibreOffice cannot read it, so it is damaged, under a password, no {suffix} file, or takes more "
            f"than {MOST_MEMORY_KIB / 1024**2:.0f} GB of memory; open it in Word or WPS and save it as .docx"
        )
    return made.read_bytes()


def _run(name: str, arguments: list[str], folder: Path) -> None:
    """Run LibreOffice to its end, or to the end of its time: then it goes with all that it started."""
    environment = {**os.environ, **_NOWHERE, "HOME": str(folder)}
    try:
        process = subprocess.Popen(
            arguments if os.name == "nt" else [*_LIMITED, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UnreadableDocument(f"{name}: LibreOffice does not start ({error.strerror}); install it anew") from error
    try:
        if process.wait(LONGEST_S) in _NOT_STARTED:
            raise UnreadableDocument(f"{name}: LibreOffice does not start; install it anew")
    except subprocess.TimeoutExpired as error:
        raise UnreadableDocument(
            f"{name}: LibreOffice was not done with it after {LONGEST_S:.0f} seconds; save it as .docx yourself"
        ) from error
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it started and left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _options() -> str:
    """Return the options of LibreOffice, in the form of its profile."""
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>"
        for path, name, value in _OPTIONS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{items}</oor:items>'
    )
