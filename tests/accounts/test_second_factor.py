"""The second factor: set up where it must be, a code used once, recovery codes, guessing; and passwords and logins."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pyotp
import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from plass.accounts import active_sessions, links, rate_limit, totp
from plass.accounts.active_sessions import AGREED
from plass.accounts.models import Link, RecoveryCode, SecondFactor
from plass.accounts.rate_limit import MOST_FAILURES
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import approved_link, stored, user

RIGHT = "prøv-passord-123"
NEW = "en setning om sommeren"


@pytest.fixture(autouse=True)
def enforced(settings) -> None:
    settings.PLASS_SECOND_FACTOR = True


def give_password(client, username="jobb1", password=RIGHT, **more):
    return client.post("/logg-inn/", {"username": username, "password": password, **more})


def who(client) -> str | None:
    return client.session.get("_auth_user_id")


def code_of(secret: str, off: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * off)


def with_phone(world, account: User) -> tuple[str, list[str]]:
    """Give ``account`` a phone: the secret and the recovery codes. The code of this moment counts as used."""
    secret = totp.new_secret()
    codes = totp.confirm(by=world.act_as(account), secret=secret, code=code_of(secret))
    assert codes is not None
    return secret, codes


def forget_use() -> None:
    with as_owner():
        SecondFactor.objects.update(last_step=0)


# --- Setting it up --------------------------------------------------------------------------------------------------


def test_who_works_here_and_has_no_phone_yet_sets_it_up_before_anything_opens(world, client):
    assert give_password(client, next="/henvisninger/")["Location"] == "/logg-inn/kode/"
    assert who(client) is None
    assert client.get("/min-dag/")["Location"].startswith("/logg-inn/")
    assert client.get("/logg-inn/kode/")["Location"] == "/logg-inn/ny-kode/"
    page = BeautifulSoup(client.get("/logg-inn/ny-kode/").content, "html.parser")
    secret = page.select_one(".p-secret").text.replace(" ", "")
    again = BeautifulSoup(client.get("/logg-inn/ny-kode/").content, "html.parser")
    assert again.select_one(".p-secret").text.replace(" ", "") == secret
    assert client.post("/logg-inn/ny-kode/", {"code": "000000"}).status_code == 422
    assert who(client) is None
    answer = client.post("/logg-inn/ny-kode/", {"code": code_of(secret)})
    assert who(client) == str(world.specialist.pk)
    shown = BeautifulSoup(answer.content, "html.parser")
    codes = [item.text for item in shown.select(".p-codes li")]
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert shown.select_one('a[href="/henvisninger/"]') is not None
    with as_owner():
        factor = SecondFactor.objects.get()
        assert secret.encode() not in stored(factor, "secret")
        assert not {code.encode() for code in codes} & {
            stored(recovery_code, "code_hash") for recovery_code in RecoveryCode.objects.all()
        }


def set_up(client) -> dict[str, str]:
    """The form on the page that sets up the phone, filled in with the first code; the page works without a script."""
    page = BeautifulSoup(client.get("/logg-inn/ny-kode/").content, "html.parser")
    (field,) = [field for field in page.select("main form input") if field["type"] != "hidden"]
    assert page.select_one("main form")["method"] == "post" and page.select_one("main form button[type=submit]")
    assert page.select_one(f"label[for={field['id']}]").text.strip() == "Kode"
    return {field["name"]: code_of(page.select_one(".p-secret").text.replace(" ", ""))}


@pytest.mark.parametrize("cookie", ["of before", "of the first answer"])
def test_the_first_code_sent_twice_sets_up_one_phone_and_says_what_to_do(world, client, settings, cookie):
    """A second press without a script: whether the browser has taken in the first answer or not."""
    give_password(client)
    form = set_up(client)
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    shown = BeautifulSoup(client.post("/logg-inn/ny-kode/", form).content, "html.parser")
    codes = [item.text for item in shown.select(".p-codes li")]
    if cookie == "of before":
        client.cookies[settings.SESSION_COOKIE_NAME] = before
    again = client.post("/logg-inn/ny-kode/", form, follow=True)
    page = BeautifulSoup(again.content, "html.parser")
    assert "lag nye under Min konto" in page.select_one("#messages").text
    # The first answer stands: one phone, and its recovery codes open.
    with as_owner():
        assert SecondFactor.objects.count() == 1
        assert RecoveryCode.objects.filter(used_at=None).count() == totp.RECOVERY_CODES
    assert (who(client) is None) == (cookie == "of before")
    third = Client()
    give_password(third)
    assert third.post("/logg-inn/kode/", {"code": codes[0]}).status_code == 303


def test_a_wrong_first_code_is_said_beside_the_same_picture(world, client):
    give_password(client)
    form = set_up(client)
    refused = client.post("/logg-inn/ny-kode/", {"code": "000000"})
    page = BeautifulSoup(refused.content, "html.parser")
    assert refused.status_code == 422 and "passer ikke" in page.select_one("main form").text
    assert set_up(client) == form
    assert client.post("/logg-inn/ny-kode/", form).status_code == 200 and who(client)


def test_the_picture_holds_neither_style_nor_script(world):
    picture = totp.picture(world.specialist, totp.new_secret())
    assert picture.startswith("<svg")
    assert re.search(r"style|<script|href|\son\w+=", picture) is None


def test_every_account_with_a_password_is_asked_and_the_demos_are_not(world, client, settings):
    with as_owner():
        user("arbeidsgiver1", "", "", kind=User.Kind.EMPLOYER)
    for username in ("jobb1", "arbeidsgiver1"):
        assert give_password(client, username)["Location"] == "/logg-inn/kode/"
    settings.PLASS_SECOND_FACTOR = False
    for username in ("jobb1", "arbeidsgiver1"):
        assert give_password(Client(), username)["Location"] == "/"


# --- Using it -------------------------------------------------------------------------------------------------------


def test_password_and_code_open_and_the_same_code_does_not_open_again(world, client):
    secret, _codes = with_phone(world, world.specialist)
    forget_use()
    give_password(client, next="/henvisninger/")
    code = code_of(secret)
    answer = client.post("/logg-inn/kode/", {"code": f"{code[:3]} {code[3:]}"})
    assert (answer.status_code, answer["Location"]) == (303, "/henvisninger/")
    assert who(client) == str(world.specialist.pk)
    again = Client()
    give_password(again)
    assert again.post("/logg-inn/kode/", {"code": code}).status_code == 422
    assert again.post("/logg-inn/kode/", {"code": code_of(secret, -1)}).status_code == 422
    assert who(again) is None


def test_a_code_of_five_minutes_ago_does_not_open(world, client):
    secret, _codes = with_phone(world, world.specialist)
    forget_use()
    give_password(client)
    assert client.post("/logg-inn/kode/", {"code": code_of(secret, -10)}).status_code == 422


def test_a_recovery_code_opens_once_however_it_is_written(world, client):
    _secret, codes = with_phone(world, world.specialist)
    give_password(client)
    assert client.post("/logg-inn/kode/", {"code": codes[3].upper().replace("-", " ")}).status_code == 303
    again = Client()
    give_password(again)
    assert again.post("/logg-inn/kode/", {"code": codes[3]}).status_code == 422
    assert again.post("/logg-inn/kode/", {"code": codes[4]}).status_code == 303


def test_somebody_elses_codes_do_not_open(world, client):
    _secret, codes_of_colleague = with_phone(world, world.colleague)
    with_phone(world, world.specialist)
    give_password(client)
    assert client.post("/logg-inn/kode/", {"code": codes_of_colleague[0]}).status_code == 422


def test_guessing_codes_closes_also_for_the_right_one_but_a_recovery_code_opens(world, client):
    """Wrong codes by somebody who knows the password do not keep the owner out: a recovery code cannot be guessed."""
    secret, codes = with_phone(world, world.specialist)
    forget_use()
    give_password(client)
    for guess in range(MOST_FAILURES):
        assert client.post("/logg-inn/kode/", {"code": f"{guess:06}"}).status_code == 422
    answer = client.post("/logg-inn/kode/", {"code": code_of(secret)})
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert who(client) is None
    assert client.post("/logg-inn/kode/", {"code": codes[0].replace("a", "b") + "x"}).status_code == 422
    owner = Client()
    give_password(owner)
    assert owner.post("/logg-inn/kode/", {"code": codes[0]}).status_code == 303
    assert who(owner) == str(world.specialist.pk)


def test_guesses_at_codes_count_where_they_come_from_whoever_they_are_about(world, monkeypatch):
    """Also where somebody has the passwords of many: passwords and codes fill one measure."""
    monkeypatch.setattr(rate_limit, "MOST_FROM_ONE", 6)
    _secret, codes = with_phone(world, world.colleague)
    with_phone(world, world.specialist)
    browser, second_browser = Client(), Client()
    give_password(second_browser, "jobb2")
    give_password(browser)
    for guess in range(3):
        assert browser.post("/logg-inn/kode/", {"code": f"{guess:06}"}).status_code == 422
    assert second_browser.post("/logg-inn/kode/", {"code": "feil-feil-feil-feil"}).status_code == 422
    owner = logged_in(world, world.specialist)
    assert owner.post("/konto/kode/", {"code": "000003"}).status_code == 422
    assert give_password(Client(), "finnesikke").status_code == 422
    answer = second_browser.post("/logg-inn/kode/", {"code": codes[0]})
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= rate_limit.EMPTIES_IN / 6
    assert "der du er" in answer.content.decode()
    assert give_password(Client(), "jobb1").status_code == 429
    # The code was not looked at, so it is not used up; and another address is another measure.
    assert second_browser.post("/logg-inn/kode/", {"code": codes[0]}, REMOTE_ADDR="192.0.2.9").status_code == 303


def test_the_password_is_worth_nothing_after_ten_minutes(world, client):
    secret, _codes = with_phone(world, world.specialist)
    forget_use()
    give_password(client)
    session = client.session
    session["pending"] = session["pending"] | {"at": int(time.time()) - 601}
    session.save()
    assert client.post("/logg-inn/kode/", {"code": code_of(secret)})["Location"] == "/logg-inn/"
    assert who(client) is None


def test_without_a_password_there_is_no_page_for_codes(world, client):
    for page in ("kode", "ny-kode"):
        assert client.get(f"/logg-inn/{page}/")["Location"] == "/logg-inn/"


# --- My account -----------------------------------------------------------------------------------------------------


def logged_in(world, account: User) -> Client:
    client = Client()
    client.force_login(world.act_as(account))
    return client


def test_another_password_ends_every_other_login(world):
    browser, second_browser = logged_in(world, world.specialist), logged_in(world, world.specialist)
    stranger = logged_in(world, world.colleague)
    answer = browser.post("/konto/passord/", {"old": RIGHT, "new": NEW, "again": NEW})
    assert answer.status_code == 303
    assert browser.get("/konto/").status_code == 200
    assert second_browser.get("/konto/").status_code == 302
    assert stranger.get("/konto/").status_code == 200
    assert give_password(Client(), password=RIGHT).status_code == 422
    assert give_password(Client(), password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [("feil", NEW, NEW), (RIGHT, "kort", "kort"), (RIGHT, NEW, NEW + "x"), (RIGHT, RIGHT, RIGHT), (RIGHT, "", "")],
)
def test_a_bad_change_of_password_changes_nothing(world, old, new, again):
    client = logged_in(world, world.specialist)
    assert client.post("/konto/passord/", {"old": old, "new": new, "again": again}).status_code == 422
    assert give_password(Client(), password=RIGHT).status_code == 303


def test_my_logins_are_listed_and_the_others_can_be_ended(world, settings):
    settings.PLASS_SECOND_FACTOR = False
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    browser, second_browser = Client(headers=firefox), Client(headers=firefox)
    give_password(browser)
    give_password(second_browser)
    page = BeautifulSoup(browser.get("/konto/").content, "html.parser")
    assert [heading.text for heading in page.select("#where strong")] == ["Firefox, Linux", "Firefox, Linux"]
    assert browser.post("/konto/logg-ut-andre/").status_code == 303
    assert browser.get("/konto/").status_code == 200
    assert second_browser.get("/konto/").status_code == 302
    assert len(active_sessions.of(world.act_as(world.specialist), browser.session.session_key)) == 1


def test_nobody_ends_the_logins_of_others(world):
    browser = logged_in(world, world.specialist)
    world.act_as(world.colleague)
    assert active_sessions.end_all(world.specialist) == 0
    assert browser.get("/konto/").status_code == 200


def test_another_phone_needs_the_old_one_first(world):
    secret, codes = with_phone(world, world.specialist)
    client = logged_in(world, world.specialist)
    assert "p-secret" not in client.get("/konto/kode/").content.decode()
    assert client.post("/konto/kode/", {"code": "000000"}).status_code == 422
    assert client.post("/konto/kode/", {"code": codes[0]}).status_code == 303
    page = BeautifulSoup(client.get("/konto/kode/").content, "html.parser")
    new = page.select_one(".p-secret").text.replace(" ", "")
    assert new != secret
    assert client.post("/konto/kode/", {"code": code_of(new)}).status_code == 200
    forget_use()
    world.act_as(world.specialist)
    assert not totp.check(world.specialist, code_of(secret), where="192.0.2.1")
    assert totp.check(world.specialist, code_of(new), where="192.0.2.1")
    assert not totp.check(world.specialist, codes[1], where="192.0.2.1")


def test_an_open_screen_alone_binds_no_phone(world):
    """Whoever sits down at it must show the password, and show it anew after a while."""
    client = logged_in(world, world.specialist)
    assert "p-secret" not in client.get("/konto/kode/").content.decode()
    assert client.post("/konto/kode/", {"code": "000000"}).status_code == 422
    assert client.post("/konto/kode/", {"old": "feil"}).status_code == 422
    assert client.post("/konto/kode/", {"old": RIGHT}).status_code == 303
    first = BeautifulSoup(client.get("/konto/kode/").content, "html.parser").select_one(".p-secret").text
    session = client.session
    session[AGREED] |= {"until": int(time.time()) - 1}
    session.save()
    answer = client.post("/konto/kode/", {"code": code_of(first.replace(" ", ""))})
    world.act_as(world.specialist)
    assert answer.status_code == 422 and totp.of(world.specialist) is None
    client.post("/konto/kode/", {"old": RIGHT})
    anew = BeautifulSoup(client.get("/konto/kode/").content, "html.parser").select_one(".p-secret").text
    assert anew != first
    assert client.post("/konto/kode/", {"code": code_of(anew.replace(" ", ""))}).status_code == 200
    world.act_as(world.specialist)
    assert totp.of(world.specialist) is not None


def letters(client) -> str:
    """The secret that somebody without a phone is shown at their first login."""
    page = BeautifulSoup(client.get("/logg-inn/ny-kode/").content, "html.parser")
    return page.select_one(".p-secret").text.replace(" ", "")


def test_the_next_on_the_same_browser_is_shown_another_secret(world, client, settings):
    settings.PLASS_SECOND_FACTOR = True
    give_password(client)
    noted = letters(client)
    give_password(client, username=world.colleague.username)
    assert letters(client) != noted
    give_password(client)
    assert letters(client) != noted, "and so is the same person, when they begin anew"


def test_what_was_begun_on_a_browser_is_nothing_to_whoever_logs_in_there(world, client, settings):
    settings.PLASS_SECOND_FACTOR = True
    give_password(client)
    letters(client)
    request = RequestFactory().get("/")
    request.session, request.user = client.session, AnonymousUser()
    request.session["way_in"] = [1, "a login", "that a page left there"]
    begun = set(request.session.keys())
    assert {"pending", "new_factor", "way_in"} <= begun
    active_sessions.log_in(request, world.act_as(world.colleague), active_sessions.LoginMethod("passkey"))
    assert not begun & set(request.session.keys())


def test_what_was_agreed_to_holds_for_one_phone(world):
    client = logged_in(world, world.specialist)
    client.post("/konto/kode/", {"old": RIGHT})
    page = BeautifulSoup(client.get("/konto/kode/").content, "html.parser")
    code = code_of(page.select_one(".p-secret").text.replace(" ", ""))
    assert client.post("/konto/kode/", {"code": code}).status_code == 200
    assert "p-secret" not in client.get("/konto/kode/").content.decode()


def test_new_recovery_codes_replace_the_old_ones(world):
    _secret, codes = with_phone(world, world.specialist)
    client = logged_in(world, world.specialist)
    page = client.post("/konto/gjenopprettingskoder/", {"code": codes[0]})
    fresh = [item.text for item in BeautifulSoup(page.content, "html.parser").select(".p-codes li")]
    world.act_as(world.specialist)
    assert totp.codes_left(world.specialist) == 10
    assert not totp.check(world.specialist, codes[1], where="192.0.2.1")
    assert totp.check(world.specialist, fresh[0], where="192.0.2.1")


# --- Links that work once -------------------------------------------------------------------------------------------


def test_a_link_chooses_a_password_once_and_ends_every_login(world):
    browser = logged_in(world, world.specialist)
    token = approved_link(world, world.specialist)
    client = Client()
    assert "jobb1" in client.get(f"/lenke/{token}/").content.decode()
    assert client.post(f"/lenke/{token}/", {"new": "kort", "again": "kort"}).status_code == 422
    assert client.post(f"/lenke/{token}/", {"new": NEW, "again": NEW})["Location"] == "/logg-inn/"
    assert who(client) is None
    assert browser.get("/konto/").status_code == 302
    assert client.post(f"/lenke/{token}/", {"new": NEW + "2", "again": NEW + "2"}).status_code == 404
    assert give_password(Client(), password=NEW).status_code == 303


def test_a_link_that_is_old_or_replaced_or_for_an_ended_account_opens_nothing(world, client):
    def made() -> str:
        return approved_link(world, world.specialist)

    replaced, token = made(), made()
    assert client.get(f"/lenke/{replaced}/").status_code == 404
    assert client.get(f"/lenke/{token}/").status_code == 200
    with as_owner():
        Link.objects.filter(used_at=None).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert client.get(f"/lenke/{token}/").status_code == 404
    token = made()
    with as_owner():
        User.objects.filter(pk=world.specialist.pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    assert client.get(f"/lenke/{token}/").status_code == 404
    assert client.get("/lenke/finnes-ikke/").status_code == 404


def test_nobody_makes_a_link_alone(world):
    from django.db import ProgrammingError, transaction

    for who in (world.supervisor, world.administrator):
        world.act_as(who)
        about = {"user": world.colleague, "made_by": who, "expires_at": timezone.now() + timedelta(days=1)}
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Link.objects.create(purpose=Link.Purpose.PASSWORD, token_hash=links.hash_of("x"), **about)


def test_a_weak_password_leaves_the_link_unused(world):
    token = approved_link(world, world.specialist)
    invited = links.opened(token)
    assert invited is not None
    with pytest.raises(ValidationError):
        links.choose_password(invited, "for kort")
    assert links.opened(token) is not None


def test_nobody_else_reads_a_second_factor(world):
    with_phone(world, world.specialist)
    for colleague in (world.colleague, world.administrator):
        world.act_as(colleague)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_secondfactor")
            assert cursor.fetchone()[0] == 0
