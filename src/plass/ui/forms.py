"""How every form of the house is drawn: one renderer, one way, Aksel's look.

``{{ form }}`` draws the error summary and all fields; ``<c-field :field="form.name" />`` draws one. Both end here.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.forms.renderers import BaseRenderer, DjangoTemplates
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.text import capfirst

_ISO: Final = {
    "date": r"\d{4}-\d{2}-\d{2}",
    "time": r"\d{2}:\d{2}(:\d{2})?",
    "datetime-local": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}",
}
_NATIVE: Final = {
    forms.DateInput: ("date", "%Y-%m-%d"),
    forms.TimeInput: ("time", "%H:%M"),
    forms.DateTimeInput: ("datetime-local", "%Y-%m-%dT%H:%M"),
}


class Renderer(BaseRenderer):
    """settings.FORM_RENDERER: our templates for forms and fields, Django's own for the bare inputs."""

    form_template_name = "ui/forms/form.html"
    formset_template_name = "ui/forms/formset.html"
    field_template_name = "ui/forms/field.html"
    _inputs = DjangoTemplates()

    def get_template(self, template_name: str) -> Any:
        """Ours where we have one (with the pages' loaders, so it is compiled once), otherwise Django's."""
        if template_name.startswith("django/forms/"):
            return self._inputs.get_template(template_name)
        try:
            return get_template(template_name)
        except TemplateDoesNotExist:
            return self._inputs.get_template(template_name)


class TextNeededWhen(forms.CharField):
    """A text that is asked for in some case only: ``needed_when`` says in which ("if you answer no"), beside the label.

    Whoever checks the form demands it there. A field that is merely not required says "(optional)", which would be wrong.
    """

    def __init__(self, *, needed_when: Any, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "required": False})
        self.needed_when = needed_when


class Number(forms.DecimalField):
    """A number as people type it: comma or point before the decimals, spaces between thousands."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs})

    def to_python(self, value: Any) -> decimal.Decimal | None:  # type: ignore[override]
        """The number. Raises ValidationError where it is none."""
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f]", "", value).replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """As the language writes it, without decimals that say nothing; what was typed stays as it was typed."""
        if isinstance(value, decimal.Decimal):
            whole = value == value.to_integral_value()
            return formats.localize(value.quantize(decimal.Decimal(1)) if whole else value.normalize(), use_l10n=True)
        return value


def chips(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, str]]:
    """Choices as they stand on their own: with a capital letter."""
    return [(value, capfirst(str(label))) for value, label in choices]


def offer(form: forms.BaseForm, name: str, choices: list[tuple[Any, str]]) -> None:
    """Set what a field offers to choose from."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def kind(field: forms.BoundField) -> str:
    """Return how the field is drawn: "group", "checkbox", "select", "textarea", "file" or "text"."""
    widget = field.field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.Textarea):
        return "textarea"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "text"


def control(field: forms.BoundField, size: str = "small") -> SafeString:
    """Return the field's own input with Aksel's classes, described by its help and its errors.

    Dates and times become the browser's own pickers (``type="date"``): best on a phone and for assistive technology.
    What somebody typed that the browser would throw away (a date or a number that is none) is shown in a plain text
    box instead, so nothing is lost.
    """
    widget = field.field.widget
    classes = {
        "select": "aksel-select__input",
        "textarea": "aksel-textarea__input",
        "checkbox": "aksel-checkbox__input",
    }.get(kind(field), "aksel-text-field__input")
    if kind(field) != "checkbox":
        classes += f" aksel-body-short aksel-body-short--{size}"
    attrs: dict[str, Any] = {"class": f"{classes} {widget.attrs.get('class', '')}".strip()}
    if isinstance(widget, forms.Textarea):
        attrs["rows"] = widget.attrs["rows"] if str(widget.attrs.get("rows", "10")) != "10" else 3
    for ours, (input_type, form) in _NATIVE.items():
        if type(widget) is ours:
            typed = field.value()
            native = not isinstance(typed, str) or not typed or re.fullmatch(_ISO[input_type], typed)
            widget.format = form
            widget.input_type = input_type if native else "text"
            widget.attrs.pop("type", None)
    if type(widget) is forms.NumberInput:
        typed = field.value()
        native = not isinstance(typed, str) or not typed or re.fullmatch(r"-?\d+([.]\d+)?", typed)
        widget.input_type = "number" if native else "text"
        attrs["inputmode"] = "decimal"
    return field.as_widget(attrs=attrs)


def error_links(form: forms.BaseForm) -> list[tuple[str, str]]:
    """Return (id to jump to, message) for every error: those of the whole form first, then field by field.

    An error with the code "stale" leads to the comparison of the two versions; others of the whole form lead nowhere.
    """
    links = [
        ("differences" if error.code == "stale" else "", str(message))
        for error in form.non_field_errors().as_data()
        for message in error.messages
    ]
    for field in form:
        for message in field.errors:
            links.append(("" if field.is_hidden else field.auto_id, f"{field.label}: {message}"))
    return links
