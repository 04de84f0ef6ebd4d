"""What a cell means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plass.imports import date_values, values

DAYS = st.dates(date(1990, 1, 1), date(2079, 12, 31))


@pytest.mark.parametrize(
    "cell",
    [
        "03.04.2024",
        "3.4.24",
        "3.4.2024",
        "03/04/2024",
        "3-4-2024",
        "3 4 2024",
        "2024-04-03",
        "2024-04-03 00:00:00",
        "2024-04-03T12:30:00",
        "3. april 2024",
        "3 apr. 2024",
        "3. apr 24",
        "3. April 2024",
        "030424",
        "03042024",
        45385,
        45385.0,
        45385.75,
        "45385",
        date(2024, 4, 3),
        " 3.4.2024. ",
    ],
)
def test_a_date_is_read_in_every_form_people_write(cell: values.Cell) -> None:
    assert date_values.day(cell) == date(2024, 4, 3)


@pytest.mark.parametrize("cell", [None, "", " ", "-", "ukjent", "ikke oppgitt", "?"])
def test_an_empty_date_is_none(cell: values.Cell) -> None:
    assert date_values.day(cell) is None


@pytest.mark.parametrize(
    "cell", ["31.02.2024", "13/13/2024", "i vår", "uke 12", "2024", 12, 999999, "01.01.1890", "3. brumaire 2024"]
)
def test_what_is_no_date_is_refused_with_what_was_written(cell: values.Cell) -> None:
    with pytest.raises(ValueError, match="«"):
        date_values.day(cell)


@settings(deadline=None, max_examples=60)
@given(DAYS)
def test_excel_s_number_of_days_and_the_written_date_are_the_same_day(day: date) -> None:
    counted = date_values.DateColumn(digits=date_values.Digits.DAY_COUNT)
    assert date_values.day((day - date_values.EXCEL_EPOCH).days, counted) == day
    assert date_values.day(day.strftime("%d.%m.%Y")) == day
    assert date_values.day(day.isoformat()) == day


@settings(deadline=None, max_examples=60)
@given(st.one_of(st.text(max_size=20), st.floats(), st.integers()))
def test_no_cell_breaks_the_reading_of_dates(cell: str | float | int) -> None:
    said = ""
    found = None
    try:
        found = date_values.day(cell)
    except ValueError as error:
        said = str(error)
    assert "«" in said or found is None or date_values.EARLIEST <= found <= date_values.LATEST


@pytest.mark.parametrize(
    ("cell", "hours"),
    [
        ("37,5", "37.5"),
        ("37.5", "37.5"),
        (20, "20.0"),
        ("20 t/uke", "20.0"),
        ("ca. 15 timer", "15.0"),
        ("50 %", "18.75"),
        ("100%", "37.5"),
    ],
)
def test_hours_a_week(cell: values.Cell, hours: str) -> None:
    assert values.hours(cell) == Decimal(hours)


@pytest.mark.parametrize(
    ("cell", "hours"),
    [(50, "18.75"), ("50", "18.75"), (0.5, "18.75"), ("0,5", "18.75"), ("80 %", "30.0"), (1.0, "37.5"), (1, "37.5")],
)
def test_a_share_of_a_position_is_hours(cell: values.Cell, hours: str) -> None:
    assert values.percent(cell) == Decimal(hours)


@pytest.mark.parametrize("cell", ["sytti", "70", "-5", "37,5,5"])
def test_hours_that_cannot_be_are_refused(cell: values.Cell) -> None:
    with pytest.raises(ValueError, match="«"):
        values.hours(cell)


@pytest.mark.parametrize(
    ("cell", "digits"),
    [
        ("17859012345", "17859012345"),
        ("178590 12345", "17859012345"),
        (7859012345, "07859012345"),
        (7859012345.0, "07859012345"),
        ("7859012345", "07859012345"),
        ("'07859012345", "07859012345"),
        ("078590-12345", "07859012345"),
    ],
)
def test_leading_zeros_of_identity_numbers_come_back(cell: values.Cell, digits: str) -> None:
    assert values.identity_digits(cell) == digits


def test_a_number_that_the_spreadsheet_rounded_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="1,78590E"):
        values.identity_digits("1,78590E+10")


@pytest.mark.parametrize(
    ("name", "given_name", "family_name", "expected"),
    [
        ("Hansen, Kari Anne", None, None, ("Kari Anne", "Hansen")),
        ("Kari Anne Hansen", None, None, ("Kari Anne", "Hansen")),
        ("KARI HANSEN", None, None, ("Kari", "Hansen")),
        ("Jan van der Berg", None, None, ("Jan", "van der Berg")),
        (None, "Kari", "Hansen", ("Kari", "Hansen")),
        ("Hansen", "Kari", None, ("Kari", "Hansen")),
        (None, "Åse-Mari", "Øi", ("Åse-Mari", "Øi")),
    ],
)
def test_names_in_one_column_or_two(name, given_name, family_name, expected) -> None:  # type: ignore[no-untyped-def]
    assert values.names(name, given_name, family_name) == expected


@pytest.mark.parametrize(
    ("name", "given_name", "family_name"), [("Ukjent Hansen", None, None), (None, "Ukjent", "Hansen")]
)
def test_a_name_that_says_that_it_is_unknown_is_told(
    name: str | None, given_name: str | None, family_name: str | None
) -> None:
    with pytest.raises(ValueError, match=r"«Ukjent.*er ikke et navn"):
        values.names(name, given_name, family_name)


@pytest.mark.parametrize("name", ["Hansen", "", None])
def test_half_a_name_is_refused(name: str | None) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        values.names(name, None, None)


@pytest.mark.parametrize(
    ("cell", "number", "others", "words"),
    [
        ("900 00 001", "900 00 001", (), ""),
        ("+47 900 00 001", "+47 900 00 001", (), ""),
        ("0047 90000001", "0047 90000001", (), ""),
        ("+46 (0)70-123 45 67", "+46 (0)70-123 45 67", (), ""),
        ("Mob.: 900 00 001", "900 00 001", (), ""),
        ("912 34 567 / 413 22 111", "912 34 567", ("413 22 111",), ""),
        ("912 34 567 eller 413 22 111", "912 34 567", ("413 22 111",), ""),
        ("91234567 41322111", "91234567", ("41322111",), ""),
        ("912 34 567 (mor)", "912 34 567", (), "mor"),
        ("mor 912 34 567, 413 22 111", "912 34 567", ("413 22 111",), "mor"),
        ("se over", "", (), "se over"),
        ("har ikke", "", (), "har ikke"),
        ("kari.9@epost.no", "", (), "kari.9@epost.no"),
        ("123", "", (), "123"),
        ("02817110005", "", (), "02817110005"),
        (91234567, "91234567", (), ""),
        (91234567.0, "91234567", (), ""),
        (None, "", (), ""),
        ("-", "", (), ""),
    ],
)
def test_a_phone_number_is_told_from_what_is_none(cell, number, others, words):
    assert values.phone(cell) == values.Phone(number, others, words)


@pytest.mark.parametrize(
    ("number", "short"), [("9123456", True), ("91234567", False), ("04800", False), ("+46123456", False)]
)
def test_a_number_with_too_few_digits_is_told(number, short):
    assert values.phone(number).is_short is short
