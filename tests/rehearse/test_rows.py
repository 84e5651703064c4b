"""Rows are written as statements that make the same rows, whatever their columns and values are."""

from collections.abc import Callable

import pytest

from sbapply.rehearse.rows import read_rows, rows_as_statements
from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import LocalDatabase
from tests.conftest import fresh_database

SCHEMA = """
create type mood as enum ('calm');
create table "Odd ""Name" ("a b" text, "T" json, t bytea, "row" point, mood mood, at timestamptz, for_ interval);
create table numbered (
  id bigint generated always as identity, n numeric, twice numeric generated always as (n * 2) stored);
create table nothing ();
create table wide ({wide});
create table parent (id int primary key, part int references parent);
create table measured (day date, value float8) partition by range (day);
create table measured_2026 partition of measured for values from ('2026-01-01') to ('2027-01-01');
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
create table hidden (id int);
alter table hidden enable row level security;
alter table hidden force row level security;
create materialized view total as select count(*) from numbered;
""".format(wide=", ".join(f"c{number} int" for number in range(150)))
ROWS = r"""
insert into "Odd ""Name" values ('it''s \ here' || chr(10) || '; --', '{"a": "\\"}', '\x00ff', '(1,2)', 'calm',
  '2026-01-02 03:04:05.678901+02', '1 day -2 hours'), (null, null, null, null, null, '-infinity', null);
insert into numbered (n) select 1.5 * n from generate_series(1, 450) n;
insert into nothing default values;
insert into nothing default values;
insert into wide (c149) values (7);
insert into parent values (2, null), (1, 2);
update parent set part = 1 where id = 2;
insert into measured values ('2026-02-03', 'nan'), ('2026-02-04', 0.1);
insert into hidden values (1);
refresh materialized view total;
"""
TRIGGER = "create trigger refuse before insert on parent for each row execute function refuse();"


@pytest.mark.parametrize("version", [18, 15])
def test_the_statements_make_the_same_rows(engine_of: Callable[[int], Server], version: int) -> None:
    server = engine_of(version)
    with fresh_database(server) as one, fresh_database(server) as other:
        made, copy = (LocalDatabase(server.conninfo(database=name)) for name in (one, other))
        LocalDatabase(server.conninfo(user="postgres", database=one)).run(SCHEMA)
        before = read_rows(made)
        LocalDatabase(server.conninfo(user="postgres", database=one)).run(ROWS)
        after = read_rows(made)
        assert {table.name[1]: table.count for table in after.beyond(before)} == {
            'Odd "Name': 2,
            "numbered": 450,
            "nothing": 2,
            "wide": 1,
            "parent": 2,
            "measured_2026": 2,
            "hidden": 1,
            "total": 1,
        }

        statements = rows_as_statements(made, before, after)
        LocalDatabase(server.conninfo(user="postgres", database=other)).run(SCHEMA + TRIGGER)
        LocalDatabase(server.conninfo(user="postgres", database=other)).run(";\n".join(statements))
        assert after.beyond(read_rows(copy)) == ()
        assert read_rows(copy).sequences == after.sequences


def test_rows_that_differ_are_told_from_those_that_do_not(engine_of: Callable[[int], Server]) -> None:
    with fresh_database(engine_of(18)) as name:
        database = LocalDatabase(engine_of(18).conninfo(database=name))
        database.run("create table a as select 1 as id; create table b as select 1 as id; create table c (id int)")
        before = read_rows(database)
        database.run("update a set id = 2")
        assert [table.name for table in read_rows(database).beyond(before)] == [("public", "a")]
