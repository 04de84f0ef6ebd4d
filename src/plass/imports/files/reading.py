"""A file of any format that is read, and in the user's language why not, if it is not.

Text is read here. A workbook is read by a process of its own, with a limit of memory and time (``worker.py``): what
reads it stands on code that a file can make take all there is, or end its process.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import zipfile

from ..translatable import TranslatableText
from ..translatable import gettext as _
from . import text, transport, worker
from .limits import Count, Limits, Reason, Refused
from .shape import File
from .workbook import OLE, ZIP

LARGEST_FILE = 10 * 1024 * 1024
#: A file with so much in it, unpacked, is read within a second, and a page may wait for it.
_SMALL = 1024 * 1024
#: The worker ends itself by its processor time. This is for a machine that cannot do that, or does something else.
_PATIENCE = 6 * worker.SECONDS

#: What people choose by mistake, by how it begins. What is packed is told apart where it is unpacked.
_BY_MISTAKE = {
    b"%PDF-": Reason.PDF,
    b"\x89PNG": Reason.PICTURE,
    b"\xff\xd8\xff": Reason.PICTURE,
    b"GIF8": Reason.PICTURE,
}

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
        for start, reason in _BY_MISTAKE.items():
            if content.startswith(start):
                raise Refused(reason)
        return _workbook(content) if content.startswith((ZIP, OLE)) else text.read(content, Count(Limits()))
    except Refused as refused:
        raise UnreadableFile(sentence(refused)) from refused


def is_read_at_once(content: bytes) -> bool:
    """Whether it takes no longer than a page may wait, or is refused at once."""
    if content.startswith(ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return sum(part.file_size for part in archive.infolist()) <= _SMALL
        except Exception:
            # Broken; whoever reads it says so.
            return True
    return len(content) <= _SMALL


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


def sentence(refused: Refused) -> TranslatableText:
    """Why a file is not read, and what to do."""
    sentences = {
        Reason.EMPTY: _("The file is empty."),
        Reason.TOO_LARGE: _("The file is larger than 10 MB. Divide it and import the parts one by one."),
        Reason.TOO_LARGE_INSIDE: _(
            "The file is too large inside. Often something stands in a cell far below or beside the list; in Excel, "
            "Ctrl+End goes there. Copy the rows with people in them to a new file, and use that."
        ),
        Reason.STRAY_CELL: _(
            "Cell %(cell)s in the sheet “%(sheet)s” has something in it, far from the rest. The whole sheet becomes too "
            "large to read by that. Delete what stands there, or save the list as .xlsx and use that."
        ),
        Reason.CELLS: _(
            "The file has more than 500,000 filled cells. "
            "Copy the rows with people in them to a new file, and use that."
        ),
        Reason.CHARACTERS: _(
            "The file holds more text than a list of people does. "
            "Copy the columns that are to be read to a new file, and use that."
        ),
        Reason.MERGES: _(
            "The file has more than 20,000 merged cells. Copy the list to a new file without them "
            "(in Excel: Paste Special, Values), and use that."
        ),
        Reason.SHEETS: _(
            "The file has more than 200 sheets. Copy the sheet with the list to a new file, and use that."
        ),
        Reason.LONG_CELL: _(
            "In row %(row)d a cell holds more than 32,767 characters, which is more than a spreadsheet keeps in one. "
            "Shorten it, or look for a quotation mark that lacks its partner."
        ),
        Reason.PASSWORD: _("The file has a password. Open it, save it without a password, and use that."),
        Reason.BROKEN: _("The file looks like a spreadsheet but cannot be opened. Save it again as .xlsx."),
        Reason.PDF: _(
            "The file is a PDF, from which people cannot be read safely. Use the spreadsheet that it was made of, or write "
            "the list in the template."
        ),
        Reason.PICTURE: _("The file is a picture. Use the spreadsheet itself, or write the list in the template."),
        Reason.DOCUMENT: _(
            "The file is a document from Word or the like. Copy the table in it to an empty Excel workbook, and use that."
        ),
        Reason.NUMBERS: _("The file is from Apple's Numbers. Choose File, Export To, Excel there, and use that file."),
        Reason.ARCHIVE: _("The file is packed (.zip). Unpack it, and choose the list in it."),
        Reason.WEB_PAGE: _("The file is a web page, whatever its name says. Open it in Excel and save it as .xlsx."),
        Reason.NOT_TEXT: _("The file is neither a spreadsheet nor a text file."),
        Reason.XML: _("The file is XML, whatever its name says. Open it in Excel and save it as .xlsx."),
        Reason.QUOTE: _(
            'In row %(row)d a quotation mark (") is not closed, or stands at the beginning of a cell that goes on after it. '
            "So it cannot be told where the row ends. Take the mark away, or save the list as .xlsx and use that."
        ),
        Reason.ROWS_IN_CELL: _(
            "In row %(row)d a cell in quotation marks seems to hold other rows of the list. "
            'Look for a quotation mark (") that lacks its partner, and take it away; or save the list as .xlsx and use that.'
        ),
        Reason.MIXED_LETTERS: _(
            "The file mixes two ways of keeping letters (UTF-8 and another) from row %(row)d on, so that æ, ø and å cannot "
            "be read. Save the list as .xlsx and use that."
        ),
        Reason.UNKNOWN_LETTERS: _(
            "It cannot be told which letters the file holds, in row %(row)d first. "
            "Save the list as .xlsx, or as “CSV UTF-8”."
        ),
        Reason.LOST_LETTERS: _(
            "In row %(row)d a letter has been lost and become “�”. Save the list anew from where it was made, as .xlsx."
        ),
        Reason.NUL: _(
            "In row %(row)d there is a character that is none (NUL). Open the list in Excel and save it as .xlsx."
        ),
    }
    return sentences[refused.reason] % {"row": refused.row, "cell": refused.cell, "sheet": refused.sheet}
