"""Hold thirty migrations in which two splitters could disagree."""

_PLAIN = {
    "statement": "create table public.plain (id int primary key, note text);",
    "several": "create table public.one (id int);\ncreate table public.two (id int);\n"
    "insert into public.one values (1);\n",
    "empty": "",
    "blank": "\n \n\t\n",
    "comment": "-- Nothing to do here.\n",
    "no_semicolon": "create table public.open_end (id int)",
    "trailing_comment": "create table public.commented (id int);\n-- the end",
    "trailing_block": "create table public.blocked (id int);\n/* the end; */\n",
    "nested_comment": "/* one; /* two; */ three; */ create table public.nested (id int); -- four;\nselect 1;\n",
    "comment_between": "insert into public.two\n  -- one; or two\n  values (1), (2);\n\n-- next\nselect 2;\n",
    "comment_before_semicolon": "insert into public.two values (3) -- three\n;\n"
    "insert into public.two values (4);\n",
    "crlf": "create table public.crlf (\r\n  id int\r\n);\r\n"
    "-- a comment\r\ninsert into public.crlf values (1);\r\n",
    "byte_order_mark": "\ufeffcreate table public.marked (id int);\n",
    "unicode": 'create table public."Größe" ("Maß" text default \'ß; ☃ 🐘\');\n'
    "comment on table public.\"Größe\" is '日本語;';\n",
    "quotes": "insert into public.plain values (1, 'it''s; so'), (2, E'a\\';b'), (3, U&'\\0441;');\n",
    "quoted_names": 'create table public."a;b" ("c;""d" int);\nselect "c;""d" from public."a;b";\n',
    "dollar_body": "create function public.f() returns int language plpgsql as $$ begin -- ;\n return 1; end $$;\n",
    "tagged_body": "create function public.g() returns text language sql as $g$ select $$;$$ || '$'; $g$;\n"
    "select public.g();\n",
    "atomic_body": "create function public.h() returns int begin atomic select 1; select 2; end;\n"
    "select public.h();\n",
    "old_body": "create function public.i() returns int language sql as 'select 1; select 2';\n",
    "anonymous_block": "do $do$ begin perform 1; if false then raise 'x;'; end if; end $do$;\n",
    "own_transaction": "begin;\ncreate table public.wrapped (id int);\ncommit;\n",
    "own_isolation": "-- first\n"
    "BEGIN ISOLATION LEVEL SERIALIZABLE;\ncreate table public.strict (id int);\nCOMMIT;\n",
    "many_semicolons": ";;create table public.semi (id int);;;\n;\n",
    "policy": "alter table public.plain enable row level security;\n"
    "create policy own on public.plain using (note = ';');\n",
    "view": "create view public.seen as\n"
    "select id, case when id > 1 then ';' else 'b' end as c from public.plain;\n",
    "trigger": "create function public.t() returns trigger language plpgsql as $$ begin return new; end; $$;\n"
    "create trigger t before insert on public.plain for each row execute function public.t();\n",
    "form_feed": "create table public.paged (id int);\f\n\v create table public.paged_too (id int);\n",
    "setting": "set search_path = public;\ncreate table found (id int);\nreset search_path;\n",
    "wide": "insert into public.plain (id, note) values\n"
    + ",\n".join(f"  ({n}, 'row {n};')" for n in range(10, 400))
    + ";\n",
}

MIGRATIONS = {f"{20260101000000 + 100 * number}": pair for number, pair in enumerate(_PLAIN.items(), start=1)}
"""By version, the name and the text of each."""
