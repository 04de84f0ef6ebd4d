"""A made-up county: offices, teams, staff, workplaces, and the lives of its participants. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from plass.cases.models import Assignment
from plass.followup.models import Contact

from . import acts, names, notes
from .calendar import OSLO, after, working_day, working_day_before
from .course import Course, course, waiting
from .life import live
from .occupations import KINDS
from .people import People, Wants
from .seats import Chair, Seat

YEARS = 10


@dataclass(frozen=True)
class Size:
    """How big a county is: people at work in it and people followed, and how many a specialist follows at a time."""

    offices: int = 10
    specialists: int = 40
    participants: int = 2000
    caseload: int = 20
    employers: int = 320


@dataclass
class County:
    """One county of the demo. Read its parts in this order: the lists, then :meth:`lives`, then :meth:`personas`."""

    seed: int
    index: int
    today: date
    size: Size = field(default_factory=Size)
    offices: list[acts.Office] = field(default_factory=list)
    teams: list[acts.Team] = field(default_factory=list)
    staff: list[acts.Staff] = field(default_factory=list)
    absences: list[acts.Away] = field(default_factory=list)
    employers: list[acts.Employer] = field(default_factory=list)
    people_there: list[acts.ContactPerson] = field(default_factory=list)
    chairs: list[Chair] = field(default_factory=list)
    by_kind: dict[str, list[int]] = field(default_factory=dict)
    bosses: dict[int, acts.ContactPerson] = field(default_factory=dict)
    counsellors: dict[int, list[int]] = field(default_factory=dict)
    _chosen: Chair | None = None
    _best: tuple[float, int, int] = (-1.0, 0, 0)
    _usernames: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.opened = self.today - timedelta(days=int(YEARS * 365.25))
        self._lay_out()
        self._open_workplaces()
        self._send_away()

    @property
    def name(self) -> str:
        """What the county is called."""
        return names.county(self.index)

    def _rng(self, part: str) -> Random:
        return Random(f"{self.seed}:{self.index}:{part}")

    def _hire(
        self, rng: Random, role: str, office: int | None, team: int | None, first: date, last: date | None = None
    ) -> int:
        for _turn in range(1000):
            given = names.STAFF_GIVEN[int(rng.random() * len(names.STAFF_GIVEN))]
            family = names.STAFF_FAMILY[int(rng.random() * len(names.STAFF_FAMILY))]
            username = names.email(f"{given} {family}").removesuffix("@plass.example")
            username += f"{self.index + 1}" if self.index else ""
            if username not in self._usernames:
                break
        self._usernames.add(username)
        number = len(self.staff) + 1
        self.staff.append(acts.Staff(number, username, given, family, role, office, team, first, last))
        return number

    def _lay_out(self) -> None:
        rng = self._rng("offices")
        size = self.size
        began = self.opened - timedelta(days=200)
        # Offices differ: some specialists more in one, some fewer in another, but never alone.
        base, remainder = divmod(size.specialists, size.offices)
        counts = [base + (n < remainder) for n in range(size.offices)]
        for n in range(size.offices // 2):
            move = rng.randint(0, max(counts[-1 - n] - 2, 0))
            counts[n] += move
            counts[-1 - n] -= move
        # The longest and the shortest service are spread over the offices.
        order = list(range(size.specialists))
        rng.shuffle(order)
        for n, specialists in enumerate(counts, start=1):
            code = f"{7000 + self.index * size.offices + n - 1}"
            self.offices.append(acts.Office(n, code, f"Nav {names.place(n + self.index * 7)}"))
            self._hire(rng, "leader", n, None, began)
            self.counsellors[n] = [
                self._hire(rng, "counsellor", n, None, began) for _each in range(max(2, specialists))
            ]
            teams = 2 if specialists >= 4 else 1
            for team in range(teams):
                self.teams.append(acts.Team(len(self.teams) + 1, n, f"Jobbteam {team + 1}"))
                supervisor = self._hire(rng, "supervisor", n, len(self.teams), began)
                for _each in range(specialists // teams + (team < specialists % teams)):
                    self._seat(rng, n, len(self.teams), supervisor, order.pop(), began)
        self._hire(rng, "administrator", 1, None, began)
        self.county_leader = self._hire(rng, "leader", None, None, began)
        # Somebody for whom `plass extract` works.
        self._hire(rng, "evaluator", None, None, began)
        self._hire(rng, "data_protection", None, None, began)

    def _seat(self, rng: Random, office: int, team: int, supervisor: int, rank: int, began: date) -> None:
        """A specialist's work, opened some time in the ten years; some have had it from a predecessor."""
        share = (rank + 0.5) / self.size.specialists
        opened = working_day(self.opened + timedelta(days=int((YEARS - 0.5) * 365 * share)), self.today)
        first = min(opened - timedelta(days=20), opened) if opened > began else began
        held: list[tuple[int, date, date | None]] = []
        days = (self.today - opened).days
        if days > 900 and rng.random() < 0.4:
            left = working_day(opened + timedelta(days=rng.randint(400, days - 200)), self.today)
            before = self._hire(rng, "specialist", office, team, first, left)
            held.append((before, first, left))
            first = left - timedelta(days=7)
        held.append((self._hire(rng, "specialist", office, team, first), first, None))
        spread = max(self.size.caseload // 6, 0)
        load = max(self.size.caseload + rng.randint(-spread, spread), 1)
        self.chairs.append(Chair(team, office, supervisor, held, opened, load))

    def _open_workplaces(self) -> None:
        rng = self._rng("employers")
        by = next(employee.number for employee in self.staff if employee.role == "supervisor")
        kinds = list(KINDS)
        used_names: set[str] = set()
        while len(self.employers) < self.size.employers:
            number = len(self.employers) + 1
            kind = kinds[number % len(kinds)]
            after_place, industry = KINDS[kind]
            where = names.place(rng.randrange(144))
            is_firm = kind not in ("public", "school", "care", "kindergarten")
            name = f"{where} {rng.choice(after_place)}" + (" AS" if is_firm else "")
            if name in used_names:
                name = f"{name.removesuffix(' AS')} {rng.choice(('Nord', 'Sør', 'Vest', 'Øst', 'Sentrum'))}"
                if name in used_names:
                    continue
            used_names.add(name)
            opened = self.opened - timedelta(days=rng.randint(5, 180))
            organisation_number = names.organisation_number(self.index * self.size.employers + number)
            self.employers.append(
                acts.Employer(
                    number,
                    name,
                    organisation_number,
                    industry,
                    f"{rng.choice(names.STREETS)} {rng.randint(1, 90)}",
                    f"{rng.randint(9992, 9999)}",
                    where,
                    names.phone(rng.randrange(10_000)),
                    opened,
                    by,
                )
            )
            self.by_kind.setdefault(kind, []).append(number)
            for turn, given in enumerate(rng.sample(names.STAFF_GIVEN, rng.choice((1, 1, 2, 3)))):
                person = acts.ContactPerson(
                    len(self.people_there) + 1,
                    number,
                    f"{given} {rng.choice(names.STAFF_FAMILY)}",
                    ("Daglig leder", "Avdelingsleder", "Personalansvarlig")[turn],
                    names.phone(rng.randrange(10_000)),
                    "",
                    turn == 0,
                    opened,
                    by,
                )
                person.email = names.email(person.name)
                self.people_there.append(person)
                self.bosses.setdefault(number, person)
        for kind in kinds:
            self.by_kind.setdefault(kind, [1])

    def _send_away(self) -> None:
        """Holidays behind us, and somebody who is away today."""
        rng = self._rng("absences")
        for n, chair in enumerate(self.chairs):
            teammates = [teammate for teammate in self.chairs if teammate.team == chair.team and teammate is not chair]
            if not teammates:
                continue
            spans = [(rng.randint(100, 200), rng.choice((4, 11, 18)))]
            if n % 17 == 5:
                spans.append((2, rng.randint(3, 9)))
            elif n % 9 == 4:
                spans.append((-rng.randint(3, 12), rng.choice((0, 1, 4))))
            for ago, length in spans:
                starts = self.today - timedelta(days=ago)
                ends = starts + timedelta(days=length)
                free_teammates = [
                    teammate for teammate in teammates if self._is_free(teammate.holder(self.today), starts, ends)
                ]
                if free_teammates and self._is_free(chair.holder(self.today), starts, ends):
                    cover = rng.choice(free_teammates).holder(self.today)
                    user = chair.holder(self.today)
                    self.absences.append(acts.Away(user, cover, starts, ends, chair.supervisor))

    def _is_free(self, user: int, starts: date, ends: date) -> bool:
        """Whether somebody neither is away in these days nor covers for somebody else."""
        return not any(
            user in (away.user, away.covered_by) and away.starts_on <= ends and starts <= away.ends_on
            for away in self.absences
        )

    # --- Cases ------------------------------------------------------------------------------------------------------

    def lives(self) -> Iterator[acts.CaseLife]:
        """Every case with all that was recorded about it, one at a time."""
        people = People(self.index)
        gone: list[tuple[acts.Person, Wants, int, date]] = []
        for number, (chair, taken_course) in enumerate(self._courses(), start=1):
            rng = self._rng(f"case {number}")
            counsellors = self.counsellors[chair.office]
            seat = Seat(self, chair, rng.choice(counsellors))
            again = None
            if gone and rng.random() < 0.4:
                # By the counsellor who knows them: another's referral would wait to be joined.
                again = next(
                    (
                        n
                        for n, (_person, _wants, counsellor, left) in enumerate(gone)
                        if left < taken_course.referred and counsellor in counsellors
                    ),
                    None,
                )
            if again is not None:
                person, wants, counsellor, _left = gone.pop(again)
                seat = Seat(self, chair, counsellor)
            else:
                place = names.place(chair.office + self.index * 7 + rng.choice((0, 0, 12, 24)))
                person, wants = people.person(rng, taken_course.referred, place), Wants.of(rng)
            facts = live(rng, self.today, seat, person, taken_course, wants)
            ended = taken_course.ended
            if ended and len(gone) < 60 and rng.random() < 0.05:
                gone.append((person, wants, seat.counsellor, ended + timedelta(days=200)))
            life = acts.CaseLife(
                number,
                facts,
                [],
                None,
                chair.team,
                chair.office,
                seat.counsellor,
                bool(person.protection),
                person,
                again is not None,
            )
            life.specialist = next(
                (act.values["user"] for act in reversed(facts) if acts.records(act, Assignment)), None
            )
            if ended is None:
                life.looked = self._page_views(rng, life, chair)
            self._consider(chair, taken_course, life)
            yield life

    def _courses(self) -> list[tuple[Chair, Course]]:
        """As many courses as there are participants: those that go on, and as many ended ones as there is room for."""
        rng = self._rng("courses")
        going: list[tuple[Chair, Course]] = []
        ended: list[tuple[Chair, Course]] = []
        for chair in self.chairs:
            for _slot in range(chair.load):
                most = min(240, (self.today - chair.opened).days // 2)
                taken_on = working_day(after(rng, chair.opened, 0, most), self.today)
                while taken_on < self.today:
                    case_course = course(rng, taken_on, self.today)
                    (ended if case_course.ended else going).append((chair, case_course))
                    if case_course.ended is None:
                        break
                    taken_on = working_day(after(rng, case_course.ended, 0, 45), self.today)
        for n, _office in enumerate(self.offices, start=1):
            office_chairs = [chair for chair in self.chairs if chair.office == n]
            for _each in range(max(1, round(len(office_chairs) * self.size.caseload / 25))):
                going.append((rng.choice(office_chairs), waiting(rng, self.today)))
        room = max(self.size.participants - len(going), 0)
        for _turn in range(self.size.participants * 20):
            if len(ended) >= room:
                break
            chair = rng.choice(self.chairs)
            taken_on = working_day(after(rng, chair.opened, 0, (self.today - chair.opened).days), self.today)
            over = course(rng, taken_on, self.today) if taken_on < self.today else None
            if over and over.ended:
                ended.append((chair, over))
        if len(ended) > room:
            ended = rng.sample(ended, room)
        return sorted(going + ended, key=lambda pair: pair[1].referred)

    def _page_views(self, rng: Random, life: acts.CaseLife, chair: Chair) -> list[acts.Looked]:
        """Who opened the case's page in the last weeks."""
        people = [(life.counsellor, "counsellor")]
        if life.specialist:
            people += [(life.specialist, "specialist")] * 3
            if not life.shielded:
                people.append((chair.supervisor, "leads"))
        begun = life.acts[0].day
        visits = []
        for user, rule in people:
            day = working_day_before(after(rng, self.today, -28, 0))
            if day > begun and rng.random() < 0.7:
                moment = datetime.combine(day, time(8 + int(rng.random() * 7), int(rng.random() * 60)), tzinfo=OSLO)
                visits.append(acts.Looked(moment, user, rule))
        return sorted(visits, key=lambda look: look.at)

    def dialogue(self) -> Iterator[acts.FactRecorded]:
        """Talks with employers about nobody in particular."""
        rng = self._rng("dialogue")
        contacts: list[acts.FactRecorded] = []
        for chair in self.chairs:
            seat = Seat(self, chair, 0)
            day = working_day(after(rng, chair.opened, 10, 60), self.today)
            promised = None
            while day < self.today:
                wants = Wants.of(rng)
                # Whoever was promised a call gets the next one.
                employer = seat.workplace(rng, wants.occupations[0]) if promised is None else promised
                boss = self.bosses[employer]
                in_person = rng.random() < 0.5
                recent = (self.today - day).days < 120
                following = working_day(after(rng, day, 6, 24) if recent else after(rng, day, 20, 70), self.today)
                promised = employer if promised is None and rng.random() < 0.5 else None
                words = {"boss": boss.name.split()[0], "place": seat.name(employer)}
                contacts.append(
                    acts.fact(
                        Contact,
                        day,
                        chair.holder(day),
                        parties=["employer"],
                        channel="in_person" if in_person else "phone",
                        place="workplace" if in_person else "",
                        minutes=rng.choice((10, 15, 30, 45)),
                        travel_minutes=20 if in_person else 0,
                        purpose="relation",
                        employer=employer,
                        contact_person=boss.number,
                        decision_maker=boss.decides,
                        next_contact_on=following if promised is not None else None,
                        note=notes.note(rng, "dialogue", words, "in_person" if in_person else "phone"),
                    )
                )
                day = following
        contacts.sort(key=lambda act: act.happened_on)
        yield from contacts

    # --- Who to be --------------------------------------------------------------------------------------------------

    def _guide(self) -> Chair:
        """The specialist one meets first: here for years, with a full caseload, not away today."""
        if self._chosen:
            return self._chosen
        away = {absence.user for absence in self.absences if absence.starts_on <= self.today <= absence.ends_on}
        present = [chair for chair in self.chairs if chair.holder(self.today) not in away]
        self._chosen = min(
            present or self.chairs, key=lambda chair: (len(chair.held), -min(chair.load, 20), chair.opened)
        )
        return self._chosen

    def _consider(self, chair: Chair, lived: Course, life: acts.CaseLife) -> None:
        """Keep in mind whose life tells most: in work again after a loss, with many facts."""
        if chair is not self._guide() or lived.ended or life.shielded or life.again:
            return
        jobs = [spell for spell in lived.spells if spell.kind == "job"]
        at_work = any(spell.end is None and spell.start < self.today for spell in jobs)
        trials = sum(spell.kind == "trial" for spell in lived.spells)
        score = min(len(jobs), 2) * 30 + at_work * 40 + min(len(life.acts), 70) + trials
        self._best = max(self._best, (score, life.person.number, life.counsellor))

    def personas(self) -> list[acts.Persona]:
        """Whom one can be in the demo: people who work with each other. Known when all lives have been read."""
        chair = self._guide()
        specialist = self.staff[chair.holder(self.today) - 1]
        counsellor = self.staff[(self._best[2] or self.counsellors[chair.office][0]) - 1]
        supervisor = self.staff[chair.supervisor - 1]
        leader = next(
            employee for employee in self.staff if employee.role == "leader" and employee.office == chair.office
        )
        officer = next(employee for employee in self.staff if employee.role == "data_protection")
        administrator = next(employee for employee in self.staff if employee.role == "administrator")
        office = self.offices[chair.office - 1].name
        people = [
            (specialist, office),
            (counsellor, office),
            (supervisor, office),
            (leader, office),
            (officer, ""),
            (administrator, ""),
        ]
        chosen = [
            acts.Persona(order, employee.name, employee.role, about, user=employee.number)
            for order, (employee, about) in zip((1, 2, 3, 5, 6, 7), people, strict=True)
        ]
        if self._best[1]:
            chosen.append(acts.Persona(4, "", "participant", "", person=self._best[1]))
        chosen.sort(key=lambda persona: persona.order)
        return chosen
