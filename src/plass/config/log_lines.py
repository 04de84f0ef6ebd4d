"""A request that is wrong in itself is one line of the log: the program did what it should, and a traceback says nothing."""

from __future__ import annotations

import logging

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError

#: A form too large or with too many fields, a host that is not ours, a broken body, a sender who went away, a refusal.
REQUEST_FAULTS = (BadRequest, MultiPartParserError, PermissionDenied, SuspiciousOperation, UnreadablePostError)


class RequestFaults(logging.Filter):
    """Writes such a fault as a warning of one line, with the address and no traceback. Everything else is left as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: nothing is left out."""
        fault = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if not isinstance(fault, REQUEST_FAULTS):
            return True
        message = " ".join(record.getMessage().split())
        path = getattr(getattr(record, "request", None), "path", "")
        if path and path not in message:
            message += ": " + path.encode("unicode_escape").decode("ascii")
        record.msg, record.args = f"{type(fault).__name__}: {message}", None
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True
