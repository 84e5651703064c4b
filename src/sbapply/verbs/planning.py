"""Plan a push with everything that would make it refuse a file."""

from collections.abc import Collection
from dataclasses import replace

from sbapply.apply.batch import carriage_problem
from sbapply.history.plan import Plan, Refusal
from sbapply.history.state import RemoteState
from sbapply.migrations.assertions import assertions_of_migration
from sbapply.migrations.files import Problem
from sbapply.verbs.status import plan_for
from sbapply.verbs.target import Target


def plan_push(
    target: Target,
    state: RemoteState,
    *,
    include_all: bool = False,
    to: str | None = None,
    again: Collection[str] = (),
) -> Plan:
    """Plan a push of the target's folder onto ``state``; at most one request, for stored texts.

    Refused too are files that are too large for a request and cannot travel in pieces, and those of which an
    assertion could do more than ask. Raises as ``make_plan`` and ``read_stored_texts``.
    """
    plan = plan_for(target, state, include_all=include_all, to=to, again=again)
    refusals = [
        Refusal(ready.migration, found)
        for ready in plan.ready
        for found in (carriage_problem(ready, target.limits), assertions_of_migration(ready.migration))
        if isinstance(found, Problem)
    ]
    return replace(plan, refusals=(*plan.refusals, *refusals))
