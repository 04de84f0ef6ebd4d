"""The command line in the package's docstring."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date

from . import __doc__ as about
from . import audit, requirements, sbom, uv


def main() -> int:
    """Do what is asked for. Returns the exit code."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["requirements", "sbom", "audit"])
    chosen = parser.parse_args().what
    try:
        if chosen == "requirements":
            requirements.PATH.write_text(requirements.made(), encoding="utf-8")
        elif chosen == "sbom":
            sbom.PATH.parent.mkdir(parents=True, exist_ok=True)
            sbom.PATH.write_text(json.dumps(sbom.made(), indent=2) + "\n", encoding="utf-8")
            print(sbom.PATH.relative_to(uv.ROOT))
        else:
            lines, failed = audit.run(today=date.today())  # noqa: DTZ011  (the day of this machine)
            print("\n".join(lines))
            return int(failed)
    except uv.UvError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
