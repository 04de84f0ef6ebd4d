"""The way back from a page, as it stands above its title: names and addresses, the page's own name last and alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

Step = tuple[str, str] | str


def breadcrumbs(*steps: Step) -> list[tuple[str, str]]:
    """``steps`` as the page's frame reads them: a name and its address; or the page's own name alone."""
    return [(step, "") if isinstance(step, str) else step for step in steps]


@dataclass(frozen=True)
class BreadcrumbsFrom:
    """Breadcrumbs of pages that belong together: they begin with ``label``, which leads to the URL named ``page``."""

    label: str | Promise
    page: str

    def __call__(self, *further: Step) -> list[tuple[str, str]]:
        """The way back from one of them: ``further`` is what follows."""
        return breadcrumbs((str(self.label), reverse(self.page)), *further)
