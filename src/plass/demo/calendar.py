"""The working days and hours of the demo."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
#: Days on which no office is open, by month and day (those that move with Easter are left out).
CLOSED = {(1, 1), (5, 1), (5, 17), (12, 24), (12, 25), (12, 26), (12, 31)}
ONE = timedelta(days=1)


def working_day(day: date, today: date) -> date:
    """``day``, or the next day people work. The day the demo is made counts as one, also on a Sunday."""
    while day != today and (day.weekday() > 4 or (day.month, day.day) in CLOSED):
        day += ONE
    return day


def working_day_before(day: date) -> date:
    """The last day before ``day`` that people work."""
    day -= ONE
    while day.weekday() > 4 or (day.month, day.day) in CLOSED:
        day -= ONE
    return day


def after(rng: Random, day: date, least: int, most: int) -> date:
    """A day between ``least`` and ``most`` days after ``day``."""
    return day + timedelta(days=least + int(rng.random() * (most - least + 1)))


def hour(rng: Random) -> time:
    """A time at which people meet: on the half hour between half past eight and three."""
    half_hours = 17 + int(rng.random() * 14)
    return time(half_hours // 2, half_hours % 2 * 30)


def at(day: date, when: time) -> datetime:
    """A moment, from the clock on the wall."""
    return datetime.combine(day, when, tzinfo=OSLO)
