"""The program as a WSGI application, for `plass serve` and for a web server of one's own."""

import gc
import os

from django.core.wsgi import get_wsgi_application


def _load_every_page() -> None:
    """Import all pages now, and not in each worker when it is first asked: that takes a second or two."""
    from django.urls import get_resolver

    from . import health

    _ = get_resolver().url_patterns
    health.prepare()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plass.config.settings")
application = get_wsgi_application()
_load_every_page()
# The workers are forked from here: what is never collected stays shared between them.
gc.freeze()
