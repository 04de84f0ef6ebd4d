"""Full garbage collections stop while lists are worked with, and come back."""

import gc

import pytest

from plass.imports.garbage_collection import without_full_collections


def test_full_collections_come_back_when_the_last_of_several_lists_is_done():
    before = gc.get_threshold()
    first, second = without_full_collections(), without_full_collections()
    with first:
        within = gc.get_threshold()
        assert within[:2] == before[:2]
        assert within[2] > 1_000 * before[2]
        second.__enter__()
    assert gc.get_threshold() == within
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_full_collections_come_back_after_an_error():
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="no list"), without_full_collections():
        raise ValueError("no list")
    assert gc.get_threshold() == before
