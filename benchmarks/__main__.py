"""`make bench`: every measurement, one after the other. Each runs alone too: `python -m benchmarks.pages --help`."""

from __future__ import annotations

import argparse

from . import evaluation, imports, pages, start, together, trust, viewers


def main() -> None:
    """Run them all; a smaller database where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=300_000, help="cases in the database of the pages")
    parser.add_argument("--seconds", type=float, default=120, help="how long people click at once")
    parser.add_argument("--without-start", action="store_true", help="leave out the fresh clone")
    chosen = parser.parse_args()
    size = ["--cases", str(chosen.cases)]
    pages.main(size)
    trust.main(size)
    viewers.main([])
    together.main([*size, "--seconds", str(chosen.seconds)])
    if not chosen.without_start:
        print()
        start.main([])
    print()
    imports.main([])
    print()
    evaluation.main([])


if __name__ == "__main__":
    main()
