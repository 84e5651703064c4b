"""Hold a project to push to: a real Postgres behind the gateway, a folder, and what can be asked of both."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest

from sbapply.apply.alone import Told
from sbapply.apply.outcome import Event, Outcome
from sbapply.apply.runner import apply_ready
from sbapply.config import Limits
from sbapply.database import Clock, Json, Patience
from sbapply.history.plan import Plan, make_plan
from sbapply.history.ready import Ready, prepare
from sbapply.history.state import RemoteState, read_state, read_stored_texts
from sbapply.migrations.files import Folder, Migration
from sbapply.rehearse.wire import LocalDatabase
from tests.apply.gateway import Fault, Gateway

Connect: TypeAlias = "Callable[[str], LocalDatabase]"

PATIENCE = Patience(read=5.0, settle=5.0)
# The waits of the runner between attempts are a twentieth of what they are for people.
CLOCK = Clock(sleep=lambda seconds: time.sleep(seconds / 20), jitter=lambda: 0.5)

HISTORY = """
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
"""


def migration(version: str, sql: str = "", *, name: str = "m", counted: bool = True) -> Migration:
    """Return a migration that counts its executions, also those that are rolled back, before its own SQL."""
    count = f"select nextval('app.tried_{version}');\ninsert into app.runs (version) values ('{version}');\n"
    file = f"supabase/migrations/{version}_{name}.sql"
    return Migration(version, name, file, (count if counted else "") + sql)


def ready_of(each: Migration) -> Ready:
    """Return the migration ready to be sent."""
    ready = prepare(each)
    assert isinstance(ready, Ready), ready
    return ready


def row_sql(each: Migration, *, statements: Sequence[str] | None = None) -> str:
    """Return the SQL with which somebody else writes the row of a migration, or of another text."""
    texts = ready_of(each).statements if statements is None else statements
    quoted = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    return (
        "insert into supabase_migrations.schema_migrations (version, name, statements) "
        f"values ('{each.version}', '{each.name}', array[{quoted}]::text[]);"
    )


@dataclass
class Bench:
    """Hold one project whose history and schema ``app`` are empty at the start of each test."""

    connect: Connect
    name: str
    events: list[Event] = field(default_factory=list)
    gateways: list[Gateway] = field(default_factory=list)

    @property
    def database(self) -> LocalDatabase:
        """Return the project as its own role sees it."""
        return self.connect("postgres")

    @property
    def superuser(self) -> LocalDatabase:
        """Return the project behind its back."""
        return self.connect("supabase_admin")

    def clear(self) -> None:
        """Make the project empty again, and forget what was sent to it."""
        self.events.clear()
        self.gateways.clear()
        tried = "; ".join(f"create sequence app.tried_{version}" for version in (1, 2, 3, 4, 9))
        self.superuser.run(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';"
            "drop schema if exists supabase_migrations, app, evil cascade;"
            "create schema app authorization postgres; set role postgres;"
            f"create table app.runs (version text); {tried};"
        )

    def with_history(self) -> None:
        """Make the history table beforehand, as it is after a first push."""
        self.database.run(HISTORY)

    def push(
        self,
        *migrations: Migration,
        faults: Sequence[Fault] = (),
        settle: Sequence[Fault] = (),
        read: Sequence[Fault] = (),
        cancel: Sequence[Fault] = (),
        alone: Sequence[Fault] = (),
        deadline: float | None = None,
        include_all: bool = False,
        limits: Limits | None = None,
        patience: Patience = PATIENCE,
        database: LocalDatabase | None = None,
        told: Mapping[str, Told] | None = None,
        notify: Callable[[Event], None] = lambda _event: None,
    ) -> Outcome:
        """Push a folder through a gateway with these faults, one for each request of a kind.

        ``deadline`` is what a request is given at least, in seconds, where the time of its delivery matters.
        """
        planned = {
            "write": list(faults),
            "settle": list(settle),
            "read": list(read),
            "cancel": list(cancel),
            "alone": list(alone),
        }
        gateway = Gateway(database or self.database, planned)
        self.gateways.append(gateway)

        def note(event: Event) -> None:
            self.events.append(event)
            notify(event)

        def plan(state: RemoteState) -> Plan:
            return make_plan(
                Folder("supabase/migrations", migrations, ()),
                state,
                read_stored=lambda versions: read_stored_texts(gateway.database, versions, patience=5.0),
                include_all=include_all,
                again=[version for version, word in (told or {}).items() if word is Told.AGAIN],
            )

        state = read_state(gateway.database, patience=5.0)
        try:
            with pytest.MonkeyPatch.context() as patch:
                if deadline is not None:
                    patch.setattr("sbapply.apply.deadline._SHORTEST", deadline)
                return apply_ready(
                    gateway,
                    plan(state).ready,
                    state,
                    replan=plan,
                    notify=note,
                    limits=limits,
                    patience=patience,
                    clock=CLOCK,
                    told=told,
                )
        finally:
            gateway.wait()

    @property
    def writes(self) -> int:
        """Return how many requests that write were sent."""
        return sum(len(gateway.sent()) for gateway in self.gateways)

    def ask(self, sql: str) -> list[Json]:
        """Return the values of a query's one column."""
        return [next(iter(row.values())) for row in self.database.run(sql)]

    def history(self) -> list[Json]:
        """Return the versions in the history, nothing if there is none."""
        if self.ask("select to_regclass('supabase_migrations.schema_migrations')::text") == [None]:
            return []
        return self.ask("select version from supabase_migrations.schema_migrations order by version")

    def units(self) -> list[Json]:
        """Return what stands in the side table of units, nothing if there is none."""
        if self.ask("select to_regclass('supabase_migrations.sbapply_units')::text") == [None]:
            return []
        return self.ask(
            "select to_jsonb(part) from supabase_migrations.sbapply_units as part order by version, unit"
        )

    def indexes(self) -> list[Json]:
        """Return the indexes of schema ``app`` as they are defined, and whether they can be used."""
        return self.ask(
            "select pg_get_indexdef(indexrelid) || case when indisvalid then '' else ' (invalid)' end "
            "from pg_index join pg_class as t on t.oid = indrelid "
            "where t.relnamespace = 'app'::regnamespace order by 1"
        )

    def runs(self) -> list[Json]:
        """Return the executions that are committed, a version each."""
        return self.ask("select version from app.runs order by version")

    def tried(self, version: str) -> int:
        """Return how often a migration's text was begun, committed or not."""
        found = self.ask(f"select case when is_called then last_value else 0 end from app.tried_{version}")
        return int(str(found[0]))

    def portrait(self) -> Mapping[str, list[Json]]:
        """Return everything that two ends of the same push have in common."""
        return {
            "history": self.ask(
                "select to_jsonb(migration) from supabase_migrations.schema_migrations as migration "
                "order by version"
            ),
            "runs": self.runs(),
            "objects": self.ask(
                "select relation.relname || ' ' || relation.relkind::text from pg_class as relation "
                "where relation.relnamespace = 'app'::regnamespace order by 1"
            ),
        }

    @contextmanager
    def holding(self, sql: str) -> Iterator[Callable[[], None]]:
        """Hold a transaction open in another session that has run ``sql``; calling what is given ends it."""
        from psycopg import connect

        with connect(self.database.conninfo) as connection:
            connection.execute(sql)
            yield connection.rollback


def versions(receipts: Sequence[object]) -> list[str]:
    """Return the versions of receipts or of pending migrations, in order."""
    return [str(getattr(receipt, "version")) for receipt in receipts]  # noqa: B009
