"""Run what a push runs beside its migrations: the roles before them, the seeds behind them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sbapply.apply.files import run_roles, run_seed, size_problem
from sbapply.apply.outcome import Notify
from sbapply.database import Json
from sbapply.errors import Interrupted, SbapplyError
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

    Seeds that have run as they are now are not among them.
    """

    roles: PlannedFile | None = None
    seeds: tuple[PlannedFile, ...] = ()
    done: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def planned(self) -> tuple[PlannedFile, ...]:
        """Return all of them, in the order in which they run."""
        return (*((self.roles,) if self.roles is not None else ()), *self.seeds)

    def to_json(self) -> dict[str, Json]:
        """Return what a push's document says of roles and of seeds."""
        roles = [self._file(self.roles)] if self.roles is not None else []
        return {"roles": [*roles], "seeds": [self._file(each) for each in self.seeds], "notes": [*self.notes]}

    def _file(self, planned: PlannedFile) -> dict[str, Json]:
        state = "done" if planned.file.path in self.done else "pending"
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


def send_roles(target: Target, files: Files, state: RemoteState, notify: Notify) -> tuple[Files, RemoteState]:
    """Run the roles; return what is done then, and the state with the schema that they needed.

    Raises as ``apply.files.run_roles``.
    """
    if files.roles is None:
        return files, state
    _run(run_roles, target, files.roles, state, notify)
    return replace(files, done=(*files.done, files.roles.file.path)), replace(state, has_schema=True)


def send_seeds(
    target: Target, files: Files, state: RemoteState, notify: Notify
) -> tuple[Files, SbapplyError | None]:
    """Run the seeds in order; return what is done then, and the error that ended it, if one did."""
    for planned in files.seeds:
        try:
            _run(run_seed, target, planned, state, notify)
        except SbapplyError as error:
            return files, error
        except KeyboardInterrupt:
            # Between two requests: what is under way answers Ctrl-C itself.
            return files, Interrupted(
                "Interrupted; what is listed as run has run, the rest has not.", "Run the same command again."
            )
        files = replace(files, done=(*files.done, planned.file.path))
    return files, None


def _run(
    runs: Callable[..., None], target: Target, planned: PlannedFile, state: RemoteState, notify: Notify
) -> None:
    runs(
        target.database,
        planned,
        state,
        notify=notify,
        limits=target.limits,
        patience=target.patience,
        clock=target.clock,
    )
