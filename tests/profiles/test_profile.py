"""The vocational profile: versions, what each changed, and two who write at once."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from plass.access.current_user import acting_as
from plass.organisation.models import User
from plass.profiles import actions, queries
from plass.profiles.models import Profile

from ..cases.test_races import at_once, failed, succeeded

TODAY = timezone.localdate()


@pytest.fixture
def case(world, client):
    case = world.refer(on=TODAY - timedelta(days=90))
    client.force_login(world.specialist)
    return case


def agree(case, by, days: int, **content):
    newest = queries.newest(case)
    return actions.agree(
        case, by=by, happened_on=TODAY - timedelta(days=days), based_on=newest.pk if newest else None, **content
    )


def sent(**values):
    form = {
        "submission": str(uuid.uuid4()),
        "happened_on": TODAY.isoformat(),
        "employer_contact": "ask_first",
        "occupations": "Baker\n- Kokk\nBaker\n",
        "strengths": "Tidlig oppe",
    }
    return form | values


def test_a_profile_is_written_line_by_line_and_read_again_as_it_was_written(client, case):
    values = Profile.EmployerContact.values
    answer = client.post(f"/sak/{case.pk}/profil/", sent(employer_contact=values[0]))
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    profile = Profile.objects.get(case=case)
    assert profile.occupations == ["Baker", "Kokk"]
    assert profile.strengths == "Tidlig oppe"
    page = BeautifulSoup(client.get(f"/sak/{case.pk}/profil/").content, "html.parser")
    assert page.select_one("textarea[name=occupations]").text.split() == ["Baker", "Kokk"]


def test_a_profile_that_says_nothing_is_refused_and_what_was_typed_stays(client, case):
    nothing = sent(occupations="", strengths="", employer_contact="not_discussed")
    answer = client.post(f"/sak/{case.pk}/profil/", nothing)
    assert answer.status_code == 422
    assert "Skriv minst én ting" in answer.content.decode()
    assert not Profile.objects.filter(case=case).exists()


def test_versions_tell_what_each_changed(case, world):
    agree(case, world.specialist, 60, occupations=["Baker"], strengths="Rolig")
    agree(case, world.specialist, 20, occupations=["Baker", "Kokk"], strengths="Rolig")
    (newest, first), more = queries.versions(case)
    assert (newest.first, first.first) == (False, True)
    assert [(change.before, change.now) for change in newest.changes] == [("Baker", "Baker\nKokk")]
    assert not more


def test_whoever_wrote_on_an_older_version_sees_both_and_loses_nothing(client, case, world):
    agree(case, world.specialist, 60, strengths="Rolig")
    page = BeautifulSoup(client.get(f"/sak/{case.pk}/profil/").content, "html.parser")
    shown = page.select_one("input[name=based_on]")["value"]
    agree(case, world.specialist, 10, strengths="Presis")
    answer = client.post(
        f"/sak/{case.pk}/profil/", sent(based_on=shown, strengths="Tålmodig", employer_contact="not_discussed")
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Presis" in text and "Tålmodig" in text
    assert Profile.objects.filter(case=case).count() == 2
    form = BeautifulSoup(text, "html.parser")
    again = form.select_one("input[name=based_on]")["value"]
    answer = client.post(
        f"/sak/{case.pk}/profil/", sent(based_on=again, strengths="Tålmodig", employer_contact="not_discussed")
    )
    assert answer.status_code == 303
    assert queries.newest(case).strengths == "Tålmodig"


def test_those_without_a_part_find_no_profile(client, case, world):
    agree(case, world.specialist, 10, strengths="Hemmelig styrke")
    client.force_login(world.act_as(world.other_specialist))
    for path in ("profil", "profil/versjoner"):
        assert client.get(f"/sak/{case.pk}/{path}/").status_code == 404
    assert not Profile.objects.filter(case=case).exists()


def test_ten_who_agree_on_a_version_at_once_make_one_and_the_others_are_told(committed):
    with transaction.atomic():
        case = committed.refer(on=TODAY - timedelta(days=30))

    def write(n, barrier):
        with acting_as(committed.specialist):
            by = User.objects.get(pk=committed.specialist.pk)
            barrier.wait()
            return actions.agree(case, by=by, happened_on=TODAY, based_on=None, strengths=f"Styrke {n}").pk

    results = at_once(write)
    assert len(succeeded(results)) == 1
    assert failed(results) == {actions.StaleProfile}


def test_an_empty_version_is_no_version(case, world):
    with pytest.raises(ValidationError):
        agree(case, world.specialist, 1, occupations=[])
