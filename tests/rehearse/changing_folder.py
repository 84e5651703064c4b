"""Generate a folder of migrations that grows, changes and shrinks."""

import itertools
import random
from collections.abc import Iterator

FIRST = "create type public.state as enum ('s0'); create domain public.size as integer check (value > 0)"
TYPES = ("integer", "text", "public.state", "public.size", "timestamptz default now()", "integer default 7")

# What leaves the names of tables and columns as they are.
STATEMENTS = (
    "create index {new} on public.{table} ({column})",
    "alter table public.{table} add constraint {new} check ({column} is not null or id > 5)",
    "create policy {new} on public.{table} using (exists (select from public.{other} where {others} is not null))",
    "alter table public.{table} alter {column} set not null",
    "alter type public.state add value '{new}'",
    "create view public.{new} with (security_invoker) as select id from public.{table}",
    "create table public.{new} (like public.{table} including all)",
    "alter table public.{table} enable row level security",
    """do $$ begin
      alter table public.{table} alter {column} type text using {column}::text;
    exception when feature_not_supported then null; end $$""",
    """do $$ declare p record; begin
      for p in select polname from pg_policy where polrelid = 'public.{table}'::regclass loop
        execute format('drop policy %I on public.{table}', p.polname);
      end loop;
    end $$""",
    """do $$ declare i record; begin
      for i in select indexrelid::regclass as name from pg_index
        where indrelid = 'public.{table}'::regclass and not indisprimary
      loop
        execute format('drop index %s', i.name);
      end loop;
    end $$""",
)


class ChangingFolder:
    """Know the names that the migrations so far have left; the same seed gives the same folder."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.numbers = itertools.count()
        self.tables: dict[str, list[str]] = {}

    def migrations(self, count: int) -> Iterator[str]:
        """Yield the SQL of the first and of ``count`` more migrations, each of one to four statements."""
        yield FIRST
        for _ in range(count):
            yield ";\n".join(self._statement() for _ in range(self.chance.randint(1, 4)))

    def _statement(self) -> str:
        if len(self.tables) < 3 or self.chance.random() < 0.2:
            return self._create()
        table = self.chance.choice(list(self.tables))
        if self.chance.random() < 0.35:
            changes = (self._rename, self._rename_column, self._add_column, self._drop_column, self._drop)
            return self.chance.choice(changes)(table)
        other = self.chance.choice(list(self.tables))
        return self.chance.choice(STATEMENTS).format(
            table=table,
            column=self.chance.choice(self.tables[table]),
            other=other,
            others=self.chance.choice(self.tables[other]),
            new=self._new(),
        )

    def _new(self) -> str:
        return f"n{next(self.numbers)}"

    def _create(self) -> str:
        name, columns = self._new(), [self._new() for _ in range(3)]
        onto = self.chance.choice([*self.tables, name])
        self.tables[name] = columns
        described = ", ".join(f"{column} {self.chance.choice(TYPES)}" for column in columns)
        reference = f"up bigint references public.{onto} (id)"
        return f"create table public.{name} (id bigint primary key, {described}, {reference})"

    def _rename(self, table: str) -> str:
        new = self._new()
        self.tables[new] = self.tables.pop(table)
        return f"alter table public.{table} rename to {new}"

    def _rename_column(self, table: str) -> str:
        columns, new = self.tables[table], self._new()
        place = self.chance.randrange(len(columns))
        old, columns[place] = columns[place], new
        return f"alter table public.{table} rename {old} to {new}"

    def _add_column(self, table: str) -> str:
        self.tables[table].append(new := self._new())
        return f"alter table public.{table} add {new} {self.chance.choice(TYPES)}"

    def _drop_column(self, table: str) -> str:
        if len(self.tables[table]) == 1:
            return self._add_column(table)
        gone = self.tables[table].pop()
        return f"alter table public.{table} drop {gone} cascade"

    def _drop(self, table: str) -> str:
        del self.tables[table]
        return f"drop table public.{table} cascade"
