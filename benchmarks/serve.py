"""Serves the program for the measurements as `plass serve` does. Run by ``installation.server``."""

from __future__ import annotations

import sys

import django

from plass.server import serving, web_server

if __name__ == "__main__":
    django.setup()
    serving.serve(web_server.listen("127.0.0.1", int(sys.argv[1])))
