"""Ask the advisors: the platform's own while it has them, else the rules of ``advise``."""

from dataclasses import dataclass
from functools import partial

from sbapply.advise.finding import Finding, Source, by_gravity, new_findings
from sbapply.advise.questions import ask_rules
from sbapply.database import Json, persist
from sbapply.errors import Forbidden, NotFound, ReadFailed, SbapplyError
from sbapply.verbs.target import PlatformAdvisor, Target

ADVISORS = ("security", "performance")


@dataclass(frozen=True, slots=True)
class Advice:
    """Hold what was found at one time, the gravest first.

    ``note`` says why the platform's own advisors were not asked, ``reason`` why nobody could be: then nothing is
    known, and ``findings`` is empty.
    """

    source: Source
    findings: tuple[Finding, ...] = ()
    note: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return every finding."""
        return {
            "source": self.source,
            "findings": [each.to_json() for each in self.findings],
            "note": self.note or None,
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class AdviceChange:
    """Hold what was found before and after a push, both by the same advisors; ``after`` is None if not asked."""

    before: Advice
    after: Advice | None = None
    why_not: str = ""

    @property
    def reason(self) -> str:
        """Say why nothing is compared, '' where it is."""
        return self.before.reason or (self.after.reason if self.after is not None else self.why_not)

    @property
    def new(self) -> tuple[Finding, ...]:
        """Return what is found now and was not before."""
        if self.after is None or self.reason:
            return ()
        return new_findings(self.before.findings, self.after.findings)

    def to_json(self) -> dict[str, Json]:
        """Return the counts, null where nobody could tell, and what is new."""
        return {
            "source": self.before.source,
            "before": _count(self.before),
            "after": _count(self.after),
            "new": [each.to_json() for each in self.new],
            "note": self.before.note or None,
            "reason": self.reason or None,
        }


def ask_advisors(target: Target, source: Source | None = None) -> Advice:
    """Return what the advisors find at present; ``source`` is who is asked, None leaves it to what is there.

    Read-only, within the patience for reads: two requests to the platform's advisors, or one to the SQL endpoint
    where those are gone, closed to the token, or give no answer that can be read. Raises nothing of the error tree.
    """
    note = ""
    platform = target.platform_advisor
    if platform is not None and source != "sql":
        try:
            return Advice("platform", _of_platform(target, platform))
        except (NotFound, Forbidden, ReadFailed) as error:
            if source == "platform":
                return Advice("platform", reason=error.message)
            note = error.message
        except SbapplyError as error:
            return Advice("platform", reason=error.message)
    try:
        found = ask_rules(target.database, patience=target.patience.read, clock=target.clock)
    except SbapplyError as error:
        return Advice("sql", note=note, reason=error.message)
    return Advice("sql", by_gravity(found), note)


def ask_again(target: Target, before: Advice) -> AdviceChange:
    """Return what has changed since ``before``; who was asked then is asked again. Raises as ``ask_advisors``."""
    if before.reason:
        return AdviceChange(before)
    return AdviceChange(before, ask_advisors(target, before.source))


def _of_platform(target: Target, platform: PlatformAdvisor) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for name in ADVISORS:
        found += persist(partial(platform, name), "The API", target.patience.read, target.clock)
    return by_gravity(found)


def _count(advice: Advice | None) -> int | None:
    return None if advice is None or advice.reason else len(advice.findings)
