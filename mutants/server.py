"""The tests' server with its template, kept until what is read ends: each mutant's tests only copy the template."""

from __future__ import annotations

import sys

from tests import conftest, folders


def main() -> int:
    """Start it, say in which variable the tests are told where it is, and stop it when whoever started this lets go."""
    folders.choose_reachable_temporary_folder()
    server, making = conftest.start_server()
    try:
        if making.wait():
            return 1
        print(f"{conftest.KEPT_SERVER}={server.socket}", flush=True)
        sys.stdin.read()
    finally:
        conftest.stop_server(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
