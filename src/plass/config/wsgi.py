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


def _look_for_garbage_seldom() -> None:
    """Leave what the program is made of out of the search for garbage, and let that come every few pages instead of often
    within one: a page makes tens of thousands of short-lived objects, and hardly any of them need it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plass.config.settings")
application = get_wsgi_application()
_load_every_page()
_look_for_garbage_seldom()
