"""A CHECK is tried with a wrong value where that can move nothing else, and nowhere else."""

from dataclasses import dataclass

import pytest

from sbapply.database import Json
from sbapply.verify.claims import Claim, readable
from sbapply.verify.proof import prove
from sbapply.verify.queries import LOCK_TIMEOUT
from sbapply.verify.verdict import ClaimResult
from tests.verify.conftest import Derive, Place


@dataclass(frozen=True)
class Case:
    """Hold a set-up that makes ``public.t`` with a check ``c``, and the value the probe should write."""

    sql: str
    wrote: Json


TRIED = {
    "empty table": Case("create table t (a text constraint c check (a in ('x', 'y')))", {"a": "sbapply-probe"}),
    "empty table, other columns needed": Case(
        "create type mood as enum ('sad', 'ok'); create table t (id uuid not null primary key, m mood not null,"
        " d date not null, j jsonb not null, s text not null default 'idle' check (s in ('idle', 'done')),"
        " f varchar(3) not null, n numeric(4, 2) not null check (n > 7), xs integer[] not null, o text,"
        " a text constraint c check (a <> ''))",
        {"a": ""},
    ),
    "not null": Case("create table t (a text constraint c check (a is not null))", {"a": None}),
    "not null with a row": Case(
        "create table t (a text constraint c check (a is not null)); insert into t values ('x')", {"a": None}
    ),
    "integer": Case("create table t (a integer constraint c check (a > 0))", {"a": -1}),
    "integer within bounds": Case(
        "create table t (a integer constraint c check (a between -2000000000 and 2000000000))",
        {"a": 2000000001},
    ),
    "smallint below a bound": Case("create table t (a smallint constraint c check (a < 500))", {"a": 501}),
    "numeric": Case("create table t (a numeric(6, 2) constraint c check (a >= 9.5))", {"a": -1.0}),
    "float": Case("create table t (a double precision constraint c check (a <> 'NaN'))", {"a": "NaN"}),
    "date": Case("create table t (a date constraint c check (a > '2020-01-01'))", {"a": "-infinity"}),
    "time": Case("create table t (a time constraint c check (a >= '08:00'))", {"a": "00:00:00"}),
    "timestamptz": Case("create table t (a timestamptz constraint c check (a < '2100-01-01'))", {"a": "infinity"}),
    "interval": Case("create table t (a interval constraint c check (a >= '0'))", {"a": "-1 days"}),
    "boolean": Case("create table t (a boolean constraint c check (a))", {"a": False}),
    "uuid": Case(
        "create table t (a uuid constraint c check (a <> '00000000-0000-0000-0000-000000000000'))",
        {"a": "00000000-0000-0000-0000-000000000000"},
    ),
    "jsonb": Case("create table t (a jsonb constraint c check (jsonb_typeof(a) = 'object'))", {"a": []}),
    "jsonb that must hold a key": Case("create table t (a jsonb constraint c check (a ? 'days'))", {"a": {}}),
    "jsonb where most values raise": Case(
        "create table t (a jsonb constraint c check (jsonb_array_length(a) <= 3))", {"a": [0, 0, 0, 0]}
    ),
    "json": Case("create table t (a json constraint c check (json_typeof(a) = 'array'))", {"a": {}}),
    "array": Case("create table t (a text[] constraint c check (cardinality(a) > 0))", {"a": []}),
    "array of at most three": Case(
        "create table t (a integer[] constraint c check (cardinality(a) <= 3))", {"a": [None] * 4}
    ),
    "enum": Case(
        "create type mood as enum ('sad', 'ok'); create table t (a mood constraint c check (a <> 'ok'))",
        {"a": "ok"},
    ),
    "domain": Case(
        "create domain code as varchar(5) check (value <> ''); create table t (a code not null"
        " constraint c check (a like 'x%'))",
        {"a": "sbapp"},
    ),
    "range": Case("create table t (a int4range constraint c check (not isempty(a)))", {"a": "empty"}),
    "bytea": Case("create table t (a bytea constraint c check (octet_length(a) > 0))", {"a": "\\x"}),
    "length at most": Case(
        "create table t (a text constraint c check (char_length(a) <= 5))", {"a": "sbapply-probe"}
    ),
    "two columns": Case(
        "create table t (a date, b date, constraint c check (b >= a));"
        "insert into t values ('2024-01-01', '2024-01-02')",
        {"b": "-infinity"},
    ),
    "two columns, empty": Case(
        "create table t (a integer, b integer, constraint c check (a < b))", {"a": -1, "b": -1}
    ),
    "three columns where all must be NULL": Case(
        "create table t (a text, b integer, d date, constraint c check (num_nonnulls(a, b, d) = 1));"
        "insert into t values ('x')",
        {"a": None},
    ),
    "a function in a check that comes later": Case(
        "create function f(text) returns boolean language sql as 'select true';"
        "create table t (a text constraint c check (a <> '') constraint d check (public.f(a)))",
        {"a": ""},
    ),
    "another check on the same column": Case(
        "create table t (a text constraint b check (a <> 'sbapply-probe') constraint c check (a in ('x', 'y')))",
        {"a": ""},
    ),
    "other columns from the row": Case(
        "create table t (a text constraint c check (a <> ''), n text not null check (n = 'only this'));"
        "insert into t values ('x', 'only this')",
        {"a": ""},
    ),
    "another column's later check calls a function": Case(
        "create sequence s; create function f(integer) returns boolean language sql as"
        " 'select nextval(''public.s'') > 0';"
        "create table t (a text constraint c check (a <> ''), b integer not null constraint d check (public.f(b)))",
        {"a": ""},
    ),
    "not validated": Case(
        "create table t (a integer); insert into t values (-5);"
        "alter table t add constraint c check (a > 0) not valid",
        {"a": -1},
    ),
    "a trigger before updates, an insert instead": Case(
        "create function touch() returns trigger language plpgsql as 'begin return new; end';"
        "create table t (id bigint generated always as identity primary key, a text constraint c check (a <> ''));"
        "insert into t (a) values ('x');"
        "create trigger z before update on t for each row execute function touch()",
        {"a": ""},
    ),
    "identity always": Case(
        "create table t (a integer generated always as identity constraint c check (a > 0));"
        "insert into t default values",
        {"a": -1},
    ),
    "a disabled trigger": Case(
        "create function touch() returns trigger language plpgsql as 'begin return new; end';"
        "create table t (a text constraint c check (a <> ''));"
        "create trigger z before insert on t for each row execute function touch();"
        "alter table t disable trigger z",
        {"a": ""},
    ),
    "partitioned": Case(
        "create table t (k integer, a text constraint c check (a <> '')) partition by list (k);"
        "create table t1 partition of t for values in (1); create table t2 partition of t for values in (2);"
        "insert into t values (2, 'x')",
        {"a": ""},
    ),
    "row security with bypassrls": Case(
        "create table t (a text constraint c check (a <> '')); alter table t enable row level security,"
        " force row level security; insert into t values ('x')",
        {"a": ""},
    ),
}

TOUCH = (
    "create function touch() returns trigger language plpgsql as 'begin perform nextval(''s''); return new; end';"
)

NOT_TRIED = {
    "a trigger before inserts into an empty table": (
        (
            f"create sequence s; {TOUCH} create table t (a text constraint c check (a <> ''));"
            "create trigger z before insert on t for each row execute function touch()"
        ),
        "something fires before the constraint: trigger z",
    ),
    "a statement trigger before everything": (
        (
            f"create sequence s; {TOUCH} create table t (a text constraint c check (a <> ''));"
            "insert into t values ('x');"
            "create trigger z before insert or update on t for each statement execute function touch()"
        ),
        "something fires before the constraint: trigger z",
    ),
    "a trigger on the partition": (
        (
            f"create sequence s; {TOUCH} create table t (k integer, a text constraint c check (a <> ''))"
            " partition by list (k); create table t1 partition of t default; insert into t values (1, 'x');"
            "create trigger z before insert on t1 for each row execute function touch()"
        ),
        "something fires before the constraint: trigger z",
    ),
    "a rule instead": (
        "create table t (a text constraint c check (a <> ''));create rule r as on insert to t do instead nothing",
        "something fires before the constraint: rule r",
    ),
    "a volatile function": (
        "create table t (a float constraint c check (a < random() + 5))",
        "a write would call random()",
    ),
    "a sequence in it": (
        "create sequence s; create table t (a bigint constraint c check (a < nextval('s')))",
        "a write would call nextval(regclass)",
    ),
    "a function that only says immutable": (
        (
            "create sequence s; create function f(text) returns boolean language sql immutable as"
            " 'select nextval(''s'') > 0'; create table t (a text constraint c check (public.f(a)))"
        ),
        "a write would call public.f(text)",
    ),
    "a domain within a range": (
        (
            "create sequence s; create function f(bigint) returns boolean language sql immutable as"
            " 'select nextval(''public.s'') > 0'; create domain d as bigint check (public.f(value));"
            "create type r as range (subtype = d); create table t (a r constraint c check (lower(a) > 0))"
        ),
        "a write would call public.f(bigint)",
    ),
    "a domain within a row": (
        (
            "create sequence s; create function f(bigint) returns boolean language sql immutable as"
            " 'select nextval(''public.s'') > 0'; create domain d as bigint check (public.f(value));"
            "create type r as (x d); create table t (a r[] constraint c check (cardinality(a) > 0))"
        ),
        "a write would call public.f(bigint)",
    ),
    "a cast to json of one's own": (
        (
            "create sequence s; create type m as enum ('a', 'b'); create function f(m) returns json language sql"
            " immutable as 'select to_json(nextval(''public.s''))'; create cast (m as json) with function f(m);"
            "create table t (a m constraint c check (a = 'a'))"
        ),
        "a write would call public.f(public.m)",
    ),
    "another check that calls a function": (
        (
            "create function f(text) returns boolean language sql volatile as 'select true';"
            "create table t (b text constraint b check (public.f(b)), a text constraint c check (a <> ''))"
        ),
        "a write would call public.f(text)",
    ),
    "an operator of one's own": (
        (
            "create function f(text, text) returns boolean language sql immutable as 'select $1 <> $2';"
            "create operator public.<<<< (function = public.f, leftarg = text, rightarg = text);"
            "create table t (a text constraint c check (a operator(public.<<<<) ''))"
        ),
        "a write would call public.f(text,text)",
    ),
    "nothing violates it": (
        "create table t (a text constraint c check (a = a))",
        "no value that the constraint forbids was found",
    ),
    "only without the column's collation it would be violated": (
        (
            "create table t (a text collate \"C\" constraint c check (lower(a) <> 'ä' or a <> 'Ä'));"
            "insert into t values ('x')"
        ),
        "no value that the constraint forbids was found",
    ),
    "a generated column": (
        "create table t (b integer, a integer generated always as (b * 2) stored constraint c check (a > 0))",
        "the constraint is about a generated or system column",
    ),
    "no column": ("create table t (a text, constraint c check (1 > 0))", "the constraint names no column"),
    "another table's row is needed": (
        (
            "create table t (a text constraint c check (a <> ''),"
            " m int not null constraint b check (m * m = 49 and m < 0))"
        ),
        "no value is known for the column m",
    ),
    "a foreign table": (
        "create table t (a integer); alter table t add constraint c unique (a)",
        "the constraint of that name is not a CHECK",
    ),
    "it is gone": ("create table t (a integer)", "the constraint is not there"),
}


def probe(place: Place, key: tuple[str, str, str] = ("public", "t", "c"), *, role: str = "postgres") -> ClaimResult:
    claim = Claim("0001", readable("probe", key), "probe", key, {"sqlstate": "23514"})
    [result] = prove(place.as_role(role), [claim]).results
    return result


STATE = """
begin; set local search_path = '';
create temporary table state (line text) on commit drop;
do $$
declare t record; found text;
begin
  for t in select c.oid::regclass as name, c.relkind from pg_class c
           where c.relowner = 'postgres'::regrole and c.relkind in ('r', 'S')
  loop
    execute format('select string_agg(concat_ws('' '', %s), chr(10)) from %s x', case t.relkind
      when 'r' then 'x, x.xmin, x.xmax, x.ctid' else 'x.last_value, x.log_cnt, x.is_called' end, t.name) into found;
    insert into pg_temp.state values (t.name || found);
  end loop;
end $$;
select line from pg_temp.state order by 1;
rollback;
"""


def state(place: Place, *, with_locks: bool = True) -> list[Json]:
    """Return all rows with their system columns, and all sequences; the mark of a row lock only ``with_locks``."""
    sql = STATE if with_locks else STATE.replace("x.xmax, ", "")
    return [row["line"] for row in place.superuser.run(sql)]


@pytest.mark.parametrize("name", TRIED)
def test_a_wrong_value_is_refused_and_nothing_stays(name: str, project: Place) -> None:
    project.database.run(TRIED[name].sql)
    before = state(project)

    result = probe(project)

    assert (result.status, result.found) == (
        "confirmed",
        {"sqlstate": "23514", "constraint": "c", "wrote": TRIED[name].wrote},
    )
    assert state(project) == before
    assert len(result.query) < 600


@pytest.mark.parametrize("name", NOT_TRIED)
def test_where_something_else_could_move_nothing_is_tried(name: str, project: Place) -> None:
    sql, reason = NOT_TRIED[name]
    project.database.run(sql)
    before = state(project)

    result = probe(project)

    assert (result.status, result.found) == ("not-probed", {"reason": reason})
    assert state(project) == before


def test_a_check_that_is_not_enforced_is_not_tried(project: Place) -> None:
    if project.version < 18:
        pytest.skip("NOT ENFORCED came with 18")
    project.database.run("create table t (a text constraint c check (a <> '') not enforced)")

    assert probe(project).found == {"reason": "the constraint is NOT ENFORCED"}


def test_a_role_that_may_only_read_says_so(project: Place) -> None:
    project.database.run("create table t (a text constraint c check (a <> '')); insert into t values ('x')")

    result = probe(project, role="supabase_read_only_user")

    assert result.status == "not-probed"
    assert isinstance(result.found, dict)
    assert result.found.get("sqlstate") == "42501" or result.found["reason"] == "this role may only read"


def test_row_security_that_applies_stops_the_probe(project: Place) -> None:
    project.database.run(
        "create table t (a text constraint c check (a <> '')); alter table t enable row level security;"
        "grant all on t to pgbouncer"
    )

    assert probe(project, role="pgbouncer").found == {"reason": "row security applies to this role here"}


def test_a_lock_of_somebody_else_is_not_waited_for(project: Place) -> None:
    import threading
    import time

    project.database.run("create table t (a text constraint c check (a <> '')); insert into t values ('x')")
    holder = threading.Thread(
        target=project.superuser.run, args=("begin; lock table t in share mode; select pg_sleep(4); commit",)
    )
    holder.start()
    try:
        while not project.superuser.run("select 1 as n from pg_locks where mode = 'ShareLock' and granted"):
            pass
        began = time.monotonic()
        result = probe(project)
        waited = time.monotonic() - began
    finally:
        holder.join()

    assert isinstance(result.found, dict)
    assert (result.status, result.found["sqlstate"]) == ("not-probed", "55P03")
    assert waited < LOCK_TIMEOUT


def test_a_wrong_value_that_is_accepted_differs_and_does_not_stay(project: Place) -> None:
    project.database.run(
        "create table t (id serial primary key, a text constraint c check (a <> ''));insert into t (a) values ('x')"
    )
    # Postgres stops checking when the catalog says that there are no checks.
    project.superuser.run("update pg_class set relchecks = 0 where oid = 'public.t'::regclass")
    before = project.database.run("select *, ctid::text from t")

    result = probe(project)

    assert (result.status, result.found) == (
        "differs",
        {"sqlstate": None, "constraint": None, "wrote": {"a": ""}},
    )
    assert project.database.run("select *, ctid::text from t") == before


def test_what_is_accepted_fires_no_trigger_after_it(project: Place) -> None:
    project.database.run(
        f"create sequence s; {TOUCH} create table t (a text constraint c check (a <> ''));"
        "insert into t values ('x'); create trigger z after update on t for each row execute function touch()"
    )
    project.superuser.run("update pg_class set relchecks = 0 where oid = 'public.t'::regclass")
    before = project.database.run("select last_value, is_called from s")

    assert probe(project).status == "differs"
    assert project.database.run("select last_value, is_called from s") == before


def test_the_statement_tried_can_be_tried_again_by_a_reader(project: Place) -> None:
    from sbapply.errors import SqlError

    project.database.run(
        "create table t (id serial, a text constraint c check (char_length(a) < 7000));"
        "insert into t (a) values ('x')"
    )
    result = probe(project)

    with pytest.raises(SqlError) as refused:
        project.database.run(result.query)
    assert refused.value.sqlstate == "23514"
    assert result.query == "update only public.t set a = repeat('x', 7001)::text where ctid = '(0,1)'"


def test_hostile_names_are_only_names(derive: Derive, project: Place) -> None:
    schema, table, column, check = "sch\"e'ma", "ta$$ble\n☃;--", 'co"l\\umn $sbapply$', "ch'eck %I /* @facts@ :'"

    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    relation = f"{quoted(schema)}.{quoted(table)}"
    base = (
        f"create schema {quoted(schema)}; create table {relation} (id serial);insert into {relation} default values"
    )
    added = (
        f"alter table {relation} add {quoted(column)} text not null default E'it''s \\\\ \"$$\","
        f" add constraint {quoted(check)} check ({quoted(column)} <> E'x''\\\\y$$$sbapply$'"
        f" and {quoted(column)} <> '');"
        f"create policy {quoted(check)} on {relation} using ({quoted(column)} <> '$$'';');"
        f"create index {quoted(check)} on {relation} (({quoted(column)} || 'x'))"
    ).replace('"$$"', "$$'")
    claims = derive([("0'1", base), ("0$$2", added)])
    project.database.run(base)
    project.database.run(added)
    before = state(project)

    verdict = prove(project.database, claims, versions=["0'1", "0$$2\\"])

    assert [result.to_json() for result in verdict.results[2:] if result.status != "confirmed"] == []
    assert {result.kind for result in verdict.results} >= {"probe", "policy", "index", "column", "history"}
    [grown] = [result for result in verdict.results if result.rows is not None]
    assert isinstance(grown.rows, dict)
    assert (grown.rows["rows"], grown.rows["nulls"], grown.rows["at_default"]) == (1, 0, 1)
    assert state(project) == before
