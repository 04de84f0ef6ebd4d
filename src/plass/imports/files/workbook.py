"""Any workbook: which format it is, told from its content, and the reader for it. Only for a process of its own."""

from __future__ import annotations

import io
import zipfile

from .limits import Count, Limits, Reason, Refused
from .shape import File, Format

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: How .xlsx with a password names the part that holds the whole, in the letters of OLE.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: Where "Strict" says that it is that.
_STRICT = b"purl.oclc.org/ooxml"
_HEAD = 64 * 1024


def read(content: bytes, limits: Limits | None = None) -> File:
    """All sheets of a workbook. Raises Refused, and for a broken file whatever its reader raises."""
    count = Count(limits or Limits())
    if content.startswith(OLE):
        if _ENCRYPTED in content:
            raise Refused(Reason.PASSWORD)
        file_format = Format.XLS
    else:
        file_format = _in_a_zip(content, count.limits)
    if file_format is Format.XLSX:
        from . import xlsx

        return xlsx.read(content, count)
    from . import calamine

    return calamine.read(content, file_format, count)


def _in_a_zip(content: bytes, limits: Limits) -> Format:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > limits.unpacked:
            raise Refused(Reason.TOO_LARGE_INSIDE)
        names = set(archive.namelist())
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
