"""Functions, procedures and aggregates are read and rebuilt."""

from collections.abc import Callable

import pytest

from sbapply.rehearse.server import Server
from tests.catalog.rebuilding import assert_same, rebuild, side_by_side

OF_THE_PROJECT = {
    "a function": "create function app.f() returns int language sql as 'select 1';",
    "a body with quotes, backslashes and dollars": """
        create function app.f() returns text language sql as 'select ''it''''s \\ $$ $function$ $functionx''';""",
    "a body that ends with a dollar": "create function app.f() returns text language sql as 'select 1 as a$';",
    "a body with empty lines and tabs": "create function app.f() returns int language sql as '\n\n\tselect 1\n\n';",
    "a name with quotes, dots, capitals and newlines": """
        create function app."F.1 ""x"" \n y"("Arg. ""1"" \n" int) returns int language sql as 'select 1';""",
    "named arguments and defaults": """
        create function app.f(a int, b text default 'x''y', c timestamptz default now(), d int[] default '{1,2}')
        returns int language sql as 'select 1';""",
    "out and inout arguments": """
        create function app.f(in a int, out b int, inout c text) language sql as $$ select 1, 'x' $$;""",
    "one argument out": "create function app.f(out b int) language sql as 'select 1';",
    "variadic arguments": """
        create function app.f(a int, variadic b text[] default '{}') returns int language sql as 'select 1';""",
    "a table returned": """
        create function app.f(a int) returns table (b int, "C" text) language sql as $$ select 1, 'x' $$;""",
    "a set returned with an estimate": """
        create function app.f() returns setof int language sql rows 7 cost 0.5 as 'select 1';""",
    "a set returned without an estimate": "create function app.f() returns setof int language sql as 'select 1';",
    "records returned": "create function app.f() returns setof record language sql as 'select 1, 2';",
    "nothing returned": "create function app.f() returns void language plpgsql as 'begin end';",
    "polymorphic arguments": """
        create function app.f(a anyelement, b anyarray) returns anyelement language sql as 'select $1';
        create function app.g(a anycompatible, b anycompatiblearray) returns anycompatible language sql
        as 'select $1';""",
    "overloads": """
        create function app.f() returns int language sql as 'select 1';
        create function app.f(a int) returns int language sql as 'select 2';
        create function app.f(a text, b int) returns int language sql as 'select 3';""",
    "immutable, stable and volatile": """
        create function app.f() returns int language sql immutable as 'select 1';
        create function app.g() returns int language sql stable as 'select 1';
        create function app.h() returns int language sql volatile as 'select 1';""",
    "strict and security definer": """
        create function app.f(a int) returns int language sql strict security definer as 'select 1';""",
    "parallel safe, restricted and unsafe": """
        create function app.f() returns int language sql parallel safe as 'select 1';
        create function app.g() returns int language sql parallel restricted as 'select 1';
        create function app.h() returns int language sql parallel unsafe as 'select 1';""",
    "an empty search_path": """
        create function app.f() returns int language sql set search_path = '' as 'select 1';""",
    "a search_path of several names": """
        create function app.f() returns int language sql
        set search_path = "$user", public, "A, b", "q""q" as 'select 1';""",
    "settings in their order": """
        create function app.f() returns int language sql
        set work_mem = '8MB' set datestyle = 'ISO, DMY' set timezone = 'Europe/Berlin'
        set statement_timeout = 0 as 'select 1';""",
    "a setting taken from the session": """
        set lock_timeout = '3s';
        create function app.f() returns int language sql set lock_timeout from current as 'select 1';""",
    "a body that names what is not there": """
        set check_function_bodies = off;
        create function app.f() returns int language sql as 'select a from app.missing';
        create function app.g() returns int language plpgsql as
          'declare r app.missing%rowtype; begin return r.a; end';""",
    "a body that a parser would refuse": """
        set check_function_bodies = off;
        create function app.f() returns int language plpgsql as 'begin nonsense';""",
    "functions that call each other in text": """
        set check_function_bodies = off;
        create function app.a() returns int language sql as 'select app.z()';
        create function app.z() returns int language sql as 'select app.a()';""",
    "a body of SQL": """
        create function app.f(a int) returns int language sql begin atomic select a + 1; select a + 2; end;""",
    "a body of SQL that returns": "create function app.f(a int) returns int language sql return a * 2;",
    "a body of SQL that does nothing": "create function app.f() returns void language sql begin atomic end;",
    "bodies of SQL that need each other in an order that is not their names'": """
        create function app.z() returns int language sql return 1;
        create function app.m() returns int language sql return app.z();
        create function app.a() returns int language sql return app.m();""",
    "a default that calls what comes later by name": """
        create function app.z() returns int language sql as 'select 1';
        create function app.a(b int default app.z() + 1) returns int language sql as 'select 1';""",
    "a body of SQL that reads a table": """
        create table app.t (a int, "B" text);
        create function app.f(x int) returns setof app.t language sql
        begin atomic select * from app.t where a = x order by "B"; end;""",
    "a body of SQL that writes a table": """
        create table app.t (a int, "B" text);
        create function app.f(x int) returns void language sql
        begin atomic
          insert into app.t values (x, 'y');
          update app.t set "B" = 'z' where a = x;
          delete from app.t where a > x;
        end;""",
    "a row of a table as argument and result": """
        create table app.t (a int);
        create function app.f(r app.t) returns app.t language sql as 'select $1';
        create function app.g(r app.t[]) returns setof app.t language plpgsql as 'begin return; end';""",
    "a type taken from a column": """
        create table app.t (a numeric);
        create function app.f(x app.t.a%type) returns app.t.a%type language sql as 'select 1::numeric';""",
    "a computed column": """
        create table app.t (a text, b text);
        create function app.full_name(app.t) returns text stable language sql as $$ select $1.a || $1.b $$;""",
    "a function for triggers": """
        create function app.f() returns trigger language plpgsql as 'begin return new; end';""",
    "a function for event triggers": """
        create function app.f() returns event_trigger language plpgsql as 'begin end';""",
    "a function that goes with an extension": """
        create function app.f() returns int language sql as 'select 1';
        alter function app.f() depends on extension pgcrypto;""",
    "a function that calls an extension's": """
        create function app.f(a uuid default extensions.gen_random_uuid()) returns bytea language sql
        begin atomic select extensions.digest(a::text, 'sha256'); end;""",
    "a function in a schema with a strange name": """
        create schema "S.1 ""x"" y";
        create function "S.1 ""x"" y".f() returns int language sql as 'select 1';
        create function app.g(a int default "S.1 ""x"" y".f()) returns int language sql as 'select 1';""",
    "a function of the project in a schema of the platform": """
        create function extensions.mine() returns int language sql as 'select 1';""",
    "a procedure": "create procedure app.p(a int, inout b text default 'x') language plpgsql as 'begin end';",
    "a procedure with out arguments": "create procedure app.p(in a int, out b int) language sql as 'select 1';",
    "a procedure that commits": """
        create procedure app.p() language plpgsql as 'begin commit; end';""",
    "a procedure with a setting, as its definer": """
        create procedure app.p() language sql security definer set search_path = app, pg_temp as 'select 1';""",
    "a procedure of SQL": """
        create table app.t (a int);
        create procedure app.p(x int) language sql begin atomic insert into app.t values (x); end;""",
    "an aggregate": "create aggregate app.a(int) (sfunc = int4pl, stype = int, initcond = '0');",
    "an aggregate without an initial value": "create aggregate app.a(int) (sfunc = int4larger, stype = int);",
    "an aggregate of everything": "create aggregate app.a(*) (sfunc = int8inc, stype = int8, initcond = '0');",
    "an aggregate of the project's functions": """
        create function app.step(s int[], a int) returns int[] language sql immutable as 'select s || a';
        create function app.finish(s int[]) returns int language sql immutable as 'select cardinality(s)';
        create aggregate app.a("The arg" int) (
          sfunc = app.step, stype = int[], finalfunc = app.finish, finalfunc_modify = shareable,
          initcond = '{}');""",
    "an aggregate that is parallel and combines": """
        create aggregate app.a(int) (sfunc = int4pl, stype = int, combinefunc = int4pl, sspace = 64,
          parallel = safe);""",
    "an aggregate with a sort operator": """
        create aggregate app.a(int) (sfunc = int4larger, stype = int, sortop = operator(pg_catalog.>));""",
    "a moving aggregate": """
        create function app.undo(s int, a int) returns int language sql immutable strict as 'select s - a';
        create function app.finish(s int) returns int language sql immutable as 'select s';
        create aggregate app.a(int) (
          sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc = app.undo, mstype = int, msspace = 8,
          mfinalfunc = app.finish, mfinalfunc_modify = read_write, initcond = '0', minitcond = '5');""",
    "an aggregate over two arguments": """
        create function app.step(s int, a int, b text) returns int language sql as 'select s';
        create aggregate app.a(int, text) (sfunc = app.step, stype = int, initcond = '0');""",
    "a variadic aggregate": """
        create function app.step(s int, variadic a text[]) returns int language sql as 'select s';
        create aggregate app.a(variadic text[]) (sfunc = app.step, stype = int, initcond = '0');""",
    "an aggregate over an ordered set": """
        create function app.step(s int[], a int) returns int[] language sql immutable as 'select s || a';
        create function app.finish(s int[], p float8, a int) returns int language sql immutable as 'select 1';
        create aggregate app.a(float8 order by int) (
          sfunc = app.step, stype = int[], finalfunc = app.finish, finalfunc_extra, initcond = '{}');""",
    "a hypothetical aggregate": """
        create function app.step(s int[], a int) returns int[] language sql immutable as 'select s || a';
        create function app.finish(s int[], a int, b int) returns int language sql immutable as 'select 1';
        create aggregate app.a(int order by int) (
          sfunc = app.step, stype = int[], finalfunc = app.finish, finalfunc_extra, finalfunc_modify = read_only,
          initcond = '{}', hypothetical);""",
    "a body of SQL that groups by a primary key": """
        create table app.t (a int primary key, b text);
        create function app.f() returns setof text language sql
        begin atomic select b from app.t group by a; end;""",
    "a body of SQL that names a constraint": """
        create table app.t (a int constraint once unique);
        create function app.f() returns void language sql
        begin atomic insert into app.t values (1) on conflict on constraint once do nothing; end;""",
    "bodies of SQL that need each other": """
        create function app.a(x int) returns int language sql return 1;
        create function app.z(x int default 2) returns int language sql return app.a(x) + 1;
        create or replace function app.a(x int) returns int language sql return app.z(x) + 1;""",
    "a body of SQL that needs itself": """
        create function app.f(x int) returns int language sql immutable return 1;
        create or replace function app.f(x int) returns int language sql immutable
        return case when x > 0 then app.f(x - 1) else 0 end;""",
    "a body of SQL that reads a view that calls it": """
        create view app.v as select 1 as a;
        create function app.f() returns int language sql begin atomic select a from app.v; end;
        create or replace view app.v as select app.f() as a;""",
    "a default of an argument that needs the function itself": """
        create function app.f(x int) returns int language sql as 'select 1';
        create or replace function app.f(x int default app.f(1)) returns int language sql as 'select 2';""",
    "a body of SQL that reads a table whose column and index need it": """
        create table app.t (a int, b int);
        create function app.f(x int) returns int language sql immutable
        begin atomic select x; end;
        alter table app.t add c int generated always as (app.f(a)) stored;
        create index i on app.t (app.f(b));
        create or replace function app.f(x int) returns int language sql immutable
        begin atomic select count(*)::int from app.t where a = x; end;""",
    "a procedure of SQL that takes a row of the table it writes": """
        create table app.t (a int primary key default 1);
        create procedure app.p(r app.t) language sql begin atomic insert into app.t values (r.a); end;""",
    "a function in a domain's check": """
        create function app.z(text) returns bool language sql immutable as $$ select $1 <> '' $$;
        create domain app.d as text check (app.z(value));
        create function app.a(x app.d default 'x') returns app.d language sql as 'select $1';""",
    "values of an enum as defaults": """
        create type app.mood as enum ('sad', 'it''s');
        create function app.f(x app.mood default 'it''s', y app.mood[] default '{sad}') returns app.mood
        language sql return x;""",
    "an aggregate that a body of SQL needs": """
        create aggregate app.z(int) (sfunc = int4pl, stype = int, initcond = '0');
        create table app.t (a int);
        create function app.f() returns int language sql begin atomic select app.z(a) from app.t; end;""",
}

OF_THE_SUPERUSER = {
    "a leakproof function": "create function app.f() returns int language sql leakproof as 'select 1';",
    "an internal function": """
        create function app.f(int, int) returns int language internal immutable strict as 'int4pl';""",
    "a window function": """
        create function app.f() returns bigint language internal window immutable as 'window_row_number';""",
    "a setting that Postgres does not know": r"""
        create function app.f() returns int language sql set app.my_setting = 'it''s \ so' as 'select 1';""",
    "a function of C": """
        create function app.f(internal) returns void language c as '$libdir/plpgsql', 'plpgsql_validator';
        drop function app.f(internal);
        create function app.f(oid) returns void language c as '$libdir/plpgsql', 'plpgsql_validator';""",
    "a function with a support function": """
        create function app.f(int, int) returns bool language internal immutable strict
        support pg_catalog.generate_series_int4_support as 'int4eq';""",
    "a function with a transform": """
        create transform for int language sql (from sql with function prsd_lextype(internal),
                                               to sql with function int4recv(internal));
        create function app.f(a int) returns int language sql transform for type int as 'select 1';""",
    "an aggregate with a serialised state": """
        create aggregate app.a(int) (
          sfunc = int4_avg_accum, stype = int8[], combinefunc = int4_avg_combine, finalfunc = int8_avg,
          initcond = '{0,0}');
        create aggregate app.b(numeric) (
          sfunc = numeric_avg_accum, stype = internal, sspace = 128, finalfunc = numeric_avg,
          combinefunc = numeric_avg_combine, serialfunc = numeric_avg_serialize,
          deserialfunc = numeric_avg_deserialize, msfunc = numeric_avg_accum, minvfunc = numeric_accum_inv,
          mstype = internal, mfinalfunc = numeric_avg, parallel = safe);""",
    "a hypothetical aggregate of any arguments": """
        create aggregate app.a(variadic "any" order by variadic "any") (
          sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra,
          hypothetical);""",
}


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", OF_THE_PROJECT.values(), ids=OF_THE_PROJECT.keys())
def test_it_is_rebuilt(sql: str, version: int, engine_of: Callable[[int], Server]) -> None:
    assert_same(rebuild(engine_of(version), f"create schema app; {sql}"))


@pytest.mark.parametrize("version", [18, 15], ids=["on 18", "on 15"])
@pytest.mark.parametrize("sql", OF_THE_SUPERUSER.values(), ids=OF_THE_SUPERUSER.keys())
def test_what_a_superuser_made_is_rebuilt_by_one(
    sql: str, version: int, engine_of: Callable[[int], Server]
) -> None:
    made = rebuild(
        engine_of(version), f"create schema app; {sql}", maker="supabase_admin", builder="supabase_admin"
    )
    assert_same(made)


def test_facts_are_the_same_on_15_and_on_18(engine_of: Callable[[int], Server]) -> None:
    sql = side_by_side(f"create schema app; {sql}" for sql in OF_THE_PROJECT.values())
    made = rebuild(engine_of(15), sql, on=engine_of(18))
    assert [(each.identity, each.facts(), each.before, each.after) for each in made.differences] == []
    assert len(list(made.copy.own().of("function"))) > len(OF_THE_PROJECT)
