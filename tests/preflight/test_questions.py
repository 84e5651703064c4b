"""What is asked of the rows, and of which table, by what the pending statements say."""

import pytest

from sbapply.preflight.question import Question
from sbapply.preflight.questions import questions_of
from tests.preflight.conftest import ready


def put(*texts: str) -> tuple[Question, ...]:
    return questions_of(ready(*texts))


def kinds(*texts: str) -> list[str]:
    return [f"{each.kind} {each.table}" for each in put(*texts)]


def rows_of(question: Question) -> dict[str, object]:
    sources = question.asked["sources"]
    assert isinstance(sources, dict)
    rows = sources["rows"]
    assert isinstance(rows, dict)
    return dict(rows)


def repairs(*texts: str) -> list[str]:
    (question,) = put(*texts)
    return [str(each) for each in question.repairs]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "select 1; create table t (id int primary key, x int not null unique check (x > 0));",
        "create table t (id int); alter table t add primary key (id); create unique index on t (id);",
        "create table app.t (id int); alter table app.t alter id set not null;",
        "create table t (id int); alter table t rename to u; alter table u alter id set not null;",
        "create table t as select 1 as id; alter table t alter id set not null;",
        "drop table t; create table t (id int); alter table t add unique (id);",
        "drop schema a cascade; create schema a; create table a.t (id int); alter table a.t add unique (id);",
        "alter table t add check (x > 0) not valid, add foreign key (y) references u not valid;",
        "alter table t add check (x > 0) not enforced;",
        "alter table t add not null x not valid;",
        "alter table t add column x int, add column y int default 1, alter column z drop not null;",
        "alter table t add column x bigserial primary key, add column y int generated always as identity unique;",
        "alter table t add column x int not null default nextval('s');",
        "alter table t add column x int unique references u, add column y int check (y > 0) not enforced;",
        "alter table t add column x int references u; alter table t drop column y;",
        "alter table t drop column x; alter table t drop column if exists y, add column y int;",
        "create index on t (x); create view v as select 1; alter view v rename to w;",
        "create domain d as int; alter domain d add check (value > 0);",
        "alter domain d add check (value > 0) not valid; alter domain d drop not null;",
        "alter foreign table t alter x set not null;",
        "alter table t alter x type text, alter y set data type pg_catalog.text;",
        "create table p (id int) partition by range (id); create table p1 partition of p default;",
    ],
)
def test_what_no_row_can_defeat_is_not_asked(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("alter table t alter x set not null", ["not-null t"]),
        ("alter table app.t add column x int not null", ["not-null app.t"]),
        (
            "alter table t add column x int default 0 not null check (x > 0) unique",
            ["not-null t", "check t", "unique t"],
        ),
        ("alter table t add column x int default 1 references u", ["foreign-key t"]),
        ("alter table t add x int generated always as (1 / y) stored", ["type t"]),
        ("alter table t add primary key (a, b)", ["not-null t", "not-null t", "unique t"]),
        ("alter table t add unique using index i", []),
        ("alter table t add primary key using index i", ["not-null t"]),
        (
            "create unique index i on t (a, b); alter table t add primary key using index i",
            ["unique t", *["not-null t"] * 2],
        ),
        ("create unique index concurrently on t (lower(x))", ["unique t"]),
        ("alter table t add exclude using gist (x with &&)", ["exclude t"]),
        ("alter table t add primary key (id, during without overlaps)", ["not-null t", "not-null t", "exclude t"]),
        ("alter table t add foreign key (x) references u", ["foreign-key t"]),
        ("alter table t add constraint n not null x", ["not-null t"]),
        (
            "alter table t add constraint c check (x > 0) not valid; alter table t validate constraint c",
            ["check t"],
        ),
        ("alter table t validate constraint c", ["standing t"]),
        ("alter table t alter constraint c enforced", ["standing t"]),
        ("alter table t alter constraint c deferrable", []),
        ("alter table t alter x type int using x::int", ["type t"]),
        ("alter domain d set not null; alter domain d add check (value > 0)", ["domain d", "domain d"]),
        ("alter domain d validate constraint c", ["domain d"]),
        ("alter table p attach partition t for values in (1)", ["partition t", "default-partition p"]),
        ("alter table p attach partition t default", ["partition t"]),
        ("create table p1 partition of p for values in (1)", ["default-partition p"]),
        ("create table if not exists t (id int); alter table t alter id set not null", ["not-null t"]),
    ],
)
def test_each_demand_is_a_question(text: str, asked: list[str]) -> None:
    assert kinds(text) == asked


def test_a_question_knows_its_statement() -> None:
    (question,) = put("", "-- é\nselect 1;\n  alter table t\n  alter x set not null;")
    assert (str(question.place), question.version) == ("m/2_x.sql:3:3", "2")
    assert question.place.excerpt == "  alter table t"


def test_a_renamed_table_is_asked_under_its_name_of_today() -> None:
    (question,) = put(
        "alter table app.t rename to u; alter table app.u set schema core; alter schema core rename to kern;",
        "alter table kern.u rename column x to y;",
        "alter table kern.u alter y set not null;",
    )
    rows = rows_of(question)
    assert (rows["schema"], rows["name"], rows["alias"]) == ("app", "t", "u")
    assert rows["steps"] == [{"do": "rename", "from": "x", "to": "y"}]


def test_a_table_in_a_renamed_schema_is_asked_in_the_schema_of_today() -> None:
    (question,) = put("alter schema app rename to core; alter table core.t alter x set not null;")
    assert rows_of(question)["schema"] == "app"


def test_names_are_looked_up_by_the_files_own_search_path_and_each_file_begins_anew() -> None:
    texts = (
        "set search_path to app, public; alter table t alter x set not null;",
        "alter table t alter x set not null;",
    )
    paths = [rows_of(each)["path"] for each in put(*texts)]
    assert paths == ['"app", "public"', None]
    (question,) = put(
        "select pg_catalog.set_config('search_path', '', false); alter table app.t alter x set not null;"
    )
    assert (question.asked["path"], rows_of(question)["schema"]) == ("", "app")


def test_steps_that_have_no_part_in_a_question_are_left_out_of_it() -> None:
    (question,) = put(
        "alter table t add column a int default f(), add column b int, drop column c;"
        "update t set b = d where e; alter table t alter b set not null;"
    )
    steps = rows_of(question)["steps"]
    assert isinstance(steps, list)
    assert [(step["do"], step.get("column")) for step in steps] == [("add", "b"), ("set", None)]


@pytest.mark.parametrize(
    "text",
    [
        "update t set x = 1;",
        "update public.t set x = 1 from u;",
        "insert into t values (1);",
        "merge into t using u on true when matched then delete;",
        "with w as (delete from t returning *) select * from w;",
        "truncate t;",
        "delete from elsewhere;",
        "do $$ begin update t set x = 1; end $$;",
        "do language plpython3u 'x';",
        "call fix();",
        "select fix();",
        "select app.fix(id) from u;",
    ],
)
def test_what_may_repair_the_rows_is_named(text: str) -> None:
    assert repairs(f"{text}\nalter table t alter x set not null;") == ["m/1_x.sql:1:1"]
    assert repairs(text, "alter table t alter x set not null;") == ["m/1_x.sql:1:1"]
    assert repairs(f"alter table t alter x set not null;\n{text}") == []


@pytest.mark.parametrize(
    "text",
    [
        "update u set x = 1;",
        "insert into u values (1);",
        "do $$ begin create type a as enum (); exception when duplicate_object then null; end $$;",
        "select pg_catalog.set_config('search_path', '', false);",
        "select setval('s', 1), now();",
        "create function f() returns int language sql as 'update t set x = 1 returning 1';",
        "comment on table t is 'update t set x = 1';",
        "create table v as select count(*) from t;",
    ],
)
def test_what_cannot_repair_the_rows_is_not(text: str) -> None:
    assert repairs(f"{text}\nalter table t alter x set not null;") == []


def test_rows_for_the_table_that_a_foreign_key_refers_to_may_repair_it() -> None:
    (question,) = put("create table u (id int primary key); insert into u select x from t;"
                      "alter table t add foreign key (x) references u;")  # fmt: skip
    assert [each.column for each in question.repairs] == [38]


def test_an_insert_of_many_rows_is_read_by_its_table_alone() -> None:
    rows = ", ".join(f"({number})" for number in range(2000))
    assert repairs(f'insert into public . "t" values {rows};\nalter table t alter x set not null;') == [
        "m/1_x.sql:1:1"
    ]


@pytest.mark.parametrize(
    ("before", "demand", "why"),
    [
        (
            "create or replace function f(int) returns bool language sql as 'select true';",
            "add check (f(x))",
            "it calls f",
        ),
        ("create type e as enum ('a');", "add check (x::e is not null)", "it names the type e"),
        ("create domain d as int check (value > 0);", "alter x type d using x::d", "it names the type d"),
        ("", "add foreign key (a, period b) references u (a, period b)", "over periods"),
    ],
)
def test_what_calls_for_something_that_the_push_makes_cannot_be_asked(before: str, demand: str, why: str) -> None:
    (question,) = put(f"{before}\nalter table t {demand};")
    assert why in question.unaskable


def test_a_half_applied_file_is_asked_from_where_it_goes_on() -> None:
    from dataclasses import replace

    from sbapply.migrations.unit import Unit

    text = "set search_path = app;\nalter table t alter x set not null;\nalter table t alter y set not null;"
    (whole,) = ready(text)
    start = text.index("alter table t alter y")
    rest = replace(whole, units=(Unit(start, len(text), len(text), 2, 3),))
    (question,) = questions_of([rest])
    assert (question.place.line, question.asked["path"]) == (3, '"app"')
