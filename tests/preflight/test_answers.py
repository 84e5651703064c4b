"""What the rows answer: in every form of a demand, one answer a question, whatever becomes of the others."""

import json
import time
from typing import TYPE_CHECKING

import pytest

from sbapply.errors import SqlError
from sbapply.preflight.answers import Answer, Preflight
from sbapply.preflight.ask import ask_data
from sbapply.preflight.questions import questions_of
from sbapply.render.preflight import data_lines
from tests.preflight.conftest import Project, ready

if TYPE_CHECKING:
    from sbapply.database import Json


def told(answer: Answer) -> tuple[str, int]:
    return answer.status, answer.count


def one(project: Project, *texts: str, limit_seconds: float = 5.0) -> Answer:
    (answer,) = project.ask(*texts, limit_seconds=limit_seconds).answers
    return answer


TABLES = """
create table t (id int primary key, a int, b int, s text, during int4range, bits bit(3));
insert into t values (1, 1, 1, 'one', '[1,5)', b'101'), (2, 1, null, '2  ', '[3,9)', b'111'),
  (3, null, null, null, null, null),
  (4, 2, 5, '{"a": 1}', 'empty', null);
create table parent (a int, b int, primary key (a, b)); insert into parent values (1, 1);
create table heap (a int, b int); insert into heap values (1, 1), (1, 1), (2, null), (2, null), (3, 3);
create table base (x int); create table heir (y int) inherits (base);
insert into base values (1); insert into heir values (null, 1), (1, 2);
create table parts (k int, v text) partition by list (k);
create table parts_1 partition of parts for values in (1, null);
  create table parts_2 partition of parts for values in (2);
insert into parts values (1, 'a'), (2, 'a'), (null, 'b'), (1, null);
create table loose (k int, v text); insert into loose values (3, 'x'), (null, 'y'), (1, 'z');
create table hashed (k int, v int) partition by hash (k);
create table hashed_0 partition of hashed for values with (modulus 2, remainder 0);
create table loose_hash (k int, v int); insert into loose_hash select i, i from generate_series(1, 100) i;
create table ranges (a int, b int) partition by range (a, b);
create table loose_range (a int, b int); insert into loose_range values (1, 1), (1, 9), (2, 0), (3, 3), (null, 1);
create type mood as enum ('glad', 'sad'); create table moods (id int primary key, mood text);
insert into moods values (1, 'glad'), (2, 'angry'), (3, 'lost');
create materialized view summary as select a, count(*) as n from heap group by a;
create view shown as select * from heap;
create function positive(int) returns boolean language plpgsql as 'begin return $1 > 1; end';
create function writes(int) returns boolean language plpgsql as 'begin insert into heap values ($1, $1);
  return true; end';
create function strict_one(int) returns int language plpgsql as
  'begin if $1 = 2 then raise exception ''two is too many''; end if; return $1; end';
"""

ANSWERS: dict[str, tuple[str, int]] = {
    "alter table t add check (a > 0 and b > 1)": ("violated", 1),
    "alter table t add check (t.a is not null)": ("violated", 1),
    "alter table t add check (t.* is not null)": ("violated", 3),
    "alter table t add check (positive(a))": ("violated", 2),
    "alter table only base add check (x is not null) no inherit": ("holds", 0),
    "alter table base alter x set not null": ("violated", 1),
    "alter table only base add constraint u unique (x)": ("holds", 0),
    "alter table base add constraint u unique (x)": ("holds", 0),
    "alter table heap add unique (a, b)": ("violated", 1),
    "alter table heap add unique nulls not distinct (a, b)": ("violated", 2),
    "create unique index on heap (a) where b is not null": ("violated", 1),
    "create unique index on heap ((a + coalesce(b, 0))) where a > 1": ("violated", 1),
    'create unique index on t (s collate "C", (a + b))': ("holds", 0),
    "create unique index on summary (n)": ("violated", 1),
    "create unique index if not exists t_pkey on t (a)": ("holds", 0),
    "create unique index on parts (k, v)": ("holds", 0),
    "alter table t add column if not exists a int not null": ("holds", 0),
    "alter table t add column z int not null": ("violated", 4),
    "alter table t add z int default 1 unique": ("violated", 1),
    "alter table t add z uuid default gen_random_uuid() unique": ("holds", 0),
    "alter table t add z int default 1 check (z > 1)": ("violated", 4),
    "alter table t add z int generated always as (10 / (a - 1)) stored": ("violated", 2),
    "alter table t add z int default 7 references t": ("violated", 4),
    "alter table t add foreign key (a, b) references parent": ("violated", 1),
    "alter table t add foreign key (a, b) references parent match full": ("violated", 2),
    "alter table t add foreign key (b, a) references parent (b, a)": ("violated", 1),
    "alter table t add foreign key (a) references auth.users": ("not-asked", 0),
    "alter table t add uid uuid default gen_random_uuid() references auth.users (id)": ("violated", 4),
    "alter table t add foreign key (id) references t (id)": ("holds", 0),
    "alter table t rename id to key; alter table t add foreign key (a) references t (key)": ("holds", 0),
    "alter table t add exclude using gist (during with &&)": ("violated", 1),
    "alter table t add exclude using gist (during with operator(pg_catalog.&&)) where (id > 1)": ("holds", 0),
    "alter table t add exclude (a with =)": ("violated", 1),
    "alter table t alter s type jsonb using s::jsonb": ("violated", 1),
    "alter table t alter s type varchar(4)": ("violated", 1),
    "alter table t alter s type char(3) using left(s, 3)": ("holds", 0),
    "alter table t alter bits type bit(2)": ("violated", 2),
    "alter table t alter a type smallint": ("holds", 0),
    "alter table t alter a type int using strict_one(a)": ("violated", 1),
    "alter table t alter a type numeric(1, 1)": ("violated", 3),
    "alter table t alter s type no_such_type using s::no_such_type": ("not-asked", 0),
    "alter table base alter x type text using (10 / x)::text": ("holds", 0),
    "alter table parts alter v type int using v::int": ("violated", 3),
    "alter table moods alter mood type mood using mood::mood": ("violated", 2),
    "alter type mood add value 'angry'; alter table moods alter mood type mood using mood::mood": ("violated", 1),
    "create type tune as enum ('glad'); alter table moods alter mood type tune using mood::tune": ("violated", 2),
    "create type tune as enum (); alter table moods alter mood type tune using lower(mood)::tune": ("violated", 3),
    "alter table parts attach partition loose for values in (3)": ("violated", 2),
    "create table r (k int, v text) partition by list (k); "
    "alter table r attach partition loose for values in (3, null)": ("violated", 1),
    "alter table parts attach partition loose default": ("violated", 2),
    "alter table hashed attach partition loose_hash for values with (modulus 2, remainder 1)": ("violated", 52),
    "alter table ranges attach partition loose_range for values from (1, 1) to (2, 0)": ("violated", 3),
    "alter table ranges attach partition loose_range for values from (minvalue, minvalue) "
    "to (2, maxvalue)": ("violated", 2),
    "alter table ranges attach partition loose_range for values from (1, maxvalue) "
    "to (maxvalue, maxvalue)": ("violated", 3),
    "create table r (a int, b int) partition by range (b); "
    "alter table r attach partition loose_range for values from (0) to (9)": ("violated", 1),
    "create table r (a int, b int) partition by list ((a % 2)); "
    "alter table r attach partition loose_range for values in (1)": ("violated", 2),
    "create table r (a int) partition by hash (a); "
    "alter table r attach partition loose_range for values with (modulus 2, remainder 0)": ("not-asked", 0),
    "create table parts_3 partition of parts for values in (3)": ("holds", 0),
    "alter table shown alter a set not null": ("not-asked", 0),
    "alter table gone alter a set not null": ("not-asked", 0),
    "alter table if exists gone alter a set not null": ("holds", 0),
    "create table if not exists gone (a int); alter table gone alter a set not null": ("holds", 0),
    "create table if not exists t (a int); alter table t alter a set not null": ("violated", 1),
    "alter table t validate constraint gone": ("not-asked", 0),
    "update t set a = 0 where a is null; alter table t alter a set not null": ("holds", 0),
    "update t set a = 0 where a is null and id = 9; alter table t alter a set not null": ("repaired-maybe", 1),
    "update t as x set a = 5 from heap; alter table t alter a set not null": ("repaired-maybe", 1),
    "delete from t where a is null; alter table t alter a set not null": ("holds", 0),
    "delete from t; alter table t add column z int not null": ("holds", 0),
    "truncate t; alter table t add column z int not null": ("holds", 0),
    "update t x set b = x.a where x.b is null; alter table t add check (b = 1 or a = 2)": ("holds", 0),
    "alter table t add z int; update t set z = id; alter table t alter z set not null"
    ", add check (z < 9)": ("holds", 0),
}  # fmt: skip


# Not null, check, unique, foreign key, exclusion, and values that another type does not take.
DATA_ERRORS = {"23502", "23514", "23505", "23503", "23P01", "22P02", "22001", "22003", "22026", "22012", "P0001"}


@pytest.mark.parametrize("text", ANSWERS)
def test_every_form_of_a_demand_is_answered_as_the_server_does(text: str, project: Project) -> None:
    project.run(TABLES)

    preflight = project.ask(text)

    worst = next(iter(preflight.worth_telling), preflight.answers[0])
    assert told(worst) == ANSWERS[text], [(each.sentence, each.sample) for each in preflight.answers]
    if worst.status in ("violated", "holds") and "add value" not in text:
        assert (server_says(project, text) in DATA_ERRORS) == (worst.status == "violated")


def server_says(project: Project, text: str) -> str:
    try:
        project.run(f"begin; {text}; rollback;")
    except SqlError as error:
        return error.sqlstate
    return ""


def test_a_question_that_cannot_be_asked_hides_no_other(project: Project) -> None:
    project.run(TABLES)
    preflight = project.ask(
        "alter table gone alter a set not null;",
        "alter table t alter no_such set not null;",
        "alter table t add check (writes(a));",
        "alter table t add check (no_such(a));",
        "alter table t add check (pg_advisory_lock(a) is null);",
        "create function later(int) returns bool language sql as 'select true';alter table t add check (later(a));",
        "alter table t alter a set not null;",
    )
    reasons = [(each.status, each.reason) for each in preflight.answers]
    assert [status for status, _ in reasons] == ["not-asked"] * 6 + ["violated"]
    for (_, reason), says in zip(
        reasons,
        [
            "there is no gone",
            'column "no_such" does not exist',
            "it calls something that writes (cannot execute INSERT in a read-only transaction)",
            "function no_such(integer) does not exist",
            "it calls pg_advisory_lock(bigint)",
            "it calls later, which m/6_x.sql:1:1 makes",
        ],
        strict=False,
    ):
        assert says in reason
    assert len(project.sent) == 2
    assert project.database.run("select count(*)::int as n from heap") == [{"n": 5}]


def test_row_security_that_hides_rows_is_said(project: Project) -> None:
    project.superuser.run(
        "create table hidden (a int); insert into hidden values (null);"
        "alter table hidden enable row level security;"
        "create role peeping login; grant select on hidden to peeping; create table secret (a int)"
    )
    try:
        project.database = type(project.database)(project.database.conninfo.replace("postgres'", "peeping'", 1))
        texts = "alter table hidden alter a set not null", "alter table secret alter a set not null"
        hidden, secret = project.ask(*texts).answers
    finally:
        project.superuser.run("drop table hidden; drop table secret; drop role peeping")
    assert (hidden.status, "row-level security" in hidden.reason) == ("not-asked", True)
    assert (secret.status, secret.reason) == ("not-asked", "permission denied for table secret")


@pytest.fixture
def large(project: Project) -> Project:
    project.superuser.run(
        "create table large (id int, note text);"
        "insert into large select i, i::text from generate_series(1, 2000000) i;"
        "update large set note = 'x' where id = 1999999; alter table large owner to postgres; analyze large;"
        "create function slow(int) returns boolean language plpgsql immutable as"
        " 'begin perform pg_catalog.pg_sleep(0.01); return true; end'"
    )
    return project


def test_a_slow_question_ends_with_its_time_and_the_next_is_answered(large: Project) -> None:
    began = time.monotonic()
    preflight = large.ask(
        "alter table large add check (slow(id)), alter note set not null, add check (id <> 7);", limit_seconds=1.5
    )
    assert time.monotonic() - began < 6
    slow, *rest = sorted(preflight.answers, key=lambda each: "slow" not in each.sentence)
    assert (slow.status, slow.reason) == ("not-asked", "no answer within the time limit")
    assert sorted(map(told, rest)) == [("holds", 0), ("violated", 1)]


def test_what_was_found_before_the_time_was_over_counts(large: Project) -> None:
    answer = one(large, "alter table large add check (slow(id) and id < 0)", limit_seconds=0.7)
    assert (answer.status, answer.count, answer.at_least) == ("violated", 3, True)
    assert "holds at least 3 rows that violate" in answer.sentence


def test_all_questions_share_one_time(large: Project) -> None:
    texts = [f"alter table large add check (slow(id) or id = {number});" for number in range(9)]
    began = time.monotonic()
    preflight = ask_data(large, questions_of(ready(*texts)), patience=4.0, limit_seconds=1.0)
    assert time.monotonic() - began < 4
    assert {each.reason for each in preflight.answers} == {
        "no answer within the time limit",
        "the time for questions was over",
    }


def test_one_bad_value_in_two_million_is_found_in_time(large: Project) -> None:
    answer = one(large, "alter table large alter note type int using note::int", limit_seconds=10)
    assert told(answer) == ("violated", 1)
    assert answer.sample[0]["note"] == "x"
    assert one(large, "alter table large add unique (id)", limit_seconds=10).status == "holds"
    more = one(large, "alter table large add check (id < 0)", limit_seconds=10)
    assert (more.count, more.at_least) == (1_000_000, True)


def test_sizes_are_asked_in_the_same_request(large: Project) -> None:
    large.run(TABLES)
    large.sent.clear()
    tables = [(None, "large"), ("public", "parts"), (None, "gone"), ("public", "heap")]
    sizes = ask_data(large, (), tables, patience=20.0).sizes
    rows, size = sizes[None, "large"]
    assert rows is not None
    assert 1_900_000 < rows < 2_100_000
    assert size > 50_000_000
    assert sizes["public", "parts"][1] > 0
    assert sizes["public", "heap"][0] is None
    assert (None, "gone") not in sizes
    assert len(large.sent) == 1


HOSTILE = "a\"b'; drop table t; --\\{x}@y@ $sbapply$ %s %I\n\x1b[31m\u202e"


def test_hostile_names_and_values_stay_what_they_are(project: Project) -> None:
    from sbapply.quoting import quote_identifier, quote_literal

    name, value = quote_identifier(HOSTILE[:50]), quote_literal(HOSTILE)
    project.run(
        f"create schema {name}; create table {name}.{name} ({name} text primary key, x text);"
        f"insert into {name}.{name} values ({value}, {value}), ({quote_literal(HOSTILE * 3)}, {value})"
    )
    preflight = project.ask(
        f"set search_path = {name}; alter table {name} add constraint {name} check ({name} <> {value});",
        f"create unique index {name} on {name}.{name} (x);",
        f"alter table {name}.{name} add foreign key (x) references {name}.{name} ({name});",
        f"alter table {name}.{name} alter {name} type int using {name}::int;",
        f"alter table {name}.{name} rename {name} to x_{'y' * 40};"
        f"alter table {name}.{name} add column {name} int not null;",
    )
    assert [told(each) for each in preflight.answers] == [
        ("violated", 1),
        ("violated", 1),
        ("holds", 0),
        ("violated", 2),
        ("violated", 2),
    ]
    assert preflight.answers[0].sample == ({HOSTILE[:50]: HOSTILE if len(HOSTILE) <= 60 else f"{HOSTILE[:60]}…"},)
    assert all(len(str(value)) <= 61 for value in preflight.answers[4].sample[1].values())
    lines = list(data_lines(preflight))
    assert "\\x1b[31m" in "".join(lines)
    assert all(line.isprintable() for line in lines)
    assert json.loads(json.dumps(preflight.to_json()))[0]["count"] == 1


def test_operators_and_functions_of_the_file_s_own_path_are_used(project: Project) -> None:
    project.run(
        "create schema app; create table app.t (id int primary key); insert into app.t values (1), (2);"
        "create function app.odd(int) returns boolean language sql immutable as 'select $1 % 2 = 1'"
    )
    assert told(one(project, "set search_path = app; alter table t add check (odd(id));")) == ("violated", 1)
    assert one(project, "alter table app.t add check (odd(id));").status == "not-asked"


def test_more_questions_than_fit_into_one_request_are_asked_in_several(project: Project) -> None:
    project.run(TABLES)
    project.sent.clear()
    texts = [f"alter table t add check (id <> {number});" for number in range(40)]
    preflight = ask_data(project, questions_of(ready(*texts)), patience=20.0, byte_limit=40_000)
    assert [each.status for each in preflight.answers] == ["holds", *["violated"] * 4, *["holds"] * 35]
    assert len(project.sent) > 1


def test_two_hundred_questions_are_quickly_asked(project: Project) -> None:
    project.run(TABLES)
    texts = ["alter table t alter a set not null, add unique (b), add foreign key (a, b) references parent;"] * 70
    began = time.monotonic()
    assert len(project.ask(*texts).violated) == 140
    assert time.monotonic() - began < 12


def test_standing_constraints_are_asked_by_the_catalog(project: Project) -> None:
    project.run(
        TABLES + "alter table t add constraint f foreign key (a, b) references parent match full not valid;"
        "alter table t add constraint c check (b > 1) not valid; alter table t add constraint fine check (b < 9);"
        "create domain d as int; create domain e as d; create table of (id int, v d, w e);"
        "insert into of values (1, -1, -2), (2, 3, 4); alter domain d add constraint k check (value > 0) not valid"
    )
    texts = [f"alter table t validate constraint {name};" for name in ("f", "c", "fine")]
    preflight = project.ask(*texts, "alter domain d validate constraint k;")
    assert [told(each) for each in preflight.answers] == [
        ("violated", 2),
        ("violated", 1),
        ("holds", 0),
        ("violated", 2),
    ]
    backfilled = project.ask("update t set b = 2 where b < 2; alter table t validate constraint c;")
    assert told(backfilled.answers[0]) == ("holds", 0)


def test_constraints_that_only_18_knows_are_asked_there(project: Project) -> None:
    if project.version < 18:
        pytest.skip("NOT NULL … NOT VALID and NOT ENFORCED came with 18")
    project.run(TABLES + "alter table t add constraint n not null a not valid;"
                "alter table t add constraint fk foreign key (a, b) references parent not enforced")  # fmt: skip
    assert told(one(project, "alter table t validate constraint n")) == ("violated", 1)
    assert told(one(project, "alter table t alter constraint fk enforced")) == ("violated", 1)
    text = "alter table t add constraint p primary key (a, during without overlaps)"
    assert [told(each) for each in project.ask(text).answers] == [("violated", 1), ("violated", 1), ("violated", 1)]


def test_a_document_tells_everything_of_an_answer(project: Project) -> None:
    project.run(TABLES)
    preflight = project.ask("alter table t alter a set not null;")
    expected: dict[str, Json] = {
        "status": "violated",
        "kind": "not-null",
        "version": "1",
        "file": "m/1_x.sql",
        "line": 1,
        "column": 1,
        "table": "public.t",
        "sentence": "public.t.a holds 1 null, and m/1_x.sql:1 sets it NOT NULL",
        "count": 1,
        "at_least": False,
        "sample": [{"id": "3"}],
        "repaired_by": [],
        "reason": None,
    }
    assert preflight.to_json() == [expected]
    assert list(data_lines(preflight)) == [
        "Data, would fail: public.t.a holds 1 null, and m/1_x.sql:1 sets it NOT NULL",
        "    id = 3",
    ]
    assert list(data_lines(Preflight())) == []
