"""Edit a file between two pushes while the first one's request is still on its way; hold every report to the truth.

Each file has two editions. Every part of an edition leaves a mark with a number of its own, so that what is in
effect tells which edition it came from.
"""

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.reliability.faults import GOING_ON, at_work, bad_gateway_before
from tests.reliability.gateway import Exchange, Kind, Planned, nth, of_kind
from tests.reliability.judging import Report, stored_texts
from tests.reliability.kinds import Folder
from tests.reliability.world import SETTLE, World, Yard

VERSION = "20260301000000"
# Longer than a push needs to lose its patience: what goes on for so long is seen by the next one.
_OUTLASTS = SETTLE + 1.5


class Fate(StrEnum):
    """Name what became of the first push."""

    KILLED = "killed"
    UNKNOWN = "gave up"


class Arrival(StrEnum):
    """Name when the first push's request arrives."""

    BEFORE = "before the second push"
    GOING_ON = "before, and it goes on"
    BETWEEN = "between its question and its first write"
    WITH = "with its first write"
    AFTER = "after it"


@dataclass(frozen=True, slots=True)
class Edition:
    """Hold a text of the file: the marks that it leaves, and words of the definitions of its indexes, by name."""

    text: str
    marks: frozenset[int]
    indexes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """Hold two editions of a file, and which request of the first push is kept, counted from 1."""

    name: str
    old: Edition
    new: Edition
    kept: int


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one way in which a late request and an edited file can meet."""

    edit: Edit
    fate: Fate
    arrival: Arrival

    @property
    def name(self) -> str:
        return f"{self.edit.name}; {self.fate}; {self.arrival}"


@dataclass
class Editing:
    """Play one case in a world; ``kept`` is the old request, once it came."""

    case: Case
    world: World
    kept: Exchange | None = None
    told: list[str] = field(default_factory=list)

    def run(self) -> str:
        """Play the case and return how the second push ended. Fails unless every report is true."""
        edit, world = self.case.edit, self.world
        self._write(edit.old)
        self._push_in_vain()
        self._write(edit.new)
        if self.case.arrival is Arrival.BEFORE:
            self._arrive()
        second = self._push_again()
        self._hold(second, edit.new)
        if self.case.arrival is Arrival.AFTER:
            self._arrive()
        world.settle_down()
        self._hold(second, edit.new)
        third = self._push()
        self._hold(third, edit.new)
        if third.status != 0 or _is_listed_as_edited(third):
            # The old edition got in, or some of it did: the file is put back, and then there is nothing left to do.
            self._write(edit.old)
            last = self._push()
            assert last.status == 0, self._said()
            self._hold(last, edit.old)
        told = second.code or second.document["outcome"]
        return f"exit {second.status} {told}{', edited' if _is_listed_as_edited(second) else ''}"

    def _write(self, edition: Edition) -> None:
        self.world.place.write(VERSION, "case", edition.text)

    def _push_in_vain(self) -> None:
        """Push the old edition until one of its requests is kept, and end that push without an outcome."""
        gateway, fate = self.world.gateway, self.case.fate
        gateway.plan = [Planned(nth(self.case.edit.kept), self._keep, "kept")]
        if fate is Fate.UNKNOWN:
            gateway.plan.append(Planned(lambda _: True, bad_gateway_before, "502", lasting=True))
        process = self.world.start()
        assert gateway.reached.wait(timeout=20), "the request to be kept did not come"
        if fate is Fate.KILLED:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        else:
            report = self.world.place.await_report(process)
            self.told.append(report.said())
            assert report.status == 5, self._said()
            assert VERSION not in report.applied, self._said()
        gateway.plan = []

    def _keep(self, exchange: Exchange) -> None:
        """Keep the request, or let it go on for long, and cut its client off."""
        self.kept = exchange
        if self.case.arrival is Arrival.GOING_ON:
            seconds = GOING_ON if self.case.fate is Fate.KILLED else _OUTLASTS
            with at_work(exchange, seconds):
                self._cut_off(exchange)
                if exchange.kind is Kind.ALONE:
                    time.sleep(seconds)
        else:
            self._cut_off(exchange)

    def _cut_off(self, exchange: Exchange) -> None:
        exchange.gateway.reached.set()
        if self.case.fate is Fate.UNKNOWN:
            exchange.client.reset()
        elif exchange.kind is not Kind.ALONE or self.case.arrival is not Arrival.GOING_ON:
            exchange.client.await_end()

    def _arrive(self) -> None:
        assert self.kept is not None
        self.kept.deliver()

    def _push_again(self) -> Report:
        """Push the new edition while the old request arrives when the case has it."""
        plays: dict[Arrival, Planned] = {
            Arrival.BETWEEN: Planned(of_kind(Kind.READ), self._between, "the old one arrives"),
            Arrival.WITH: Planned(_changes, self._beside, "the old one arrives"),
        }
        planned = plays.get(self.case.arrival)
        self.world.gateway.plan = [planned] if planned is not None else []
        report = self._push()
        self.world.gateway.plan = []
        return report

    def _between(self, exchange: Exchange) -> None:
        answer = exchange.deliver()
        self._arrive()
        exchange.answer(answer)

    def _beside(self, exchange: Exchange) -> None:
        assert self.kept is not None
        self.kept.deliver_later(0)
        exchange.answer(exchange.deliver())

    def _push(self) -> Report:
        report = self.world.push()
        self.told.append(report.said())
        return report

    def _hold(self, report: Report, pushed: Edition) -> None:
        """Fail if the report calls applied what is not, or if what is in the history is not what is in effect."""
        truth, edit = self.world.truth(), self.case.edit
        stored = self._stored(truth.rows.get(VERSION))
        marks = {part: count for (_, part), count in truth.marks.items()}
        told = f"{self._said()}\n{truth}"
        assert max(marks.values(), default=0) <= 1, f"something was run twice: {told}"
        assert stored is not None or VERSION not in truth.rows, f"what is stored is no edition: {told}"
        if VERSION in report.applied:
            assert stored is pushed, f"it is not this edition that is stored: {told}"
        elif report.status == 0:
            assert (stored is pushed) != _is_listed_as_edited(report), f"it is not told that it was edited: {told}"
        if stored is not None:
            assert marks.keys() == stored.marks, f"the history and the effect differ: {told}"
            found = self._indexes()
            for name, words in stored.indexes.items():
                assert words in found.get(name, ""), f"{name} is {found.get(name)}: {told}"
        else:
            assert marks.keys() < edit.old.marks | edit.new.marks, told

    def _stored(self, statements: tuple[str, ...] | None) -> Edition | None:
        """Return the edition whose text the history holds."""
        folder = self.world.place.folder
        for edition in (self.case.edit.old, self.case.edit.new):
            apart = folder / "apart"
            apart.mkdir(exist_ok=True)
            (apart / f"{VERSION}_case.sql").write_text(edition.text, encoding="utf-8")
            if statements == stored_texts(apart)[VERSION]:
                return edition
        return None

    def _indexes(self) -> dict[str, str]:
        """Return the definitions of the indexes that can be used, by name."""
        rows = self.world.place.superuser.run(
            "select relname, pg_get_indexdef(oid) as definition from pg_index join pg_class on oid = indexrelid "
            "where relnamespace = 'app'::regnamespace and indisvalid and indisready"
        )
        return {str(row["relname"]): str(row["definition"]) for row in rows}

    def _said(self) -> str:
        return f"{self.case.name}\n" + "\n".join(self.told) + f"\nrequests: {self.world.gateway.told()}"


def _is_listed_as_edited(report: Report) -> bool:
    return any(each["version"] == VERSION and each["state"] == "edited" for each in report.document["listed"])


def _changes(exchange: Exchange) -> bool:
    return exchange.kind in (Kind.WRITE, Kind.ALONE)


def play(yard: Yard, case: Case) -> str:
    """Play a case in a world of its own and return how the second push ended."""
    with yard.world(Folder("edits", ())) as world:
        return Editing(case, world).run()
