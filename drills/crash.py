"""kill -9, a hundred times the database and a hundred times the processes that act: nothing acknowledged is lost."""

from __future__ import annotations

import random
import time

from plass.db import embedded

from .place import Actor, Place, place

ACTORS = 3


def lost_and_half(where: Place, actors: list[Actor]) -> tuple[int, int, int]:
    """(acknowledged acts, those that are not there, jobs without a start)."""
    said = {one for actor in actors for one in actor.acknowledged()}
    with where.look() as connection:
        there = {("contact", note) for (note,) in connection.execute("SELECT note FROM followup_contact").fetchall()}
        there |= {("job", title) for (title,) in connection.execute("SELECT title FROM jobs_jobstarted").fetchall()}
        half = connection.execute(
            "SELECT count(*) FROM jobs_job j WHERE NOT EXISTS (SELECT FROM jobs_jobstarted s WHERE s.job_id = j.id)"
        ).fetchone()
    assert half is not None
    return len(said), len(said - there), int(half[0])


def kill_the_database(times: int) -> dict[str, float]:
    """Kill the database ``times`` times under writers."""
    rng = random.Random(1)
    with place() as where:
        actors = [where.actor(n) for n in range(ACTORS)]
        for actor in actors:
            actor.wait_until_it_acts()
        took = []
        for _turn in range(times):
            time.sleep(rng.uniform(0.1, 0.6))
            embedded.kill(where.server)
            took.append(where.start_again())
        time.sleep(1)
        for actor in actors:
            actor.kill()
        acknowledged, lost, half = lost_and_half(where, actors)
        control = _control(where, actors)
    return {
        "kills": times,
        "acknowledged": acknowledged,
        "lost": lost,
        "half_done": half,
        "seconds_until_back_p50": round(sorted(took)[len(took) // 2], 2),
        "control_missed_when_deleted": control,
    }


def kill_the_program(times: int) -> dict[str, float]:
    """Kill an acting process in the middle of its work ``times`` times."""
    rng = random.Random(2)
    with place() as where:
        killed = []
        for turn in range(times):
            actor = where.actor(turn)
            actor.wait_until_it_acts()
            time.sleep(rng.uniform(0.0, 0.15))
            actor.kill()
            killed.append(actor)
        acknowledged, lost, half = lost_and_half(where, killed)
    return {"kills": times, "acknowledged": acknowledged, "lost": lost, "half_done": half}


def _control(where: Place, actors: list[Actor]) -> int:
    """The count would be worth nothing if it did not see a lost fact: take one away, and it is missed."""
    with where.look() as connection:
        connection.execute("DELETE FROM followup_contact WHERE id = (SELECT max(id) FROM followup_contact)")
    return lost_and_half(where, actors)[1]
