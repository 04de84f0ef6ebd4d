"""Organisation numbers: what people write, and what is none."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from plass.employers.organisation_number import check_digit, parse, shown


@pytest.mark.parametrize(
    "text", ["974760673", "974 760 673", " 974.760.673 ", "NO974760673MVA", "no 974 760 673 mva", "974\xa0760\xa0673"]
)
def test_what_people_write_is_read(text):
    assert parse(text) == "974760673"


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_is_no_number(text):
    assert parse(text) is None


@pytest.mark.parametrize("text", ["97476067", "9747606730", "97476067A", "nitti", "９７４７６０６７３"])
def test_it_has_nine_digits(text):
    with pytest.raises(ValidationError, match="ni sifre"):
        parse(text)


def test_a_beginning_without_a_check_digit_is_none():
    # 3*9 + 2*0 + 7*0 + 6*0 + 5*0 + 4*0 + 3*0 + 2*3 = 33, 33 % 11 = 0: the digit is 0; with 2*... = 1 left over, none.
    assert check_digit("90000003") == 0
    assert check_digit("90000009") is None


@given(st.integers(min_value=0, max_value=99_999_999), st.integers(min_value=0, max_value=8), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(eight, place, change):
    beginning = f"{eight:08}"
    digit = check_digit(beginning)
    if digit is None:
        return
    number = f"{beginning}{digit}"
    assert parse(number) == number
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    with pytest.raises(ValidationError):
        parse(wrong)


def test_it_is_shown_in_threes():
    assert shown("974760673") == "974 760 673"
    assert shown(None) == ""
