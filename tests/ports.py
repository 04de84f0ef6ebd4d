"""Ports for the programs that the suite starts."""

from __future__ import annotations

import os
import random
import re
import socket

#: Below those that the system gives to whoever asks for any: between the choice here and the program's own binding, none of
#: the suite's many connections can be given it. Each worker has a thousand of its own.
FIRST, OF_A_WORKER = 20_000, 1_000


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    worker = int((re.findall(r"\d+", os.environ.get("PYTEST_XDIST_WORKER", "")) or ["0"])[0])
    first = FIRST + worker % 10 * OF_A_WORKER
    for port in random.SystemRandom().sample(range(first, first + OF_A_WORKER), OF_A_WORKER):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"No port from {first} on is free.")
