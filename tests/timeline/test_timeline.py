"""The timeline page by page: every fact once, the newest first, narrowed, and what an address cannot say."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from plass.cases.facts import correct
from plass.cases.models import Participant
from plass.jobs.actions import start_job
from plass.rights import actions as rights
from plass.timeline import queries as timeline
from plass.timeline.queries import Cursor
from tests.caseload.test_case_page import ago, rich_case, talk
from tests.conftest import as_owner
from tests.followup.made import contact, employer
from tests.world import user


def read(client, address: str, **headers: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address, headers=headers).content, "html.parser")


def anchors(page: BeautifulSoup) -> list[str]:
    return [item["id"] for item in page.select("ol.p-timeline > li")]


@pytest.mark.parametrize("size", [1, 4])
def test_every_fact_stands_on_one_page_and_the_last_page_says_so(world, size):
    case = world.refer(on=ago(20))
    for days in (9, 9, 5):
        talk(case, world, days)
    whole = timeline.page(case, size=100)
    assert whole.earlier is None
    entries, before, pages = [], None, 0
    while pages <= len(whole.entries):
        shown = timeline.page(case, size=size, before=before)
        entries, pages = entries + shown.entries, pages + 1
        if shown.earlier is None:
            break
        assert len(shown.entries) == size
        before = Cursor.read(str(shown.earlier))
    assert [entry.anchor for entry in entries] == [entry.anchor for entry in whole.entries]
    assert pages == -(-len(whole.entries) // size)
    assert entries == sorted(entries, key=lambda entry: (entry.happened_on, entry.recorded_at), reverse=True)


def test_what_is_earlier_comes_by_its_link_also_into_the_page_and_narrowed(world, client):
    case = rich_case(world, 6)
    client.force_login(world.act_as(world.specialist))
    for group in ("", "contacts", "employers"):
        whole = [entry.anchor for entry in timeline.page(case, group=group, size=1000).entries]
        address, seen = f"/sak/{case.pk}/tidslinje/?slag={group}", []
        while address:
            page, piece = read(client, address), read(client, address, **{"HX-Request": "true"})
            assert anchors(page) == anchors(piece)
            assert piece.select_one("html") is None
            assert (piece.select_one("nav") is None) == ("eldre" in address), "the filters stand there once"
            seen += anchors(page)
            assert len(seen) <= len(whole)
            link = page.select_one("#timeline-earlier a")
            address = link["href"] if link else ""
        assert seen == whole and len(seen) == len(set(seen))


def test_a_group_shows_its_kinds_only(world):
    case, by = world.refer(on=ago(20)), world.specialist
    talk(case, world, 9)
    shop = contact(case, by, -5, parties=["employer"], employer=employer(by))
    wrong = talk(case, world, 3)
    right = correct(wrong, by=by, reason="Feil dag", happened_on=ago(4))
    assert [entry.fact_id for entry in timeline.page(case, group="employers").entries] == [shop.pk]
    for key, group in timeline.groups().items():
        kinds = {entry.kind for entry in timeline.page(case, group=key).entries}
        assert kinds <= set(group.kinds) or not group.kinds
        assert kinds or key not in {"", "contacts"}
    (corrected,) = timeline.page(case, group="corrections").entries
    assert (corrected.fact_id, corrected.is_corrected, corrected.may_be_corrected) == (wrong.pk, True, False)
    assert (corrected.correction.replacement, corrected.correction.by) == (right.pk, by.name)
    only = timeline.page(case, facts=[("contact", right.pk)]).entries
    assert [(entry.fact_id, entry.corrects) for entry in only] == [(right.pk, "Feil dag")]


def test_the_page_of_one_fact_shows_it_alone(world, client):
    case = world.refer(on=ago(20))
    fact = talk(case, world, 9)
    talk(case, world, 8)
    client.force_login(world.specialist)
    assert anchors(read(client, f"/sak/{case.pk}/tidslinje/?fakta=contact-{fact.pk}")) == [f"contact-{fact.pk}"]
    whole = anchors(read(client, f"/sak/{case.pk}/tidslinje/"))
    assert len(whole) > 2
    for nothing in (
        "fakta=contact",
        "fakta=-1",
        "fakta=contact-x",
        "fakta=contact-²",
        f"fakta=contact-{'9' * 19}",
        "slag=x",
    ):
        assert anchors(read(client, f"/sak/{case.pk}/tidslinje/?{nothing}")) == whole


def test_what_the_participant_asks_for_stands_beside_the_fact_and_so_does_the_answer(world, client):
    case = world.refer(on=ago(20))
    fact = talk(case, world, 9)
    with as_owner():
        account = user("deltaker1", "", "", kind="participant")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    about = {"kind": "contact", "fact_id": fact.pk, "wanted": "Det var en tirsdag"}
    asked = rights.ask_for_correction(case, by=world.act_as(account), **about)
    client.force_login(world.act_as(world.specialist))
    address = f"/sak/{case.pk}/tidslinje/?fakta=contact-{fact.pk}"

    def shown() -> tuple[str, bool]:
        (item,) = read(client, address).select("ol.p-timeline > li")
        return " ".join(item.get_text(" ").split()), f"/{asked.pk}/svar/" in str(item)

    text, may_answer = shown()
    assert "Det var en tirsdag" in text and may_answer
    assert timeline.page(case, facts=[("contact", fact.pk)]).entries[0].requests[0].outcome_label == ""
    answer = rights.answer_request(asked, by=world.specialist, outcome="declined", reason="Det var en mandag")
    text, may_answer = shown()
    assert f"{answer.get_outcome_display()}: Det var en mandag".lower() in text.lower() and not may_answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01~2026-01-01T00:00:00+00:00~contact",
        "2026-01-01~2026-01-01T00:00:00~contact~1",
        "2026-01-01~2026-01-01T00:00:00+00:00~contact~0",
        f"2026-01-01~2026-01-01T00:00:00+00:00~contact~{2**63}",
        "2026-01-01~2026-01-01T00:00:00+00:00~kontåkt~1",
        "2026-01-01~2026-01-01T00:00:00+00:00~con\0tact~1",
        "2026-02-30~2026-01-01T00:00:00+00:00~contact~1",
    ],
)
def test_a_place_that_no_page_ends_at_is_none(text):
    assert Cursor.read(text) is None


def test_the_last_number_of_all_is_a_place():
    text = f"2026-01-01~2026-01-01T00:00:00+00:00~contact~{2**63 - 1}"
    assert str(Cursor.read(text)) == text


def test_only_what_is_to_come_is_ahead(world):
    case = world.refer(on=ago(20))
    today = talk(case, world, 0)
    job = start_job(
        case,
        by=world.specialist,
        happened_on=ago(-1),
        employer=employer(world.specialist),
        title="Baker",
        form="permanent",
        hours_per_week=20,
    )
    for kind, fact, ahead in (("contact", today, False), ("job_start", job, True)):
        (entry,) = timeline.page(case, facts=[(kind, fact.pk)]).entries
        assert entry.is_ahead == ahead
