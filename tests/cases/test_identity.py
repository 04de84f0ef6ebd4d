"""National identity numbers: what can be one, what cannot and why, and how one is kept."""

from __future__ import annotations

from datetime import date

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from plass.cases import identity


def with_check_digits(nine: str) -> str:
    digits = identity.check_digits(nine)
    assert digits is not None
    return f"{nine}{digits[0]}{digits[1]}"


#: A number from the range set aside for tests, of nobody born on 17 January 1990.
SOMEBODY = next(
    with_check_digits(nine) for nine in (f"178190{n:03}" for n in range(500)) if identity.check_digits(nine)
)


def code(text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        identity.parse(text)
    return caught.value.code


def test_check_digits_of_an_example_worked_by_hand():
    # By hand: 1*3+3*7+1*6+1*1+6*8+9*9+0*4+0*5+2*2 = 164, 164 mod 11 = 10, 11 - 10 = 1;
    # then 1*5+3*4+1*3+1*2+6*7+9*6+0*5+0*4+2*3+1*2 = 126, 126 mod 11 = 5, 11 - 5 = 6.
    assert identity.check_digits("131169002") == (1, 6)


# --- The date, the century, and the ranges --------------------------------------------------------------------------


def first_of(begins: str, individuals: range) -> str:
    """The first number that begins so, with an individual number from ``individuals``."""
    nines = (f"{begins}{individual:03}" for individual in individuals)
    return with_check_digits(next(nine for nine in nines if identity.check_digits(nine)))


@pytest.mark.parametrize(
    ("begins", "individuals", "born_on"),
    [
        ("018100", range(500), date(1900, 1, 1)),
        ("318199", range(499, -1, -1), date(1999, 1, 31)),
        ("018154", range(500, 750), date(1854, 1, 1)),
        ("319299", range(749, 499, -1), date(1899, 12, 31)),
        ("018100", range(500, 1000), date(2000, 1, 1)),
        ("319239", range(999, 499, -1), date(2039, 12, 31)),
        ("018140", range(900, 1000), date(1940, 1, 1)),
        ("319299", range(999, 899, -1), date(1999, 12, 31)),
        ("298200", range(500, 1000), date(2000, 2, 29)),
    ],
)
def test_the_century_follows_from_the_individual_number(begins, individuals, born_on):
    assert identity.parse(first_of(begins, individuals)).born_on == born_on


@pytest.mark.parametrize(
    ("month", "is_test"), [(1, False), (12, False), (41, True), (52, True), (81, True), (92, True)]
)
def test_test_ranges_have_forty_or_eighty_added_to_the_month(settings, month, is_test):
    settings.PLASS_DEMO = is_test
    number = identity.parse(first_of(f"15{month:02}85", range(500)))
    assert number.is_test is is_test
    assert number.born_on == date(1985, (month - 1) % 40 + 1, 15)


def test_a_test_number_is_refused_where_people_are_real(settings):
    settings.PLASS_DEMO = False
    assert code(SOMEBODY) == "test"


def test_a_real_number_is_refused_in_the_demo(settings):
    settings.PLASS_DEMO = True
    assert code(with_check_digits("131169002")) == "real"


def test_a_d_number_has_four_added_to_the_first_digit():
    number = identity.parse(first_of("578190", range(500)))
    assert number.is_d_number
    assert number.born_on == date(1990, 1, 17)


@pytest.mark.parametrize(
    "text", ["", "1", "1234567890", "123456789012", "1781900020a", "abcdefghijk", "１７８１９０００２００"]
)
def test_eleven_digits_and_nothing_else(text):
    assert code(text) == "form"


@pytest.mark.parametrize(
    "nine", ["008190001", "328190001", "308290001", "298201501", "178090001", "173390001", "179390001"]
)
def test_a_day_that_is_none_is_refused(nine):
    assert code(f"{nine}00") == "date"


@pytest.mark.parametrize("individual", ["500", "749", "899"])
def test_individual_numbers_of_no_century_are_refused(individual):
    # 1940-1953 have 000-499 and 900-999 only.
    assert code(f"018145{individual}00") == "individual"


@pytest.mark.parametrize("separator", [" ", ".", "-", "\u00a0", "\u202f"])
def test_people_may_write_it_in_two_parts(separator):
    digits = SOMEBODY
    assert identity.parse(f" {digits[:6]}{separator}{digits[6:]} ").digits == digits


# --- Check digits ---------------------------------------------------------------------------------------------------

days = st.dates(date(1854, 1, 1), date(2039, 12, 31))


def individual_numbers(born_on: date) -> st.SearchStrategy[int]:
    if born_on.year < 1900:
        return st.integers(500, 749)
    if born_on.year >= 2000:
        return st.integers(500, 999)
    return st.integers(0, 499) if born_on.year < 1940 else st.integers(0, 499) | st.integers(900, 999)


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, date, bool]:
    born_on = draw(days)
    d_number = draw(st.booleans())
    individual = draw(individual_numbers(born_on))
    nine = f"{born_on.day + 40 * d_number:02}{born_on.month + 80:02}{born_on.year % 100:02}{individual:03}"
    assume(identity.check_digits(nine) is not None)
    return with_check_digits(nine), born_on, d_number


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(numbers())
def test_every_number_made_by_the_rules_is_read_back(made):
    digits, born_on, d_number = made
    number = identity.parse(digits)
    assert (number.digits, number.born_on, number.is_d_number, number.is_test) == (digits, born_on, d_number, True)


@given(numbers(), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(made, place, by):
    digits = made[0]
    wrong = f"{digits[:place]}{(int(digits[place]) + by) % 10}{digits[place + 1 :]}"
    with pytest.raises(ValidationError):
        identity.parse(wrong)


@given(numbers(), st.integers(6, 9))
def test_two_neighbours_that_changed_places_are_always_found(made, place):
    digits = made[0]
    swapped = f"{digits[:place]}{digits[place + 1]}{digits[place]}{digits[place + 2 :]}"
    assume(swapped != digits)
    with pytest.raises(ValidationError):
        identity.parse(swapped)


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused(text):
    try:
        number = identity.parse(text)
    except ValidationError:
        return
    assert len(number.digits) == 11


@given(numbers(), st.integers(1, 9))
def test_what_is_said_about_a_wrong_number_does_not_repeat_it(made, by):
    wrong = f"{made[0][:10]}{(int(made[0][10]) + by) % 10}"
    with pytest.raises(ValidationError) as caught:
        identity.parse(wrong)
    assert wrong[6:] not in " ".join(caught.value.messages)


# --- How it is kept -------------------------------------------------------------------------------------------------


@given(numbers())
def test_what_is_kept_reads_back_and_does_not_show_the_number(made):
    number = identity.parse(made[0])
    encrypted = identity.encrypt(number)
    assert identity.decrypt(encrypted) == number.digits
    assert number.digits.encode() not in encrypted
    assert number.digits.encode() not in identity.find_by(number)


def test_the_same_number_is_encrypted_differently_each_time_and_found_by_the_same_hash():
    number = identity.parse(SOMEBODY)
    assert identity.encrypt(number) != identity.encrypt(number)
    assert identity.find_by(number) == identity.find_by(number)
    assert len(identity.find_by(number)) == 32


def test_after_a_change_of_keys_old_numbers_are_still_read(settings):
    number = identity.parse(SOMEBODY)
    encrypted = identity.encrypt(number)
    settings.PLASS_IDENTITY_KEYS = [Fernet.generate_key().decode(), *settings.PLASS_IDENTITY_KEYS]
    assert identity.decrypt(encrypted) == number.digits
    settings.PLASS_IDENTITY_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured):
        identity.decrypt(encrypted)


def test_another_hash_key_finds_nobody(settings):
    number = identity.parse(SOMEBODY)
    before = identity.find_by(number)
    settings.PLASS_HASH_KEY = "another"
    assert identity.find_by(number) != before


@pytest.mark.parametrize(
    ("setting", "act"), [("PLASS_IDENTITY_KEYS", identity.encrypt), ("PLASS_HASH_KEY", identity.find_by)]
)
def test_without_keys_nothing_is_kept(settings, setting, act):
    setattr(settings, setting, "")
    with pytest.raises(ImproperlyConfigured):
        act(identity.parse(SOMEBODY))


def test_a_number_never_shows_itself_by_accident():
    number = identity.parse(SOMEBODY)
    assert number.digits[6:] not in f"{number} {number!r} {[number]}"
    assert identity.shown(number.digits) == f"{number.digits[:6]} {number.digits[6:]}"
