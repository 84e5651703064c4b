"""Play one fault at one request of a push; hold what is reported and what is left against a push without faults."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.reliability.gateway import Kind, Planned
from tests.reliability.judging import Report, Truth
from tests.reliability.kinds import Folder
from tests.reliability.portrait import differences, portrait
from tests.reliability.world import Counts, World, Yard

_PUSHES_MORE = 3


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """Hold how a push ends that meets no fault, and the kinds of requests that it makes, in order."""

    portrait: str
    requests: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """Hold how a case ended: the first push's exit code, and how many pushes it took after that."""

    status: int
    more: int


@dataclass
class Matrix:
    """Run cases on a yard; each folder is pushed once without faults, before its first case."""

    yard: Yard
    _known: dict[Folder, Undisturbed] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def undisturbed(self, folder: Folder) -> Undisturbed:
        """Return how a folder's push ends that meets no fault."""
        with self._lock:
            if folder not in self._known:
                self._known[folder] = self._push_undisturbed(folder)
            return self._known[folder]

    def _push_undisturbed(self, folder: Folder) -> Undisturbed:
        with self.yard.world(folder) as world:
            report = world.push()
            assert report.status == 0, f"{folder.name}: {report.said()}"
            _check_done(world, folder, report.said())
            return Undisturbed(portrait(world.place), tuple(world.gateway.kinds()))

    def run(
        self,
        folder: Folder,
        plan: Sequence[Planned],
        *,
        status: int,
        interrupts: bool = False,
        impatient: bool = False,
        push: Callable[[World], Report] | None = None,
    ) -> Ended:
        """Push while ``plan`` is played, judge the report, and push on without faults until all is done.

        ``status`` is the exit code that the first push has to have; ``interrupts`` says that one part may have been
        begun twice. Fails unless it ends as without faults.
        """
        whole = self.undisturbed(folder)
        with self.yard.world(folder) as world:
            world.gateway.plan = list(plan)
            report = push(world) if push is not None else world.push(impatient=impatient)
            told = f"{folder.name}, {', '.join(each.name for each in plan)}: {report.said()}"
            at_exit = world.truth()
            world.settle_down()
            told += f"\nrequests: {world.gateway.told()}"
            missed = [each.name for each in world.gateway.plan if not each.lasting]
            assert not missed, f"{missed} never came about: {told}"
            world.gateway.plan = []
            assert report.status == status, told
            _judge(world, folder, report, at_exit, told)
            more = _push_on(world, report, told)
            counts = _check_done(world, folder, told)
            _check_counts(folder, counts, told, slack=int(interrupts))
            found = portrait(world.place)
            assert found == whole.portrait, f"{differences(whole.portrait, found)}\n{told}"
            return Ended(report.status, more)


def _push_on(world: World, report: Report, told: str) -> int:
    """Push until all is done; return how many pushes that took."""
    more = 0
    while report.status != 0:
        assert more < _PUSHES_MORE, f"it does not converge: {told}\n{report.said()}"
        more += 1
        report = world.push()
    return more


def _judge(world: World, folder: Folder, report: Report, at_exit: Truth, told: str) -> None:
    """Fail unless the report was true when it was made, and is true after everything late has arrived.

    What it calls applied is, with its text and its effect. Unless it says that nobody can tell, what it calls
    pending is not applied and will not be, but for the parts that it calls applied.
    """
    texts, counts, at_last = world.place.texts(), world.counts(folder), world.truth()
    versions = [file.version for file in folder.files]
    # Where the first question was not answered, there is no plan to tell of.
    known = sorted([*report.applied, *report.pending])
    assert known == versions or (known == [] and report.status == 1 and not at_last.rows), told
    half = {str(each["version"]): int(each["done"]) for each in report.document.get("half_applied", [])}
    for file in folder.files:
        version = file.version
        for truth in (at_exit, at_last):
            if version in report.applied:
                assert truth.rows.get(version) == texts[version], f"{version} is not in the history: {told}"
                assert truth.parts(version) == [1] * file.parts, f"{version} is not in effect: {told}"
                assert counts.usable >= set(file.indexes), f"{version} lacks an index: {told}"
            elif report.status != 5:
                assert version not in truth.rows, f"{version} is applied: {told}"
                assert version in half or not truth.parts(version), f"something of {version} is applied: {told}"
        if version not in report.applied and report.status != 5:
            assert counts.finished.get(version, 0) == half.get(version, 0), f"{counts}: {told}"
    if report.status != 5:
        assert at_exit == at_last, f"{at_exit} became {at_last}: {told}"


def _check_done(world: World, folder: Folder, told: str) -> Counts:
    """Fail unless every version is in the history with its text, and every part was committed once."""
    truth, texts = world.truth(), world.place.texts()
    assert list(truth.rows.items()) == sorted(texts.items()), f"{truth}: {told}"
    expected = {(file.version, part): 1 for file in folder.files for part in range(1, file.parts + 1)}
    assert dict(truth.marks) == expected, f"{truth}: {told}"
    counts = world.counts(folder)
    assert counts.usable >= {name for file in folder.files for name in file.indexes}, f"{counts}: {told}"
    assert not counts.unusable, f"{counts}: {told}"
    return counts


def _check_counts(folder: Folder, counts: Counts, told: str, *, slack: int) -> None:
    """Fail unless every part was begun once and every index built once; ``slack`` may be begun in vain."""
    begun = sum(counts.begun.values())
    assert min(counts.begun.values()) >= 1, f"{counts}: {told}"
    assert begun <= len(counts.begun) + slack * max(file.parts for file in folder.files), f"{counts}: {told}"
    assert max(counts.begun.values()) <= 1 + slack, f"{counts}: {told}"
    builds = sum(file.builds for file in folder.files)
    assert builds <= counts.built <= builds + slack, f"{counts}: {told}"
