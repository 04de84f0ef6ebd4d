"""Serves the journeys' database as `plass serve` does, and ends with whoever started it. Run as a program by the fixture."""

import os
import sys

from plass.db import bootstrap, child_processes
from plass.server import serving, web_server

if __name__ == "__main__":
    child_processes.end_with_parent(os.getppid())
    bootstrap.set_up_django()
    from plass.queue import worker

    serving.serve(web_server.listen("127.0.0.1", int(sys.argv[1])), workers=1, work=worker.work)
