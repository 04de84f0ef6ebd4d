"""Thirty-two who write to the same participant at once, a hundred times each: no update is lost, and the control loses."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

from plass.db import database

from .place import ROOT, place


def write_together(writers: int, times: int) -> dict[str, float]:
    """Each adds one to a number they read; at the end it is what was added. The control leaves the version out."""
    found = {}
    with place() as where:
        for what in ("versioned", "control"):
            began = time.monotonic()
            processes = [
                subprocess.Popen(
                    [sys.executable, "-m", "drills.together", what, str(writers // 4), str(times)],
                    cwd=ROOT,
                    env={**os.environ, database.DSN_VARIABLE: str(where.server.socket)},
                )
                for _process in range(4)
            ]
            for process in processes:
                if process.wait(900):
                    raise SystemExit("a writer failed")
            with where.look() as connection:
                row = connection.execute("SELECT place FROM cases_participant").fetchone()
                assert row is not None
                connection.execute("UPDATE cases_participant SET place = '0'")
            lost = writers * times - int(row[0] or 0)
            found[f"{what}_lost"] = lost
            found[f"{what}_seconds"] = round(time.monotonic() - began, 1)
    return {"writers": writers, "writes_each": times, **found}


def _write(what: str, threads: int, times: int) -> None:
    import django

    django.setup()
    import threading

    from django.db import connection, transaction

    from plass.access.current_user import set_current_user
    from plass.cases import actions
    from plass.cases.models import Participant
    from plass.db import signed
    from plass.organisation.models import User

    def write() -> None:
        user_id = signed.call("accounts_credentials", "jobb", columns="id")[0][0]
        rng = random.Random(threading.get_ident())
        done = 0
        while done < times:
            later = 0.0
            with transaction.atomic():
                set_current_user(user_id)
                read = Participant.objects.get()
                new = str(int(read.place or 0) + 1)
                if what == "control":
                    Participant.objects.filter(pk=read.pk).update(place=new)
                    done += 1
                    continue
                try:
                    actions.change_participant(read, by=User.objects.get(pk=user_id), based_on=read.version, place=new)
                    done += 1
                except actions.StaleParticipant:
                    # As people do who are told that somebody else was first: look again a little later.
                    later = rng.uniform(0, 0.2)
            time.sleep(later)
        connection.close()

    every = [threading.Thread(target=write) for _thread in range(threads)]
    for one in every:
        one.start()
    for one in every:
        one.join()


if __name__ == "__main__":
    _write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
