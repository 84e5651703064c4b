"""Run what a push runs beside its migrations: the roles before them, the seeds behind them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sbapply.apply.files import run_roles, run_seed, size_problem
from sbapply.apply.outcome import Notify
from sbapply.database import Json
from sbapply.errors import Interrupted, SbapplyError, Unsettled
from sbapply.history.plan import Refusal
from sbapply.history.seeds import FileRefusal, PlannedFile, plan_file, plan_seeds, read_seed_rows
from sbapply.history.state import RemoteState
from sbapply.migrations.seeds import SqlFile
from sbapply.verbs.target import Target


@dataclass(frozen=True, slots=True)
class WantedFiles:
    """Hold what was asked for beside the migrations; ``notes`` is what is to be said of what there is not."""

    roles: SqlFile | None = None
    seeds: tuple[SqlFile, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """Hold what is to run beside the migrations, and the paths of what is ``done`` of it.

    Seeds that have run as they are now are not among them. ``unknown`` are the paths of which nobody can tell.
    """

    roles: PlannedFile | None = None
    seeds: tuple[PlannedFile, ...] = ()
    done: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def planned(self) -> tuple[PlannedFile, ...]:
        """Return all of them, in the order in which they run."""
        return (*((self.roles,) if self.roles is not None else ()), *self.seeds)

    def to_json(self) -> dict[str, Json]:
        """Return what a push's document says of roles and of seeds."""
        roles = [self._file(self.roles)] if self.roles is not None else []
        return {"roles": [*roles], "seeds": [self._file(each) for each in self.seeds], "notes": [*self.notes]}

    def after(self, planned: PlannedFile, error: SbapplyError | None) -> "Files":
        """Return this with what became of one of them: ``error`` is what running it ended with."""
        path = planned.file.path
        if isinstance(error, Unsettled):
            return replace(self, unknown=(*self.unknown, path))
        made = error is None or (isinstance(error, Interrupted) and error.made)
        return replace(self, done=(*self.done, path)) if made else self

    def _file(self, planned: PlannedFile) -> dict[str, Json]:
        path = planned.file.path
        state = "done" if path in self.done else "unknown" if path in self.unknown else "pending"
        does = "note" if planned.only_noted else "run"
        return {"path": planned.file.path, "hash": planned.file.hash, "does": does, "state": state}


def plan_files(target: Target, wanted: WantedFiles) -> tuple[Files, tuple[Refusal, ...]]:
    """Plan what is to run, and say what cannot be. Read-only; one request where there are seeds.

    Raises as ``read_state``.
    """
    rows = {}
    if wanted.seeds:
        rows = dict(read_seed_rows(target.database, patience=target.patience.read, clock=target.clock))
    roles = [plan_file(wanted.roles)] if wanted.roles is not None else []
    seeds = plan_seeds(wanted.seeds, rows)
    refusals: list[Refusal] = []
    for each in (*roles, *seeds):
        problem = each.problem if isinstance(each, FileRefusal) else size_problem(each, target.limits)
        if problem is not None:
            refusals.append(Refusal(each.file.migration, problem))
    files = Files(
        next((each for each in roles if isinstance(each, PlannedFile)), None),
        tuple(each for each in seeds if isinstance(each, PlannedFile)),
        notes=wanted.notes,
    )
    return files, tuple(refusals)


def send_roles(
    target: Target, files: Files, state: RemoteState, notify: Notify
) -> tuple[Files, RemoteState, SbapplyError | None]:
    """Run the roles; return what is done then, the state with the schema that they needed, and an error."""
    if files.roles is None:
        return files, state, None
    files, error = _run(run_roles, target, files, files.roles, state, notify)
    return files, replace(state, has_schema=True) if error is None else state, error


def send_seeds(
    target: Target, files: Files, state: RemoteState, notify: Notify
) -> tuple[Files, SbapplyError | None]:
    """Run the seeds in order; return what is done then, and the error that ended it, if one did."""
    for planned in files.seeds:
        files, error = _run(run_seed, target, files, planned, state, notify)
        if error is not None:
            return files, error
    return files, None


def _run(
    runs: Callable[..., None],
    target: Target,
    files: Files,
    planned: PlannedFile,
    state: RemoteState,
    notify: Notify,
) -> tuple[Files, SbapplyError | None]:
    try:
        runs(
            target.database,
            planned,
            state,
            notify=notify,
            limits=target.limits,
            patience=target.patience,
            clock=target.clock,
        )
    except SbapplyError as error:
        return files.after(planned, error), error
    except KeyboardInterrupt:
        # Between two requests: what is under way answers Ctrl-C itself.
        return files, Interrupted(
            "Interrupted; what is listed as run has run, the rest has not.", "Run the same command again."
        )
    return files.after(planned, None), None
