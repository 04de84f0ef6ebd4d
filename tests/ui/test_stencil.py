"""Rows of long lists are cut once and filled for each: what a row says, what is kept, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation
from django.utils.safestring import mark_safe

from plass.ui.templatetags.stencil import StencilNode


@dataclass
class Row:
    name: str
    icon: str = "Phone"
    is_late: object = False
    note: str = ""

    @property
    def has_note(self) -> str:
        return self.note


ROW = (
    "{% for row in rows %}{% stencil row icon is_late has_note %}<li title='{{ hole.name }}' data-icon='{{ icon }}'>"
    "{% if is_late %}late {% endif %}{{ hole.name }}{% if has_note %}: {{ hole.note }}{% endif %}"
    "{% if name %}of the page{% endif %}</li>{% endstencil %}{% endfor %}"
)


def shown(*rows: Row, page: Template | None = None) -> str:
    return (page or Template(ROW)).render(Context({"rows": rows, "name": "Kari"}))


def test_each_row_says_its_own_and_nothing_else_of_the_page():
    assert shown(Row("Kari"), Row("Ola", note="new"), Row("Per", icon="Mail", is_late=3)) == (
        "<li title='Kari' data-icon='Phone'>Kari</li>"
        "<li title='Ola' data-icon='Phone'>Ola: new</li>"
        "<li title='Per' data-icon='Mail'>late Per</li>"
    )


def test_a_value_is_escaped_like_any_other():
    assert "&lt;b&gt;&#x27;&quot;&amp;" in shown(Row("<b>'\"&"))
    assert "<time>3</time>" in shown(Row(mark_safe("<time>3</time>")))


def test_what_is_kept_has_no_value_of_any_row():
    page = Template(ROW)
    shown(Row("Kari Nordmann", note="ill"), Row("Ola", note="well"), page=page)
    (node,) = page.nodelist.get_nodes_by_type(StencilNode)
    assert len(node.rendered) == 1
    assert "Kari" not in repr(node.rendered)
    assert "ill" not in repr(node.rendered)


def test_a_look_that_could_be_about_somebody_is_refused():
    with pytest.raises(ValueError, match="make it a hole"):
        shown(Row("Kari", icon="Kari Nordmann"))


def test_each_language_has_its_own():
    page = Template("{% stencil row %}{% translate 'Name' %} {{ hole.name }}{% endstencil %}")
    texts = []
    for language in ("nb", "en", "nb"):
        with translation.override(language):
            texts.append(page.render(Context({"row": Row("Kari")})))
    assert texts == ["Navn Kari", "Name Kari", "Navn Kari"]


@pytest.mark.parametrize(
    "inside", ["{{ hole.name|upper }}", "{% if hole.name %}x{% endif %}", "{% url 'caseload:case' hole.number %}"]
)
def test_nothing_can_be_asked_of_a_hole(inside):
    with pytest.raises(TemplateSyntaxError, match="no value yet"):
        Template(f"{{% stencil row %}}{inside}{{% endstencil %}}")


def test_a_hole_that_the_row_does_not_have_is_an_error_and_no_empty_place():
    with pytest.raises(AttributeError, match="nmae"):
        Template("{% stencil row %}{{ hole.nmae }}{% endstencil %}").render(Context({"row": Row("Kari")}))
