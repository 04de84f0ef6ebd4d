"""Passkeys: added under My account after a code, used at the login page, shown, removed, told of."""

from __future__ import annotations

import json
import time
import uuid

import pyotp
import pytest
from django.contrib.messages import get_messages

from plass.accounts import links, passkeys, rate_limit, totp
from plass.accounts.active_sessions import AGREED
from plass.accounts.models import Login, Passkey
from plass.accounts.rate_limit import MOST_FAILURES
from plass.administration import actions
from plass.organisation.models import User
from tests.accounts.passkey import Device, browser_of, form_of, give, log_in, question_of, send, stranger, who
from tests.conftest import as_owner
from tests.world import PASSWORD, approved_link, user

NEW = "/konto/passnokler/ny/"


def keys(account: User) -> list[Passkey]:
    with as_owner():
        return list(Passkey.objects.filter(user=account))


def messages_of(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


# --- Adding ---------------------------------------------------------------------------------------------------------


def test_a_key_is_added_after_the_password_and_opens_from_then_on(world):
    client = browser_of(world, world.specialist)
    assert client.get(NEW).status_code == 200
    assert client.post(NEW, {"old": "feil-passord-123"}).status_code == 422
    assert client.post(NEW, {"old": PASSWORD})["Location"] == NEW
    question, form = form_of(client.get(NEW))
    device = Device()
    answer = client.post(NEW, {**form, "name": "Kontorets maskin", "answer": device.create(question)})
    assert (answer.status_code, answer["Location"]) == (303, "/konto/")
    page = client.get("/konto/").content.decode()
    assert "Kontorets maskin" in page and "ikke brukt" in page
    # The password was for this one.
    assert "data-question" not in client.get(NEW).content.decode()
    second_browser = stranger()
    came = log_in(second_browser, device, next="/henvisninger/")
    assert (came.status_code, came["Location"], who(second_browser)) == (
        303,
        "/henvisninger/",
        str(world.specialist.pk),
    )
    page = second_browser.get("/konto/").content.decode()
    assert "sist brukt" in page and "passnøkkel" in page
    with as_owner():
        assert set(Login.objects.values_list("way", flat=True)) == {"password", "passkey"}


def test_who_has_a_phone_types_its_code_first(world):
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(int(time.time()))
    codes = totp.confirm(by=world.act_as(world.specialist), secret=secret, code=code)
    client = browser_of(world, world.specialist)
    for wrong in ({"old": PASSWORD}, {"code": "000000"}, {"code": code}):
        assert client.post(NEW, wrong).status_code == 422, wrong
    assert client.post(NEW, {"code": codes[0]})["Location"] == NEW
    assert "data-question" in client.get(NEW).content.decode()


def test_what_was_agreed_to_is_forgotten_after_a_while(world):
    client = browser_of(world, world.specialist)
    client.post(NEW, {"old": PASSWORD})
    question, form = form_of(client.get(NEW))
    session = client.session
    session[AGREED] |= {"until": int(time.time()) - 1}
    session.save()
    answer = client.post(NEW, {**form, "answer": Device().create(question)})
    assert answer.status_code == 422 and not keys(world.specialist)


def test_without_a_name_or_an_answer_nothing_is_kept_and_another_question_is_asked(world):
    client = browser_of(world, world.specialist)
    client.post(NEW, {"old": PASSWORD})
    question, form = form_of(client.get(NEW))
    for more in ({"name": "", "answer": Device().create(question)}, {"answer": ""}, {"answer": "{}"}):
        page = client.post(NEW, {**form, **more})
        asked_anew, form = form_of(page)
        assert page.status_code == 422 and asked_anew != question and form["answer"] == ""
        question = asked_anew
    assert not keys(world.specialist)


def test_only_who_works_here_and_has_a_password_may(world, settings):
    with as_owner():
        people = [
            user("deltaker9", "", "", kind=User.Kind.PARTICIPANT),
            user("kontakt9", "", "", kind=User.Kind.EMPLOYER),
        ]
        without = user("uten", "Uten", "Passord")
        without.set_unusable_password()
        without.save()
    for account in (*people, without):
        client = browser_of(world, account)
        assert client.get(NEW).status_code == 404
        assert "passn" not in client.get("/konto/").content.decode().lower()
    client = browser_of(world, world.specialist)
    assert NEW in client.get("/konto/").content.decode()
    settings.PLASS_LOCAL_ACCOUNTS = False
    assert client.get(NEW).status_code == 404


# --- Logging in -----------------------------------------------------------------------------------------------------


def test_the_question_names_no_key_and_wants_its_owner_verified(world):
    give(world, world.specialist)
    question = json.loads(question_of(stranger()))
    assert (question["rpId"], question["userVerification"]) == ("localhost", "required")
    assert not question.get("allowCredentials")
    assert question["challenge"] != json.loads(question_of(stranger()))["challenge"]


def test_it_is_offered_only_under_the_name_that_keys_are_bound_to(db, client, settings):
    assert "passnokkel" in stranger().get("/logg-inn/").content.decode()
    assert "passnokkel" not in client.get("/logg-inn/").content.decode()
    assert client.post("/logg-inn/passnokkel/sporsmal/").status_code == 404
    settings.PLASS_RP_ID = ""
    assert "passnokkel" not in stranger().get("/logg-inn/").content.decode()
    settings.PLASS_RP_ID, settings.ALLOWED_HOSTS = "plass.no", [".plass.no", "ikkeplass.no"]
    shown = {
        name: "passnokkel" in client.get("/logg-inn/", headers={"host": name}).content.decode()
        for name in ("plass.no", "nord.plass.no:8000", "ikkeplass.no")
    }
    assert shown == {"plass.no": True, "nord.plass.no:8000": True, "ikkeplass.no": False}


def test_both_factors_in_one_step_where_codes_are_required(world, settings):
    settings.PLASS_SECOND_FACTOR = True
    client = stranger()
    assert log_in(client, give(world, world.specialist)).status_code == 303
    assert who(client) == str(world.specialist.pk)


def test_keys_that_count_nothing_open_again_and_again(world):
    device = give(world, world.specialist, Device(counts=False))
    assert [log_in(stranger(), device).status_code for _ in range(3)] == [303, 303, 303]


def test_guessing_closes_the_key_for_that_address_also_for_the_right_answer(world):
    device = give(world, world.specialist)
    for _ in range(MOST_FAILURES):
        assert log_in(stranger(), device.but(key=Device().key)).status_code == 422
    closed = log_in(stranger(), device)
    assert closed.status_code == 429 and int(closed["Retry-After"]) > 0
    # Nor is it closed for its owner, who is somewhere else.
    elsewhere = stranger()
    elsewhere.defaults["REMOTE_ADDR"] = "192.0.2.9"
    assert log_in(elsewhere, device).status_code == 303
    # Another key of the same person is not closed.
    assert log_in(stranger(), give(world, world.specialist, name="En til")).status_code == 303


def test_so_many_wrong_ones_from_everywhere_close_a_key(world):
    device = give(world, world.specialist)
    for number in range(passkeys.MOST_OF_A_KEY):
        wrong = stranger()
        wrong.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        assert log_in(wrong, device.but(key=Device().key)).status_code == 422
    assert log_in(stranger(), device).status_code == 429


def test_wrong_answers_fill_the_measure_of_the_address_they_come_from(world):
    for _ in range(3):
        log_in(stranger(), Device(handle=b"x"))
    with as_owner():
        assert rate_limit.seconds_to_wait("127.0.0.1") == 0
    device = give(world, world.specialist)
    for _ in range(rate_limit.MOST_FROM_ONE - 3):
        rate_limit.count_failure("127.0.0.1")
    assert log_in(stranger(), device).status_code == 429


@pytest.mark.parametrize(
    "answer",
    ["", "x", "[]", "{}", '{"rawId": 1}', '{"rawId": "AAAA"}', "[" * 9000, '{"rawId": "å"}', '{"rawId": "A"}'],
)
def test_what_is_no_answer_is_refused(db, answer):
    client = stranger()
    question_of(client)
    assert send(client, answer).status_code == 422


def test_a_broken_answer_with_a_known_key_is_refused(world):
    device = give(world, world.specialist)
    client = stranger()
    right = json.loads(device.get(question_of(client)))
    for part, broken in [
        *((name, value) for name in right["response"] for value in ("", "AAAA", "å", None, 1, {})),
        *((name, None) for name in ("type", "id", "response")),
    ]:
        browser = stranger()
        answer = json.loads(device.get(question_of(browser)))
        (answer["response"] if part in answer["response"] else answer)[part] = broken
        with_broken = send(browser, json.dumps(answer))
        assert with_broken.status_code in {422, 429} and who(browser) is None, (part, broken)


# --- Removing, and being told ----------------------------------------------------------------------------------------


def test_a_removed_key_opens_nothing_and_other_logins_end(world):
    device = give(world, world.specialist)
    second_browser = stranger()
    log_in(second_browser, device)
    (key,) = keys(world.specialist)
    client = browser_of(world, world.specialist)
    address = f"/konto/passnokler/{key.pk}/fjern/"
    assert client.post(address, {"old": PASSWORD})["Location"] == address
    form = {"submission": client.get(address).context["form"]["submission"].value()}
    for _ in range(2):
        assert client.post(address, form)["Location"] == "/konto/"
    assert second_browser.get("/min-dag/").status_code == 302
    assert log_in(stranger(), device).status_code == 422


@pytest.mark.parametrize("has_phone", [True, False])
def test_an_open_screen_alone_removes_no_key(world, has_phone):
    """As it adds none: the code from the phone is asked for, or the password where there is no phone, once for each key."""
    give(world, world.specialist, name="Den ene")
    give(world, world.specialist, name="Den andre")
    if has_phone:
        secret = pyotp.random_base32()
        codes = totp.confirm(by=world.act_as(world.specialist), secret=secret, code=pyotp.TOTP(secret).now())
        wrong, right = {"code": "000000"}, {"code": codes[0]}
    else:
        wrong, right = {"old": "feil passord"}, {"old": PASSWORD}
    one, other = (f"/konto/passnokler/{key.pk}/fjern/" for key in keys(world.specialist))
    client = browser_of(world, world.specialist)

    def submission() -> dict[str, str]:
        return {"submission": str(uuid.uuid4())}

    for form in ({}, submission(), wrong, submission() | wrong):
        assert client.post(one, form).status_code in {200, 422}
    assert len(keys(world.specialist)) == 2
    assert client.post(one, right)["Location"] == one
    assert client.post(one, submission())["Location"] == "/konto/"
    client.post(other, submission())
    assert [key.name for key in keys(world.specialist)] == ["Den andre"]


def test_a_key_that_opens_nothing_any_more_is_removed_without_a_code(world, settings):
    """Where the login service alone opens accounts there is neither password nor phone to show."""
    give(world, world.specialist)
    settings.PLASS_LOCAL_ACCOUNTS = False
    (key,) = keys(world.specialist)
    client = browser_of(world, world.specialist)
    assert client.post(f"/konto/passnokler/{key.pk}/fjern/", {"submission": str(uuid.uuid4())})["Location"] == "/konto/"
    assert not keys(world.specialist)


def test_nobody_removes_the_key_of_another(world):
    give(world, world.specialist)
    (key,) = keys(world.specialist)
    for account in (world.colleague, world.administrator, world.leader):
        assert browser_of(world, account).post(f"/konto/passnokler/{key.pk}/fjern/").status_code == 404
    assert keys(world.specialist)


def test_the_owner_is_told_of_a_new_and_of_a_removed_key_at_the_next_logins(world):
    first = give(world, world.specialist, name="Den første")
    # Whoever comes in by it knows.
    assert messages_of(log_in(stranger(), first)) == ""
    by_password = stranger().post("/logg-inn/", {"username": "jobb1", "password": PASSWORD})
    assert "Den første" in messages_of(by_password)
    second = give(world, world.specialist, name="Den andre")
    words = messages_of(log_in(stranger(), second))
    assert "Den første" in words and "Den andre" not in words
    world.act_as(world.specialist)
    passkeys.remove(keys(world.specialist)[0], by=world.specialist)
    # The last of each key: that the first was added, too, says nothing more.
    words = messages_of(log_in(stranger(), second))
    assert "fjernet" in words and "lagt til" not in words


def test_it_stands_in_the_history_without_the_key_itself(world):
    give(world, world.specialist, name="Kontorets maskin")
    client = browser_of(world, world.administrator)
    page = client.get("/endringer/").content.decode()
    assert "Passnøkkel" in page and "Kontorets maskin" in page and "\\x" not in page


# --- What others may do with somebody's ways in -----------------------------------------------------------------------


def test_a_phone_taken_away_takes_the_keys_too(world):
    from plass.accounts import approvals

    device = give(world, world.specialist)
    page = browser_of(world, world.administrator).get(f"/kontoer/{world.specialist.pk}/").content.decode()
    assert "mistet-telefon" in page
    asked = actions.forget_phone(world.specialist, by=world.act_as(world.administrator), reason="Mistet")
    assert keys(world.specialist)
    approvals.answer(asked, by=world.act_as(world.leader), yes=True)
    assert not keys(world.specialist)
    assert log_in(stranger(), device).status_code == 422


def test_a_new_password_by_link_takes_the_keys_and_marks_logins_by_those_that_come_after(world):
    old = give(world, world.specialist)
    token = approved_link(world, world.specialist)
    assert log_in(stranger(), old).status_code == 303
    invited = links.opened(token)
    assert invited is not None
    links.choose_password(invited, "en setning om sommeren")
    assert not keys(world.specialist)
    log_in(stranger(), give(world, world.specialist))
    with as_owner():
        login = Login.objects.get(way="passkey")
        assert login.approval is not None and login.approval.kind == "password"


def test_whoever_runs_the_machine_takes_the_keys_with_the_password(world):
    give(world, world.administrator)
    with as_owner():
        actions.reset_account(username=world.administrator.username, password="en setning om vinteren")
    assert not keys(world.administrator)


def test_a_question_is_answered_within_its_time(world):
    device = give(world, world.specialist)
    client = stranger()
    answer = device.get(question_of(client))
    session = client.session
    session["passkey_login"] = session["passkey_login"] | {"at": session["passkey_login"]["at"] - 301_000_000}
    session.save()
    assert (send(client, answer).status_code, who(client)) == (422, None)
