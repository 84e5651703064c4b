"""List files that lay hands on the history."""

from tests.reliability.hostile import (
    BASE,
    HISTORY,
    HOSTILE,
    NEXT,
    End,
    Hostile,
    applied,
    heals,
    mark,
    poisons,
    stops,
)

_COLUMNS = "(version text primary key, statements text[], name text)"
_NEXT_TEXT = mark(version=NEXT).strip().removesuffix(";")


def at_commit(name: str, table: str, body: str) -> str:
    """Return a constraint trigger that waits for the commit, when every check of ours is over."""
    return f"""create function app.{name}() returns trigger language plpgsql as $late$
begin
  {body}
  return null;
end
$late$;
create constraint trigger {name} after insert on {table}
deferrable initially deferred for each row execute function app.{name}();
"""


def _on_insert(name: str, body: str, when: str = "before") -> str:
    return f"""create function app.{name}() returns trigger language plpgsql as $row$
begin
  {body}
end
$row$;
create trigger {name} {when} insert on {HISTORY} for each row execute function app.{name}();
"""


_LATE_DELETE = at_commit("forget", "app.marks", f"delete from {HISTORY} where version = '{HOSTILE}';")
_LATER_DELETE = at_commit(
    "forget_later",
    "app.marks",
    f"""set constraints all deferred;
  if new.part < 5 then
    insert into app.echoes default values;
    insert into app.marks (version, part) values ('echo', new.part + 1);
  else
    delete from {HISTORY} where version = '{HOSTILE}';
  end if;""",
)

OWN_ROW: tuple[Hostile, ...] = (
    stops("deletes its own row", f"delete from {HISTORY} where version = '{HOSTILE}';"),
    stops("deletes its own row with dynamic SQL", f"do $$ begin execute 'delete from {HISTORY}'; end $$;"),
    stops("empties the history", f"truncate {HISTORY};"),
    stops("inserts its own version", f"insert into {HISTORY} (version, name) values ('{HOSTILE}', 'mine');"),
    stops(
        "replaces its own row",
        f"delete from {HISTORY} where version = '{HOSTILE}';\n"
        f"insert into {HISTORY} (version, statements) values ('{HOSTILE}', array['select 1']);",
    ),
    stops("changes its own text", f"update {HISTORY} set statements = array['select 1'];"),
    stops("takes its own text away", f"update {HISTORY} set statements = null where version = '{HOSTILE}';"),
    stops("changes its own version", f"update {HISTORY} set version = '{NEXT}9' where version = '{HOSTILE}';"),
    applied("changes its own name", f"update {HISTORY} set name = 'other' where version = '{HOSTILE}';"),
    applied("touches its own row", f"update {HISTORY} set version = version where version = '{HOSTILE}';"),
    applied(
        "deletes its own row and takes that back",
        f"savepoint before;\ndelete from {HISTORY} where version = '{HOSTILE}';\nrollback to before;",
    ),
    Hostile("deletes its own row when it commits", f"{_LATE_DELETE}{mark()}", End.STOPS),
    Hostile(
        "deletes its own row when it commits, by a trigger that defers itself",
        f"{_LATER_DELETE}{mark()}",
        End.VANISHES,
        forged=frozenset({HOSTILE}),
    ),
)

TABLE: tuple[Hostile, ...] = (
    stops("drops the history table", f"drop table {HISTORY};"),
    stops("drops the history schema", "drop schema supabase_migrations cascade;"),
    stops("renames the history table", f"alter table {HISTORY} rename to gone;"),
    stops("renames the history schema", "alter schema supabase_migrations rename to gone;"),
    stops("moves the history table", f"alter table {HISTORY} set schema app;"),
    stops(
        "puts an empty history in its place",
        f"alter table {HISTORY} rename to gone;\ncreate table {HISTORY} {_COLUMNS};",
    ),
    stops(
        "puts a view in its place",
        f"alter table {HISTORY} rename to gone;\ncreate view {HISTORY} as select * from supabase_migrations.gone;",
    ),
    stops("drops the column of its text", f"alter table {HISTORY} drop column statements;"),
    poisons("revokes its privileges", f"revoke all on {HISTORY} from postgres;"),
    applied("revokes the schema's privileges", "revoke all on schema supabase_migrations from postgres;"),
    # As on the platform, role postgres may.
    applied(
        "installs an event trigger",
        "create function app.e() returns event_trigger language plpgsql as $$ begin end $$;\n"
        "create event trigger e on sql_drop execute function app.e();",
    ),
    applied("makes the history unlogged", f"alter table {HISTORY} set unlogged;"),
    applied("adds a column with a default", f"alter table {HISTORY} add column who text not null default 'me';"),
    applied("narrows the version's type", f"alter table {HISTORY} alter column version type varchar(20);"),
    applied("locks the history", f"lock table {HISTORY} in access exclusive mode;"),
    applied(
        "hides the history behind row level security",
        f"alter table {HISTORY} enable row level security, force row level security;\n"
        f"create policy nothing on {HISTORY} using (false) with check (false);",
    ),
    applied(
        "makes the history partitioned",
        f"create table app.copy as table {HISTORY};\ndrop table {HISTORY};\n"
        f"create table {HISTORY} {_COLUMNS} partition by hash (version);\n"
        f"create table app.all_of_it partition of {HISTORY} for values with (modulus 1, remainder 0);\n"
        f"insert into {HISTORY} select version, statements, name from app.copy;",
    ),
    heals("drops the column of the name", f"alter table {HISTORY} drop column name;"),
    poisons(
        "makes the version a number",
        f"alter table {HISTORY} alter column version type bigint using version::bigint;",
    ),
    poisons(
        "adds a column that must be given",
        f"alter table {HISTORY} add column who text not null default 'me';\n"
        f"alter table {HISTORY} alter column who drop default;",
    ),
    poisons("drops the primary key", f"alter table {HISTORY} drop constraint schema_migrations_pkey;"),
    poisons("forbids the next version", f"alter table {HISTORY} add check (version < '{NEXT}');"),
)

OTHER_ROWS: tuple[Hostile, ...] = (
    poisons(
        "inserts the next version with another text",
        f"insert into {HISTORY} (version, statements, name) values ('{NEXT}', array['select 1'], 'next');",
        forged=frozenset({NEXT}),
    ),
    poisons("inserts a version after the next", f"insert into {HISTORY} (version) values ('{NEXT}9');"),
    applied("inserts a version before all", f"insert into {HISTORY} (version) values ('00000000000001');"),
    Hostile(
        "inserts the next version with its very text",
        f"{mark()}insert into {HISTORY} (version, statements, name) "
        f"values ('{NEXT}', array[$forged${_NEXT_TEXT}$forged$], 'next');\n",
        End.POISONS,
        forged=frozenset({NEXT}),
    ),
    poisons(
        "deletes the row before it", f"delete from {HISTORY} where version = '{BASE}';", forged=frozenset({BASE})
    ),
    Hostile(
        "changes the text of the row before it",
        f"update {HISTORY} set statements = array['select 1'] where version = '{BASE}';\n{mark()}",
        End.APPLIED,
        forged=frozenset({BASE}),
    ),
    poisons(
        "lets a child table hold the next version",
        f"create table app.child () inherits ({HISTORY});\ninsert into app.child (version) values ('{NEXT}');",
        forged=frozenset({NEXT}),
    ),
)

TRIGGERS: tuple[Hostile, ...] = (
    poisons("lets a trigger swallow new rows", _on_insert("swallow", "return null;")),
    poisons("lets a trigger refuse new rows", _on_insert("refuse", "raise exception 'no more';")),
    poisons(
        "lets a trigger change new rows", _on_insert("change", "new.statements := array['select 1']; return new;")
    ),
    poisons(
        "lets a trigger rename new rows", _on_insert("rename", "new.version := new.version || '9'; return new;")
    ),
    poisons(
        "lets a trigger delete new rows",
        _on_insert("vanish", f"delete from {HISTORY} where version = new.version; return null;", "after"),
    ),
    poisons(
        "lets a trigger delete new rows when they commit",
        at_commit("vanish_late", HISTORY, f"delete from {HISTORY} where version = new.version;"),
    ),
    applied(
        "lets a trigger write further rows",
        _on_insert(
            "ghost",
            "if new.version not like '0%' then\n"
            f"    insert into {HISTORY} (version) values ('0' || new.version);\n  end if;\n  return null;",
            "after",
        ),
    ),
    poisons("lets a rule swallow new rows", f"create rule swallow as on insert to {HISTORY} do instead nothing;"),
)

CASES = (*OWN_ROW, *TABLE, *OTHER_ROWS, *TRIGGERS)
