"""Any workbook: which format it is, told from its content, and the reader for it. Only for a process of its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Set
from dataclasses import replace

from .limits import Count, Limits, Reason, Refused
from .shape import File, Format

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: How .xlsx with a password names the part that holds the whole, in the letters of OLE.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OF_A_WORKBOOK = {"[Content_Types].xml", "content.xml", "mimetype"}
#: How Word's old .doc names its text.
_OLD_WORD = "WordDocument".encode("utf-16-le")
#: The beginning of what an .odt file says that it is; a template and a master document say more.
_OPEN_TEXT = b"application/vnd.oasis.opendocument.text"
#: Where "Strict Open XML" says that it is that, and what the names in it are called in the usual kind.
_STRICT = b"purl.oclc.org/ooxml"
_USUAL_NAMES = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
}
_HEAD = 64 * 1024


def read(content: bytes, limits: Limits | None = None) -> File:
    """All sheets of a workbook. Raises Refused, and for a broken file whatever its reader raises."""
    count = Count(limits or Limits())
    if content.startswith(OLE):
        if _ENCRYPTED in content:
            raise Refused(Reason.PASSWORD)
        if _OLD_WORD in content:
            raise Refused(Reason.DOCUMENT)
        file_format = Format.XLS
    else:
        file_format = _in_a_zip(content, count.limits)
    if file_format in (Format.XLSX, Format.STRICT_XLSX):
        from . import xlsx

        is_strict = file_format is Format.STRICT_XLSX
        return replace(xlsx.read(_with_usual_names(content) if is_strict else content, count), format=file_format)
    if file_format is Format.ODS:
        from . import ods

        ods.refuse_stray_cells(content, count.limits)
    from . import calamine

    return calamine.read(content, file_format, count)


def _in_a_zip(content: bytes, limits: Limits) -> Format:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > limits.unpacked:
            raise Refused(Reason.TOO_LARGE_INSIDE)
        names = set(archive.namelist())
        _refuse_what_is_no_workbook(archive, names)
        if "xl/workbook.bin" in names:
            return Format.XLSB
        if "content.xml" in names:
            return Format.ODS
        for name in ("_rels/.rels", "xl/workbook.xml"):
            if name in names:
                with archive.open(name) as part:
                    if _STRICT in part.read(_HEAD):
                        return Format.STRICT_XLSX
    return Format.XLSX


def _refuse_what_is_no_workbook(archive: zipfile.ZipFile, names: Set[str]) -> None:
    """Raise Refused for the other packed files that an office has."""
    if "Index.zip" in names or any(name.endswith(".iwa") for name in names):
        raise Refused(Reason.NUMBERS)
    if "word/document.xml" in names or ("mimetype" in names and archive.read("mimetype").startswith(_OPEN_TEXT)):
        raise Refused(Reason.DOCUMENT)
    if names and not any(name in _OF_A_WORKBOOK or name.startswith("xl/") for name in names):
        raise Refused(Reason.ARCHIVE)


def _with_usual_names(content: bytes) -> bytes:
    """A "Strict" workbook as the usual kind: the two differ in what their parts are called, and in how days are kept."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as usual,
    ):
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                part = archive.read(name)
                for strict_name, usual_name in _USUAL_NAMES.items():
                    part = part.replace(strict_name, usual_name)
                usual.writestr(name, part)
    return out.getvalue()
