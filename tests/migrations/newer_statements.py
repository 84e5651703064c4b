"""Statements that older versions of PostgreSQL refuse, and what else they need to run."""

from dataclasses import dataclass

# Made once in a database; every statement runs after it.
PREPARATION = """
create table t (a int primary key, b text, d timestamptz, j jsonb, g int generated always as (1) stored);
create table s (a int, b text);
create function f() returns event_trigger language plpgsql as 'begin end';
create domain small as int;
create statistics st on a, b from t;
do $$ begin create role newer_one; create role newer_two; exception when duplicate_object then end $$;
create foreign data wrapper w;
create server elsewhere foreign data wrapper w;
create function are_alike(int, int) returns boolean language sql as 'select $1 = $2';
create operator === (leftarg = int, rightarg = int, function = are_alike);
"""


@dataclass(frozen=True)
class Sample:
    """Hold a statement, what of it is newer, and since which version. ``alone``: it runs in no transaction.

    ``unbuilt``: the embedded server is built without the library that it takes.
    """

    sql: str
    what: str
    since: int
    alone: bool = False
    unbuilt: bool = False


SAMPLES = (
    # PostgreSQL 16
    Sample("select json_object('a': 1)", "JSON_OBJECT() of SQL/JSON", 16),
    Sample("select json_array(1, 2)", "JSON_ARRAY()", 16),
    Sample("select json_array(select 1)", "JSON_ARRAY()", 16),
    Sample("select json_objectagg(b: a) from t", "JSON_OBJECTAGG()", 16),
    Sample("select json_arrayagg(a order by a) from t", "JSON_ARRAYAGG()", 16),
    Sample("select b is json from t", "IS JSON", 16),
    Sample("select '1' is not json object", "IS JSON", 16),
    Sample("alter table t add check (b is json)", "IS JSON", 16),
    Sample("select * from (select 1)", "a sub-select in FROM without an alias", 16),
    Sample("select * from t, (values (1))", "a sub-select in FROM without an alias", 16),
    Sample("select * from t join lateral (select t.a) on true", "a sub-select in FROM without an alias", 16),
    Sample("select 0x1F", "the number 0x1F", 16),
    Sample("select 0b101 + 0o17", "the number 0b101", 16),
    Sample("select 1_000 + 1", "the number 1_000", 16),
    Sample("create sequence q start 1_000", "the number 1_000", 16),
    Sample("create table made (a text storage external)", "STORAGE of a column that is made", 16),
    Sample("alter table t add x text storage main", "STORAGE of a column that is made", 16),
    Sample("alter table t alter b set storage default", "SET STORAGE DEFAULT", 16),
    Sample("grant newer_one to newer_two with inherit true", "GRANT of a role with INHERIT", 16),
    Sample("grant newer_one to newer_two with set false", "GRANT of a role with SET", 16),
    Sample("grant newer_one to newer_two with admin true", "GRANT of a role WITH ADMIN TRUE or FALSE", 16),
    Sample("revoke inherit option for newer_one from newer_two", "REVOKE of a role with INHERIT", 16),
    Sample("revoke set option for newer_one from newer_two", "REVOKE of a role with SET", 16),
    Sample("grant pg_create_subscription to newer_one", "the role pg_create_subscription", 16),
    Sample("create statistics on a, b from t", "CREATE STATISTICS without a name", 16),
    Sample("reindex database", "REINDEX DATABASE or SYSTEM without a name", 16, alone=True),
    Sample("vacuum (process_main false) t", "VACUUM with process_main", 16, alone=True),
    Sample("analyze (buffer_usage_limit '1MB') t", "VACUUM with buffer_usage_limit", 16),
    Sample("explain (generic_plan) select * from t where a = $1", "EXPLAIN with generic_plan", 16),
    Sample("copy s from program 'true' (default 'x')", "COPY with default", 16),
    Sample("select xmlserialize(content '<a/>' as text indent)", "XMLSERIALIZE … INDENT", 16, unbuilt=True),
    Sample("select system_user", "SYSTEM_USER", 16),
    Sample("select any_value(a) from t", "any_value()", 16),
    Sample("select pg_catalog.array_shuffle(array[1])", "array_shuffle()", 16),
    Sample("select random_normal(0, 1)", "random_normal()", 16),
    Sample("select date_add(now(), '1 day')", "date_add()", 16),
    Sample("select pg_input_is_valid('1', 'int')", "pg_input_is_valid()", 16),
    Sample("select * from generate_series(now(), now(), '1 day', 'UTC')", "generate_series() with 4 arguments", 16),
    Sample("select * from pg_stat_io", "the view pg_catalog.pg_stat_io", 16),
    Sample("set scram_iterations = 4096", "the setting scram_iterations", 16),
    Sample("select set_config('scram_iterations', '4096', true)", "the setting scram_iterations", 16),
    Sample("alter role newer_one set createrole_self_grant = 'set'", "the setting createrole_self_grant", 16),
    Sample(
        "create subscription sub connection '' publication p with (connect = false, origin = none)",
        "CREATE SUBSCRIPTION with origin",
        16,
    ),
    Sample(
        "create collation made (provider = icu, locale = 'und', rules = '&a < g')",
        "COLLATION with rules",
        16,
        unbuilt=True,
    ),
    Sample("create function made() returns int language sql as 'select any_value(a) from t'", "any_value()", 16),
    Sample(
        "create function made() returns int language sql begin atomic select any_value(a) from t; end",
        "any_value()",
        16,
    ),
    Sample(
        "do $$ declare x int; begin select a into x from (select 1 as a); end $$",
        "a sub-select in FROM without an alias",
        16,
    ),
    Sample("do $$ declare x int; begin x := 0x1f; end $$", "the number 0x1f", 16),
    Sample(
        "do $$ declare x oid; begin get diagnostics x = pg_routine_oid; end $$",
        "GET DIAGNOSTICS … PG_ROUTINE_OID",
        16,
    ),
    Sample("do $$ begin if '1' is json then raise notice 'x'; end if; end $$", "IS JSON", 16),
    Sample(
        "create table made (a int, g int generated always as (a) stored) partition by list (a); "
        "create table part partition of made (g generated always as (a * 2) stored) for values in (1)",
        "a generated column of a partition",
        16,
    ),
    # PostgreSQL 17
    Sample("merge into t using s on t.a = s.a when matched then delete returning t.a", "MERGE … RETURNING", 17),
    Sample(
        "merge into t using s on t.a = s.a when not matched by source then delete",
        "MERGE … WHEN NOT MATCHED BY SOURCE",
        17,
    ),
    Sample(
        "merge into t using s on t.a = s.a when not matched by target then do nothing",
        "MERGE … WHEN NOT MATCHED BY TARGET",
        17,
    ),
    Sample(
        "merge into t using s on t.a = s.a when matched then delete returning merge_action()",
        "merge_action()",
        17,
    ),
    Sample(
        "with x as (merge into t using s on t.a = s.a when matched then delete returning t.a) select * from x",
        "MERGE … RETURNING",
        17,
    ),
    Sample("select * from json_table('[1]', '$[*]' columns (a int path '$'))", "JSON_TABLE", 17),
    Sample("select json_exists(j, '$.a') from t", "JSON_EXISTS()", 17),
    Sample("select json_value(j, '$.a') from t", "JSON_VALUE()", 17),
    Sample("select json_query(j, '$.a') from t", "JSON_QUERY()", 17),
    Sample("select json('{}' with unique keys)", "JSON()", 17),
    Sample("select json_scalar(1)", "JSON_SCALAR()", 17),
    Sample("select json_serialize('{}')", "JSON_SERIALIZE()", 17),
    Sample("alter table t alter g set expression as (2)", "ALTER COLUMN … SET EXPRESSION", 17),
    Sample("alter table t set access method default", "SET ACCESS METHOD DEFAULT", 17),
    Sample("alter table t alter a set statistics default", "SET STATISTICS DEFAULT", 17),
    Sample("alter statistics st set statistics default", "SET STATISTICS DEFAULT", 17),
    Sample("grant maintain on t to newer_one", "the privilege MAINTAIN", 17),
    Sample("alter default privileges grant maintain on tables to newer_one", "the privilege MAINTAIN", 17),
    Sample("grant pg_maintain to newer_one", "the role pg_maintain", 17),
    Sample("create event trigger made on login execute function f()", "CREATE EVENT TRIGGER … ON login", 17),
    Sample(
        "create event trigger made on ddl_command_end when tag in ('REINDEX') execute function f()",
        "CREATE EVENT TRIGGER … WHEN TAG IN ('REINDEX')",
        17,
    ),
    Sample("select b collate pg_catalog.pg_c_utf8 from t", "the collation pg_c_utf8", 17),
    Sample("alter operator === (int, int) set (hashes)", "OPERATOR with hashes", 17),
    Sample("copy s from program 'true' (on_error ignore)", "COPY with on_error", 17),
    Sample("copy s from program 'true' (format csv, force_null *)", "COPY with force_null=*", 17),
    Sample(
        "copy (merge into t using s on t.a = s.a when matched then delete returning 1) to program 'cat'",
        "COPY (MERGE …)",
        17,
    ),
    Sample("explain (memory) select 1", "EXPLAIN with memory", 17),
    Sample("explain (analyze, serialize text) select 1", "EXPLAIN with serialize", 17),
    Sample("cluster (verbose)", "CLUSTER (…) without a table", 17, alone=True),
    Sample("create table made (a int) partition by list (a) using heap", "USING for a partitioned table", 17),
    Sample(
        "create table made (a int4range, exclude using gist (a with =)) partition by list (a)",
        "EXCLUDE for a partitioned table",
        17,
    ),
    Sample("alter domain small add not null", "ALTER DOMAIN … ADD … NOT NULL", 17),
    Sample("select d at local from t", "AT LOCAL", 17),
    Sample("select random(1, 6)", "random() with 2 arguments", 17),
    Sample("select to_bin(5), to_oct(8)", "to_bin()", 17),
    Sample("select uuid_extract_version(gen_random_uuid())", "uuid_extract_version()", 17),
    Sample("select xmltext('<')", "xmltext()", 17, unbuilt=True),
    Sample("select * from pg_catalog.pg_wait_events", "the view pg_catalog.pg_wait_events", 17),
    Sample("set transaction_timeout = '1s'", "the setting transaction_timeout", 17),
    Sample(
        "create function made() returns int language sql set transaction_timeout = 0 as 'select 1'",
        "the setting transaction_timeout",
        17,
    ),
    Sample("select b collate pg_c_utf8 from t", "the collation pg_c_utf8", 17),
    Sample("create collation made (provider = builtin, locale = 'C.UTF-8')", "COLLATION with provider=builtin", 17),
    Sample(
        "create database made builtin_locale 'C.UTF-8' locale_provider builtin template template0",
        "DATABASE with builtin_locale",
        17,
        alone=True,
    ),
    Sample("""select jsonb_path_query('"1"', '$.bigint()')""", "the jsonpath method .bigint()", 17),
    Sample("""select '$.a.date()'::jsonpath""", "the jsonpath method .date()", 17),
    Sample("select j @? '$.a.number()' from t", "the jsonpath method .number()", 17),
    Sample("do $$ declare x t.b%type[]; begin end $$", "%TYPE of an array in PL/pgSQL", 17),
    Sample("do $$ declare x int; begin x := random(1, 6); end $$", "random() with 2 arguments", 17),
    Sample(
        "do $$ declare x int; begin "
        "merge into t using s on t.a = s.a when not matched then do nothing returning t.a into x; end $$",
        "MERGE … RETURNING",
        17,
    ),
    Sample(
        "create function made() returns setof int language plpgsql as $$ begin return query "
        "select a from json_table('[1]', '$[*]' columns (a int path '$')); end $$",
        "JSON_TABLE",
        17,
    ),
    # PostgreSQL 18
    Sample("alter table t add v int generated always as (a + 1)", "a virtual generated column", 18),
    Sample("create table made (a int, v int generated always as (a) virtual)", "a virtual generated column", 18),
    Sample("create table made (a int check (a > 0) not enforced)", "NOT ENFORCED", 18),
    Sample("create table made (a int, check (a > 0) not enforced)", "NOT ENFORCED", 18),
    Sample("create table made (a int, check (a > 0) enforced)", "ENFORCED", 18),
    Sample("create table made (a int references t enforced)", "ENFORCED", 18),
    Sample("alter table s add constraint k foreign key (a) references t not enforced", "NOT ENFORCED", 18),
    Sample("create table made (a int, constraint n not null a)", "NOT NULL as a constraint of a table", 18),
    Sample("alter table t add constraint n not null b", "NOT NULL as a constraint of a table", 18),
    Sample("alter table t add not null b not valid", "NOT NULL as a constraint of a table", 18),
    Sample("create table made (a int not null no inherit)", "NOT NULL … NO INHERIT", 18),
    Sample(
        "alter table s add constraint k foreign key (a) references t; "
        "alter table s alter constraint k not enforced",
        "ALTER CONSTRAINT … [NOT] ENFORCED",
        18,
    ),
    Sample(
        "alter table t add constraint n not null b no inherit; alter table t alter constraint n inherit",
        "ALTER CONSTRAINT … [NO] INHERIT",
        18,
    ),
    Sample("create table made (q int4range, r int4range, unique (q, r without overlaps))", "WITHOUT OVERLAPS", 18),
    Sample(
        "create table made (q int4range, r int4range, primary key (q, r without overlaps), s int4range, "
        "foreign key (q, period s) references made (q, period r))",
        "FOREIGN KEY … PERIOD",
        18,
    ),
    Sample("update t set a = 1 returning old.a", "OLD in RETURNING", 18),
    Sample("insert into s values (1) returning new.*", "NEW in RETURNING", 18),
    Sample("delete from t returning with (old as o) o.a", "RETURNING WITH (OLD AS …, NEW AS …)", 18),
    Sample("vacuum only t", "VACUUM ONLY", 18, alone=True),
    Sample("analyze only t", "ANALYZE ONLY", 18),
    Sample(
        "alter default privileges grant select on large objects to newer_one",
        "ALTER DEFAULT PRIVILEGES … ON LARGE OBJECTS",
        18,
    ),
    Sample("create foreign table made (like t) server elsewhere", "LIKE for a foreign table", 18),
    Sample("copy s from program 'true' (on_error ignore, reject_limit 3)", "COPY with reject_limit", 18),
    Sample(
        "create publication made with (publish_generated_columns = stored)",
        "PUBLICATION with publish_generated_columns",
        18,
    ),
    Sample(
        "alter table t set (vacuum_max_eager_freeze_failure_rate = 0.1)",
        "storage with vacuum_max_eager_freeze_failure_rate",
        18,
    ),
    Sample(
        "create table made (a int) with (autovacuum_vacuum_max_threshold = 5)",
        "storage with autovacuum_vacuum_max_threshold",
        18,
    ),
    Sample("select uuidv7()", "uuidv7()", 18),
    Sample("create table made (id uuid default uuidv7())", "uuidv7()", 18),
    Sample("select array_sort(array[2, 1])", "array_sort()", 18),
    Sample("select casefold('Ä')", "casefold()", 18),
    Sample("""select json_strip_nulls('[null]', true)""", "json_strip_nulls() with 2 arguments", 18),
    Sample("select 1::bytea", "the cast from int4 to bytea", 18),
    Sample("""select '\\x01'::bytea::int""", "the cast from bytea to int4", 18),
    Sample("select * from pg_aios", "the view pg_catalog.pg_aios", 18),
    Sample("set enable_self_join_elimination = off", "the setting enable_self_join_elimination", 18),
    Sample("select b collate pg_unicode_fast from t", "the collation pg_unicode_fast", 18),
    Sample("grant pg_signal_autovacuum_worker to newer_one", "the role pg_signal_autovacuum_worker", 18),
    Sample(
        "do $$ declare c cursor (x int) for select x; begin open c (x => 1); end $$",
        "OPEN of a cursor with arguments named by =>",
        18,
    ),
    Sample("do $$ begin perform uuidv7(); end $$", "uuidv7()", 18),
    Sample("do $$ declare x int; begin update t set a = 1 returning old.a into x; end $$", "OLD in RETURNING", 18),
)

# What 15 runs, and what is easily taken for something newer. The server runs them in this order, each alone.
OLD = (
    "select json('{}'), json_object(array['a', 'b']), json_build_object('a', 1), json_object('{a,b}')",
    "select bytea('x'), timezone('UTC', d), d at time zone 'UTC' from t",
    "select random(), generate_series(1, 2), json_strip_nulls('{}')",
    "select * from (select 1) as x, (values (1)) y, lateral (select 1) z",
    "select * from (select 1) /* here */ x",
    "select a from t where a in (select 1) and a = any (array(select 1)) and exists (select 1)",
    "select coalesce(1, (select 2)), (select 1), (select 2)",
    "select 'img_2020_01', 'a 1_000 0x1F', 1.5e3, '0b1'::text, b'101', x'1F' as x1_000",
    'select 1 as enforced, 2 as period, 3 as "json", 4 as target, 5 as source, 6 as conditional',
    "create table enforced (enforced boolean not null, period text, storage text, maintain int, new int, old int)",
    "select enforced, period, storage, maintain from enforced where storage is not null and (enforced)",
    "insert into enforced (enforced, new) values (true, 1) returning new, old",
    "update enforced as new set old = 2 returning new.old",
    "update enforced set old = 2 from (select 1 as a) as old returning old.a",
    (
        "create table columns (a int constraint n not null, b int not null check (b > 0), "
        "c int not null default 3, d int not null generated always as identity, "
        "e int generated always as (a) stored, "
        'f text collate "C" not null, g int not null references t, h int not null unique, i int not null)'
    ),
    "alter table columns add column j int not null default 0, alter a set not null, alter f set storage external",
    "alter table columns add constraint k check (a > 0) not valid, add constraint l check (b > 0) no inherit",
    "alter table columns add constraint m foreign key (a) references t not valid",
    "alter table columns alter constraint m deferrable initially deferred",
    "alter table columns alter a set statistics 100, set (autovacuum_enabled = false)",
    "alter table columns set access method heap",
    "create table parts (a int, g int generated always as (a) stored) partition by list (a)",
    "create table part partition of parts for values in (1) using heap",
    "create statistics named on a, b from columns",
    "merge into s using t on s.a = t.a when matched then delete when not matched then insert values (1)",
    "merge into s using t on s.a = t.a when not matched and t.a > 1 then do nothing",
    "grant newer_one to newer_two with admin option",
    "revoke admin option for newer_one from newer_two",
    "begin; create role newer_three inherit login createrole; rollback",
    "grant select, insert on all tables in schema public to newer_one with grant option",
    "alter default privileges grant select on tables to newer_one",
    "vacuum (analyze, index_cleanup off) t",
    "analyze (verbose) t",
    "cluster verbose",
    "cluster (verbose) t using t_pkey",
    "reindex (verbose) table t",
    "explain (analyze, costs off, timing off, summary off, format json) select 1",
    "copy t (b) from program 'true' (format csv, force_null (b))",
    "create event trigger old_one on ddl_command_end when tag in ('DROP TABLE') execute function f()",
    "drop event trigger old_one",
    "alter domain small set not null",
    "alter domain small add constraint positive check (value > 0)",
    "alter operator === (int, int) set (restrict = none)",
    "create collation old_one (provider = icu, locale = 'und')",
    "create publication old_one for table t with (publish = 'insert')",
    "create foreign table away (a int not null) server elsewhere",
    "set statement_timeout = '1s'",
    "select set_config('work_mem', '4MB', true), current_setting('transaction_timeout', true)",
    "select set_config('transaction.timeout', '', true)",
    "create function uuidv7() returns uuid language sql as 'select gen_random_uuid()'; select uuidv7()",
    "create function public.any_value(int, int) returns int language sql as 'select 1'; select any_value(1, 2)",
    (
        "create function public.array_sort(int[]) returns int[] language sql as 'select $1'; "
        "do $$ begin perform public.array_sort(array[1]), array_sort(array[2]); end $$"
    ),
    "create view pg_aios as select 1 as a; select * from pg_aios",
    (
        "create function change() returns trigger language plpgsql as $$ begin "
        "insert into s values (new.a) returning new.a into new.a; return new; end $$"
    ),
    (
        "create rule note as on delete to s do instead update enforced set new = old.a where new = old.a "
        "returning old.a, old.b"
    ),
    ("do $$ begin if current_setting('server_version_num')::int >= 180000 then perform uuidv7(); end if; end $$"),
    "do $$ begin if false then execute 'select uuid_extract_version(null) from json_table()'; end if; end $$",
    (
        "do $$ declare c cursor (x int) for select x; y t.b%type; z t%rowtype; begin "
        "open c (x := 1); fetch c into y; close c; y := case when true then 1 else 2 end; "
        "for z in select * from t loop exit when z.a > 1; end loop; "
        "get diagnostics y = row_count; insert into s values (1) returning a into y; "
        "if (select true) then raise notice '%, %', y, (select 1); end if; end $$"
    ),
    "comment on table t is 'merge … returning, uuidv7(), not enforced, json_table'",
    "select jsonb_path_query('{}', '$.a.size()'), '{}'::jsonb @? '$.date', jsonb '[1]' @@ '$[*] > 0'",
    "select '1'::int::text::bytea, '\\x01'::bytea::text",
    "select '<a/>'::xml, xmlserialize(content '<a/>' as text)",
    "with merge as (select 1 as returning_old) select * from merge",
    "create table nested (check (((1)) > (0)), a text check (a in ('not enforced', 'x')))",
)
