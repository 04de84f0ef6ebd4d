"""A file of any format that is read, and in the user's language why not, if it is not.

Text is read here. A workbook is read by a process of its own, with a limit of memory and time (``worker.py``): what
reads it stands on code that a file can make take all there is, or end its process.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys

from ..translatable import TranslatableText
from ..translatable import gettext as _
from . import text, transport, worker
from .limits import Count, Limits, Reason, Refused
from .shape import File
from .workbook import OLE, ZIP

LARGEST_FILE = 10 * 1024 * 1024
#: The worker ends itself by its processor time. This is for a machine that cannot do that, or does something else.
_PATIENCE = 6 * worker.SECONDS

log = logging.getLogger(__name__)


class UnreadableFile(Exception):
    """The file cannot be read; the message says why and what to do, in the reader's language."""


def read(content: bytes) -> File:
    """What the file holds. Its kind is told from the content, not from the name. Raises :class:`UnreadableFile`."""
    try:
        if not content.strip():
            raise Refused(Reason.EMPTY)
        if len(content) > LARGEST_FILE:
            raise Refused(Reason.TOO_LARGE)
        return _workbook(content) if content.startswith((ZIP, OLE)) else text.read(content, Count(Limits()))
    except Refused as refused:
        raise UnreadableFile(_sentence(refused.reason)) from refused


def _workbook(content: bytes) -> File:
    """A workbook, read by a process of its own that gets nothing of this one's environment but where modules are."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    try:
        result = subprocess.run(
            [sys.executable, "-P", "-m", worker.__name__, str(os.getpid())],
            input=content,
            env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(Reason.TOO_LARGE_INSIDE) from error
    if not result.stdout.startswith(worker.READY):
        raise RuntimeError(f"no file can be read: {result.stderr.decode(errors='replace').strip()[-500:]}")
    if result.returncode:
        # It had no more memory or time, or the file brought it down.
        log.warning("the process that reads a file ended with %d", result.returncode)
        raise Refused(Reason.TOO_LARGE_INSIDE)
    return transport.load(result.stdout.removeprefix(worker.READY))


def _sentence(reason: Reason) -> TranslatableText:
    return {
        Reason.EMPTY: _("The file is empty."),
        Reason.TOO_LARGE: _("The file is larger than 10 MB. Divide it and import the parts one by one."),
        Reason.TOO_LARGE_INSIDE: _(
            "The file is too large inside. Copy the rows with people in them to a new file, and use that."
        ),
        Reason.PASSWORD: _("The file has a password. Open it, save it without a password, and use that."),
        Reason.BROKEN: _("The file looks like a spreadsheet but cannot be opened. Save it again as .xlsx."),
        Reason.WEB_PAGE: _("The file is a web page, whatever its name says. Open it in Excel and save it as .xlsx."),
        Reason.NOT_TEXT: _("The file is neither a spreadsheet nor a text file."),
        Reason.NOT_CSV: _("The file cannot be read as CSV. Save it again from the spreadsheet."),
    }[reason]
