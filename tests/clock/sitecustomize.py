"""Imported by Python itself before a program begins, where ``tests.clock.environment`` says so."""

from tests import clock

clock.start()
