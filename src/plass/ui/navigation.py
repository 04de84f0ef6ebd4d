"""The main menu: one table, filtered by what somebody is here. A room that gets a page of its own adds its row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STAFF = frozenset({"specialist", "supervisor", "counsellor", "leader", "administrator", "evaluator", "data_protection"})


@dataclass(frozen=True)
class Entry:
    """One line of the menu: what it is called, where it leads, its icon, and who sees it.

    ``roles`` are the values of ``organisation.Role``, or "participant" / "employer" (the kinds of account).
    ``behind_the_name``: rarely needed, so it stands in the menu behind the reader's name at every width.
    ``also`` are the beginnings of further URL names that belong to this entry, so that it is marked on those pages too.
    """

    label: str | Promise
    url_name: str
    icon: str
    roles: frozenset[str]
    also: tuple[str, ...] = ()
    behind_the_name: bool = False


#: A phone's bar at the bottom has room for so many; the rest stand in the menu behind the name.
IN_THE_BAR = 5

_CASES = ("caseload:case", "caseload:search", "cases:", "profiles:", "followup:", "plan:", "jobs:")

ENTRIES: tuple[Entry, ...] = (
    Entry(_("My day"), "caseload:today", "Calendar", frozenset({"specialist", "supervisor"})),
    Entry(_("Referrals"), "cases:referrals", "Inbox", frozenset({"counsellor"}), also=("cases:refer",)),
    Entry(
        _("Participants"),
        "caseload:list",
        "PersonGroup",
        frozenset({"specialist", "supervisor", "counsellor"}),
        also=_CASES,
    ),
    Entry(
        _("Employers"), "employers:list", "Buildings3", frozenset({"specialist", "supervisor"}), also=("employers:",)
    ),
    Entry(
        _("Team"),
        "caseload:team",
        "Chat2",
        frozenset({"specialist", "supervisor"}),
        also=("caseload:absence", "caseload:change_absence", "caseload:reassign"),
    ),
    Entry(_("Figures"), "quality:figures", "BarChart", frozenset({"leader"})),
    Entry(_("Import"), "imports:start", "FileImport", frozenset({"specialist", "supervisor"}), also=("imports:",)),
    Entry(
        _("Accounts"),
        "administration:accounts",
        "PersonGroup",
        frozenset({"administrator"}),
        also=tuple(
            f"administration:{page}"
            for page in ("account", "add_account", "change_", "give_", "end_", "leave", "link", "requests")
        ),
    ),
    Entry(
        _("Organisation"),
        "administration:organisation",
        "Buildings2",
        frozenset({"administrator"}),
        also=("administration:",),
    ),
    Entry(_("Who looked"), "oversight:review", "Eye", frozenset({"supervisor"})),
    Entry(
        _("What was changed"),
        "oversight:history",
        "FileText",
        frozenset({"administrator", "supervisor"}),
        behind_the_name=True,
    ),
    Entry(_("Who looked"), "oversight:log", "Eye", frozenset({"data_protection"})),
    Entry(
        _("Worth a look"),
        "oversight:review",
        "ShieldLock",
        frozenset({"data_protection"}),
        also=("oversight:appoint", "oversight:give_to"),
    ),
    Entry(
        _("Extracts"),
        "extracts:overview",
        "FileExport",
        frozenset({"evaluator", "leader", "data_protection", "administrator"}),
    ),
    Entry(_("My follow-up"), "portal:mine", "House", frozenset({"participant"}), also=("portal:",)),
    Entry(
        _("My profile"), "portal:profile", "PersonPencil", frozenset({"participant"}), also=("portal:write_profile",)
    ),
    Entry(_("Recorded"), "portal:record", "FileText", frozenset({"participant"}), also=("portal:fact",)),
    Entry(_("Employers"), "portal:sharing", "Buildings3", frozenset({"participant"}), also=("portal:share",)),
    Entry(_("Shared with us"), "portal:employer", "Handshake", frozenset({"employer"}), also=("portal:employer",)),
    Entry(
        _("People close to me"),
        "cases:ties",
        "PersonGroup",
        frozenset({"specialist", "supervisor", "counsellor", "administrator"}),
        also=("cases:tie",),
        behind_the_name=True,
    ),
)


#: The search for participants, for which every page has a field, and who may search.
SEARCH, SEARCHES = "caseload:search", frozenset({"specialist", "supervisor", "counsellor"})


@dataclass(frozen=True)
class Link:
    """An entry as this person sees it on this page."""

    label: str | Promise
    url: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Menu:
    """The menu of somebody with these roles on this page."""

    links: tuple[Link, ...]
    behind: tuple[Link, ...] = ()
    #: Where the search field at the top of the page leads; nothing for those who may not search.
    search: str = ""

    @property
    def bar(self) -> tuple[Link, ...]:
        """What a phone shows at the bottom."""
        return self.links[:IN_THE_BAR]

    @property
    def rest(self) -> tuple[Link, ...]:
        """What a phone shows behind the name instead."""
        return self.links[IN_THE_BAR:]

    def __iter__(self) -> Iterator[Link]:
        return iter(self.links)

    def __bool__(self) -> bool:
        return bool(self.links)


def menu(roles: frozenset[str], url_name: str = "") -> Menu:
    """Return the menu for somebody with ``roles`` on the page named ``url_name`` ("namespace:name"), in table order.

    An entry whose page this installation does not have is left out.
    """
    visible = []
    for entry in ENTRIES:
        if entry.roles.isdisjoint(roles):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        visible.append((entry, url))
    search = reverse(SEARCH) if SEARCHES & roles else ""
    here = _current([entry for entry, _url in visible], url_name)
    links = [(entry.behind_the_name, Link(entry.label, url, entry.icon, entry is here)) for entry, url in visible]
    return Menu(
        tuple(link for behind, link in links if not behind),
        tuple(link for behind, link in links if behind),
        search,
    )


def _current(entries: Sequence[Entry], url_name: str) -> Entry | None:
    """The one entry a page belongs to: its own if it has one, else the first that counts it as its own."""
    own = [entry for entry in entries if entry.url_name == url_name]
    return next(iter(own or [entry for entry in entries if url_name.startswith(entry.also)]), None)
