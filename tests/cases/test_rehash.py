"""Another hash key: whoever was found before is found after it, also where the hash alone is kept."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db.models import BinaryField

from plass.access import actions as access
from plass.access.models import Change, ConflictOfInterest
from plass.accounts.models import Subject
from plass.cases import identity, rehash
from plass.db import keys
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import identity_number, stored, user

OLD, NEW = "for tests only", "another key"


def test_everybody_is_found_under_the_new_key_and_nobody_under_the_old_one_alone(world, settings):
    known, unknown = identity.parse(identity_number()), identity.parse(identity_number())
    case = world.refer(number=known.digits)
    me = world.act_as(world.colleague)
    access.declare(identity.find_by(unknown), by=me, user=me, kind="family")
    with as_owner():
        employer = user("ag1", "Ada", "Arbeidsgiver", kind=User.Kind.EMPLOYER)
        Subject.objects.create(issuer="https://id", subject=identity.find_by(unknown).hex(), user=employer)
        staff = Subject.objects.create(issuer="https://entra", subject="oid-1", user=me)
        changes = Change.objects.count()
        assert rehash.keys_in_use() == 1
        settings.PLASS_HASH_KEY = f"{NEW},{OLD}"
        assert rehash.keys_in_use() == 1
        assert rehash.around(NEW) == 3
        assert rehash.keys_in_use() == 2
        assert stored(case.participant, "identity_hash") == identity.find_by(known)
        assert stored(ConflictOfInterest.objects.get(), "identity_hash") == identity.find_by(unknown)
        assert Subject.objects.get(user=employer).subject == identity.find_by(unknown).hex()
        assert Subject.objects.get(pk=staff.pk).subject == "oid-1"
        assert Change.objects.count() == changes
        settings.PLASS_HASH_KEY = OLD
        with pytest.raises(rehash.WrongKeys):
            rehash.keys_in_use()


def test_every_column_that_may_hold_a_keyed_hash_is_named():
    """By their kind: 32 bytes, of people and of recovery codes. And the logins of contact persons, which are text."""
    named = {(table, column) for table, _pk, column, _condition in rehash.columns()}
    of_no_person = {"token_hash", "name_hash", "key"}
    bytes_of_32 = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField) and field.max_length == 32 and field.column not in of_no_person
    }
    assert named == bytes_of_32 | {("accounts_subject", "subject")}


def test_without_people_there_is_nothing_to_tell_the_keys_by(db):
    with as_owner():
        assert rehash.keys_in_use() is None


def test_the_new_key_stands_first_in_the_file(tmp_path, monkeypatch):
    for name in keys.NAMES:
        monkeypatch.delenv(name, raising=False)
    keys.load(tmp_path)
    before = keys._read(tmp_path / keys.FILE)["PLASS_HASH_KEY"]
    keys.add_hash(tmp_path, NEW)
    assert keys._read(tmp_path / keys.FILE)["PLASS_HASH_KEY"] == f"{NEW},{before}"
    for name in keys.NAMES:
        monkeypatch.delenv(name, raising=False)
