"""Every form is drawn one way: labels, help and errors belong to their fields, and nothing typed is thrown away."""

from __future__ import annotations

import datetime

import pytest
from bs4 import BeautifulSoup, Tag
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.template import Context, Template
from django.utils import formats, translation

from plass.ui import forms as ui_forms
from plass.ui.gallery import ExampleForm


def drawn(form: forms.Form) -> BeautifulSoup:
    return BeautifulSoup(str(form), "html.parser")


def by_id(soup: BeautifulSoup, name: str) -> Tag:
    element = soup.find(id=name)
    assert isinstance(element, Tag), name
    return element


def test_every_field_has_a_label_or_legend() -> None:
    soup = drawn(ExampleForm())
    for field in soup.find_all(["input", "select", "textarea"]):
        assert soup.find("label", attrs={"for": field["id"]}), field
    assert [legend.get_text(strip=True) for legend in soup.find_all("legend")] == ["Med hvem", "Om(valgfritt)"]


def test_a_label_says_when_an_answer_is_needed_or_that_none_is() -> None:
    class AnswerForm(forms.Form):
        who = forms.CharField(label="Hvem")
        reason = ui_forms.TextNeededWhen(label="Hvorfor", needed_when="må fylles ut hvis du svarer nei")
        more = forms.CharField(label="Mer", required=False)

    labels = [label.get_text(" ", strip=True) for label in drawn(AnswerForm()).find_all("label")]
    assert labels == ["Hvem", "Hvorfor (må fylles ut hvis du svarer nei)", "Mer (valgfritt)"]
    # Where the page leaves out what is optional, what is needed still stands.
    page = Template("{% include 'ui/forms/field.html' %}").render(
        Context({"field": AnswerForm()["reason"], "hide_optional": True})
    )
    assert "må fylles ut hvis du svarer nei" in page
    assert AnswerForm({"who": "Kari"}).is_valid()


def test_help_and_errors_describe_their_field() -> None:
    soup = drawn(ExampleForm({"number": "-", "who": "nobody"}))
    number = by_id(soup, "id_number")
    assert number["aria-invalid"] == "true"
    described = [by_id(soup, element_id).get_text(strip=True) for element_id in str(number["aria-describedby"]).split()]
    assert described == ["Avtalte, betalte timer.", "Oppgi et heltall."]
    group = by_id(soup, "id_who")
    assert by_id(soup, str(group["aria-describedby"])).get_text(strip=True)


def test_the_summary_leads_to_each_field_with_an_error() -> None:
    soup = drawn(ExampleForm({"text": "kept"}))
    links = [str(link["href"]) for link in soup.select("[data-error-summary] a")]
    assert links == ["#id_name", "#id_number", "#id_day", "#id_channel", "#id_who"]
    assert all(soup.find(id=link[1:]) for link in links)
    assert by_id(soup, "id_text").get_text(strip=True) == "kept"


def test_what_somebody_typed_is_escaped() -> None:
    soup = drawn(ExampleForm({"name": '"><b>x</b>', "text": "</textarea><b>y</b>"}))
    assert by_id(soup, "id_name")["value"] == '"><b>x</b>'
    assert soup.find("b") is None


def test_dates_are_the_browsers_own_in_its_format() -> None:
    day = by_id(drawn(ExampleForm(initial={"day": datetime.date(2026, 3, 1)})), "id_day")
    assert (day["type"], day["value"]) == ("date", "2026-03-01")


def test_a_date_or_number_the_browser_would_drop_stays_visible() -> None:
    soup = drawn(ExampleForm({"day": "31.02.2026", "number": "tjue", "time": "kl ti"}))
    for name, typed in (("day", "31.02.2026"), ("number", "tjue"), ("time", "kl ti")):
        field = by_id(soup, f"id_{name}")
        assert (field["type"], field["value"]) == ("text", typed)


def test_norwegian_and_native_ways_to_write_a_date_are_read() -> None:
    for typed in ("2026-11-03", "03.11.2026", "3.11.26", "3/11-2026", "3/11/2026", "03112026", "3 11 2026"):
        assert forms.DateField().clean(typed) == datetime.date(2026, 11, 3), typed


def test_the_component_draws_a_field_as_the_form_does() -> None:
    form = ExampleForm()
    page = Template("{% include 'ui/forms/field.html' %}").render(Context({"field": form["channel"]}))
    assert BeautifulSoup(page, "html.parser").select_one("select#id_channel.aksel-select__input")


def test_errors_of_the_whole_form_come_first_and_lead_nowhere() -> None:
    form = ExampleForm({})
    form.add_error(None, "These do not fit together.")
    assert ui_forms.error_links(form)[0] == ("", "These do not fit together.")


def test_a_choice_that_was_made_is_still_made() -> None:
    soup = drawn(ExampleForm({"who": "employer", "topics": ["tasks", "hours"]}))
    chosen = [field["value"] for field in soup.find_all("input", checked=True)]
    assert chosen == ["employer", "tasks", "hours"]


def test_django_says_it_in_plain_words_too() -> None:
    class Asks(forms.Form):
        name = forms.CharField()
        email = forms.EmailField()
        hours = forms.DecimalField(max_digits=4, decimal_places=1, max_value=60)
        minutes = forms.IntegerField(min_value=1)
        title = forms.CharField(max_length=3)

    form = Asks({"email": "kari", "hours": "60.25", "minutes": "0", "title": "renholder"})
    with translation.override("nb"):
        assert form.errors == {
            "name": ["Fyll ut dette feltet."],
            "email": ["Skriv en gyldig e-postadresse, for eksempel navn@firma.no."],
            "hours": ["Skriv et tall som ikke er over 60.", "Skriv høyst 1 siffer etter kommaet."],
            "minutes": ["Skriv et tall som ikke er under 1."],
            "title": ["Dette er for langt: 9 tegn. Det er plass til 3."],
        }


def test_rules_of_passwords_are_told_in_norwegian() -> None:
    with translation.override("nb"), pytest.raises(forms.ValidationError) as refused:
        validate_password("kort")
    assert refused.value.messages == ["Passordet er for kort. Det må ha minst 12 tegn."]


def test_an_error_about_a_stale_form_leads_to_the_comparison() -> None:
    form = forms.Form({})
    form.add_error(None, forms.ValidationError("Compare the two.", code="stale"))
    assert ui_forms.error_links(form) == [("differences", "Compare the two.")]


def test_a_weekday_is_written_as_each_language_writes_it() -> None:
    for language, words in (("en", "Wednesday 25 November"), ("nb", "onsdag 25. november")):
        with translation.override(language):
            assert formats.date_format(datetime.date(2026, 11, 25), "WEEKDAY_FORMAT") == words
