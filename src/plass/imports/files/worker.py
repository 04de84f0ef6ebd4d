"""The process that reads one workbook from standard input and writes what it holds to standard output.

It limits itself before it looks at the file: memory and processor time where the platform can (not on Windows), so that
no file takes more of the machine than that. It knows no Django, no database and no keys.
"""

from __future__ import annotations

import os
import sys

#: What stands before the answer. Whatever goes wrong after it is the file's doing.
READY = b"ready\n"
#: Far more than the largest list takes: 120 MB and 6 seconds for 500,000 cells.
MEMORY = 512 * 1024 * 1024
SECONDS = 20


def main() -> None:
    """Read, and write what came of it."""
    from plass.db.child_processes import end_with_parent

    end_with_parent(int(sys.argv[1]))
    content = sys.stdin.buffer.read()
    # openpyxl only asks numpy for the names of its numbers, and loading that takes five times as long as all else.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    # All that reads is loaded before the limits are set.
    from . import transport, workbook  # noqa: F401

    _limit()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    try:
        out = answer(content)
    except MemoryError:
        # At once: there is no memory for an orderly end either.
        os._exit(1)
    sys.stdout.buffer.write(out)


def answer(content: bytes) -> bytes:
    """What a workbook holds, or why it is not read, as bytes. Raises MemoryError."""
    from . import transport, workbook
    from .limits import Reason, Refused

    try:
        return transport.dump(workbook.read(content))
    except Refused as refused:
        return transport.dump_refusal(refused)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException:
        # A broken file fails anywhere in its reader, and with any kind of error, a Rust panic among them.
        return transport.dump_refusal(Refused(Reason.BROKEN))


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
