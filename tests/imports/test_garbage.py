"""How often garbage is searched for while lists are worked with."""

import gc

import pytest

from plass.imports.garbage import searched_for_seldom


def test_the_last_of_several_lists_puts_it_back():
    before = gc.get_threshold()
    first, second = searched_for_seldom(), searched_for_seldom()
    with first:
        within = gc.get_threshold()
        assert within[:2] == before[:2]
        assert within[2] > 1_000 * before[2]
        second.__enter__()
    assert gc.get_threshold() == within
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_an_error_puts_it_back():
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="no list"), searched_for_seldom():
        raise ValueError("no list")
    assert gc.get_threshold() == before
