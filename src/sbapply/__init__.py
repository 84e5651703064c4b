"""Change a Supabase project's Postgres over HTTPS alone, exactly once, and prove the result.

    from sbapply import open_project, push

    with open_project("path/to/app", sandbox=True) as project:
        report = push(project, consent=lambda plan: True)

What is named here is loaded when it is first used, so that importing ``sbapply`` costs nothing. The functions print
nothing, ask nobody but the ``consent`` they are given, end no process and set no signal handler; reports and what
they hold are frozen values with ``to_json()``. docs/library.md has an example of each.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sbapply.api.client import ApiClient
    from sbapply.apply.alone import Told
    from sbapply.apply.outcome import Event
    from sbapply.auth.token import Token
    from sbapply.errors import (
        ConfigurationError,
        ConsentMissing,
        DatabaseError,
        EngineError,
        HistoryMoved,
        Interrupted,
        LocalMissing,
        MigrationFailed,
        NotSent,
        OutcomeUnknown,
        PlanMoved,
        ProjectAsleep,
        ProjectUnknown,
        ReadFailed,
        Refused,
        RehearsalFailed,
        SbapplyError,
        SqlError,
        TokenMalformed,
        TokenMissing,
        Unsettled,
        UsageError,
    )
    from sbapply.history.plan import Plan
    from sbapply.library.project import Project, open_client, open_project
    from sbapply.library.reading import diff, plan, rehearse, status, verify
    from sbapply.library.writing import push, query
    from sbapply.verbs.diff import DiffReport
    from sbapply.verbs.plan import PlanReport
    from sbapply.verbs.pushed import PushOutcome, PushReport
    from sbapply.verbs.query import QueryReport
    from sbapply.verbs.rehearse import RehearseReport
    from sbapply.verbs.saved_plan import SavedPlan
    from sbapply.verbs.status import StatusReport
    from sbapply.verbs.verify import VerifyReport

__version__ = "0.1.0"

__all__ = [
    "ApiClient",
    "ConfigurationError",
    "ConsentMissing",
    "DatabaseError",
    "DiffReport",
    "EngineError",
    "Event",
    "HistoryMoved",
    "Interrupted",
    "LocalMissing",
    "MigrationFailed",
    "NotSent",
    "OutcomeUnknown",
    "Plan",
    "PlanMoved",
    "PlanReport",
    "Project",
    "ProjectAsleep",
    "ProjectUnknown",
    "PushOutcome",
    "PushReport",
    "QueryReport",
    "ReadFailed",
    "Refused",
    "RehearsalFailed",
    "RehearseReport",
    "SavedPlan",
    "SbapplyError",
    "SqlError",
    "StatusReport",
    "Token",
    "TokenMalformed",
    "TokenMissing",
    "Told",
    "Unsettled",
    "UsageError",
    "VerifyReport",
    "__version__",
    "diff",
    "open_client",
    "open_project",
    "plan",
    "push",
    "query",
    "rehearse",
    "status",
    "verify",
]

# Where each of them is at home.
_HOMES = {
    "api.client": ("ApiClient",),
    "apply.alone": ("Told",),
    "apply.outcome": ("Event",),
    "auth.token": ("Token",),
    "errors": (
        "ConfigurationError",
        "ConsentMissing",
        "DatabaseError",
        "EngineError",
        "HistoryMoved",
        "Interrupted",
        "LocalMissing",
        "MigrationFailed",
        "NotSent",
        "OutcomeUnknown",
        "PlanMoved",
        "ProjectAsleep",
        "ProjectUnknown",
        "ReadFailed",
        "Refused",
        "RehearsalFailed",
        "SbapplyError",
        "SqlError",
        "TokenMalformed",
        "TokenMissing",
        "Unsettled",
        "UsageError",
    ),
    "history.plan": ("Plan",),
    "library.project": ("Project", "open_client", "open_project"),
    "library.reading": ("diff", "plan", "rehearse", "status", "verify"),
    "library.writing": ("push", "query"),
    "verbs.diff": ("DiffReport",),
    "verbs.plan": ("PlanReport",),
    "verbs.pushed": ("PushOutcome", "PushReport"),
    "verbs.query": ("QueryReport",),
    "verbs.rehearse": ("RehearseReport",),
    "verbs.saved_plan": ("SavedPlan",),
    "verbs.status": ("StatusReport",),
    "verbs.verify": ("VerifyReport",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


class _Library(ModuleType):
    """Be this module: load what is exported when it is used, and let a verb's name be the verb's.

    ``verify`` and ``rehearse`` are rooms of the house too, and Python makes a module that is imported an attribute
    of its parent: it would depend on what was imported first which of the two is there. A ``__getattr__`` of the
    module itself would tell a type checker that every name is exported.
    """

    def __getattr__(self, name: str) -> Any:
        home = _HOME.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = self.__dict__[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _HOME):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Library
