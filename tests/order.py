"""Which worker takes which test, and what begins first: what keeps the suite quick on two cores.

A file is one piece of work, so that what its tests share (a server, a database, a cluster) is made once. The longest
pieces begin first, and the short ones fill up what is left; the other way round one worker would wait for the other.

pytest-xdist's own groups do not do it: under pytest 9.2 ``--dist loadgroup`` takes no notice of them, silently
(https://github.com/pytest-dev/pytest-xdist/issues/1386).
"""

from __future__ import annotations

from typing import Any

import pytest

#: Files that take more than some five seconds, the longest first (``--durations=60`` tells). The rest follows as listed.
LONGEST = (
    "tests/journeys/test_every_page.py",
    "tests/evaluation/data/test_spark.py",
    "tests/house/test_twice.py",
    "tests/house/test_urls.py",
    "tests/journeys/test_main_way.py",
    "tests/journeys/test_nothing_is_lost.py",
    "tests/journeys/test_frame.py",
    "tests/journeys/test_by_keyboard.py",
    "tests/config/test_cli.py",
    "tests/quality/test_release_tables.py",
    "tests/imports/test_command.py",
    "tests/quality/test_figures_of_a_county.py",
    "tests/evaluation/report/test_report.py",
    "tests/config/test_two_commands.py",
    "tests/config/test_comes_back.py",
    "tests/config/test_backup.py",
    "tests/config/test_embedded.py",
    "tests/config/test_web_server.py",
    "tests/demo/test_same.py",
    "tests/supply_chain/test_audit.py",
    "tests/accounts/test_first_login.py",
    "tests/portal/test_pages.py",
    "tests/access/test_rules.py",
    "tests/caseload/test_lists.py",
    "tests/demo/test_make.py",
    "tests/evaluation/estimators/test_regression.py",
)

#: Long files whose tests share nothing dear: each test is a piece of its own.
APART = {"tests/house/test_twice.py", "tests/house/test_urls.py"}

_place = {file: place for place, file in enumerate(LONGEST)}


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def piece_of(nodeid: str) -> str:
    """What is given to a worker whole: the test's file, or the test alone."""
    file = file_of(nodeid)
    return nodeid if file in APART else file


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first."""
    items.sort(key=lambda item: _place.get(file_of(item.nodeid), len(_place)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """xdist's scheduler of pieces, in the order of the collection and not by how many tests a piece has."""
    from xdist.scheduler import LoadScopeScheduling

    class Pieces(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return piece_of(nodeid)

    config.option.loadscopereorder = False
    return Pieces(config, log)
