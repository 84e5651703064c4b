"""Make a folder of migrations of every kind, each of whose units counts its executions.

Almost nothing in them fails when it is run a second time: what keeps a unit from being run twice is to be sbapply,
not a table that is there already.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_FIRST = 20260201000000


@dataclass(frozen=True, slots=True)
class Mixed:
    """Hold one file: how many marks it leaves in ``app.marks`` when it is applied, each once."""

    version: str
    kind: str
    text: str
    parts: int


def of_kinds(kinds: Sequence[str]) -> tuple[Mixed, ...]:
    """Return a base and one file of each of ``kinds``, in order."""
    return mixed_folder(len(kinds) + 1, kinds)


def mixed_folder(count: int = 40, kinds: Sequence[str] = ()) -> tuple[Mixed, ...]:
    """Return ``count`` files: a base, then ``kinds`` in turn, all of them if none are given."""
    chosen = kinds or ORDER
    files = [Mixed(str(_FIRST), "base", f"{_BASE}{_mark(str(_FIRST))}", 1)]
    for index in range(1, count):
        kind = chosen[(index - 1) % len(chosen)]
        version = str(_FIRST + index)
        text, parts = _KINDS[kind](version, index)
        files.append(Mixed(version, kind, text, parts))
    return tuple(files)


_BASE = """create schema app;
create table app.marks (version text, part int);
grant usage on schema app to public;
grant all on app.marks to public;
create table app.things (id int, code text, amount numeric);
insert into app.things select n, 'code ' || n, n / 7.0 from generate_series(1, 200) as n;
create type app.mood as enum ('fine');
create table app.moods (mood app.mood);
create index things_rebuilt on app.things (id);
"""


def _mark(version: str, part: int = 1) -> str:
    return f"insert into app.marks (version, part) values ('{version}', {part});\n"


def _plain(version: str, index: int) -> tuple[str, int]:
    return f"create table if not exists app.plain_{index} (id int primary key, note text);\n{_mark(version)}", 1


def _data(version: str, index: int) -> tuple[str, int]:
    return f"update app.things set amount = amount * 2 + {index} where id % 7 = 0;\n{_mark(version)}", 1


def _body(version: str, index: int) -> tuple[str, int]:
    text = f"""create or replace function app.body_{index}(n int) returns int language plpgsql as $$
begin
  -- begin; commit; ' "
  return n + {index};
end
$$;
create or replace view app.seen_{index} as select id, app.body_{index}(id) as more from app.things;
select app.body_{index}(1) as answer;
"""
    return f"{text}{_mark(version)}", 1


def _change(version: str, index: int) -> tuple[str, int]:
    text = f"alter table app.things add column if not exists extra_{index} int default {index};\n"
    text += "select pg_sleep(0.02);\n"
    return f"{text}update app.things set amount = amount + {index} where id % 10 = 0;\n{_mark(version)}", 1


def _wrapped(version: str, index: int) -> tuple[str, int]:
    return f"begin;\ncreate table if not exists app.wrapped_{index} (id int);\n{_mark(version)}commit;\n", 1


def _blocks(version: str, index: int) -> tuple[str, int]:
    text = f"begin;\ncreate table if not exists app.block_{index} (id int);\n{_mark(version)}commit;\n"
    text += f"begin;\ninsert into app.block_{index} values (1);\n{_mark(version, 2)}commit;\n"
    return f"{text}comment on table app.block_{index} is 'three';\n{_mark(version, 3)}", 3


def _named(version: str, index: int) -> tuple[str, int]:
    text = f"{_mark(version)}create index concurrently things_named_{index} on app.things (code, id);\n"
    return f"{text}{_mark(version, 2)}", 2


def _unnamed(version: str, index: int) -> tuple[str, int]:
    return f"{_mark(version)}create index concurrently on app.things (amount) where id > {index};\n", 1


def _rebuilt(version: str, index: int) -> tuple[str, int]:
    text = "drop index concurrently app.things_rebuilt;\n"
    text += f"create index concurrently things_rebuilt on app.things (id) where id > {index};\n"
    return f"{text}{_mark(version)}", 1


def _enum(version: str, index: int) -> tuple[str, int]:
    text = f"alter type app.mood add value if not exists 'mood {index}';\n"
    return f"{text}insert into app.moods values ('mood {index}');\n{_mark(version)}", 1


def _vacuum(version: str, _index: int) -> tuple[str, int]:
    return f"{_mark(version)}vacuum app.things;\n{_mark(version, 2)}", 2


def _large(version: str, index: int) -> tuple[str, int]:
    rows = "".join(
        f"insert into app.large_{index} values ({n}, 'row {n} of many, with a quote '' in it');\n"
        for n in range(900)
    )
    return f"create table if not exists app.large_{index} (id int, note text);\n{rows}{_mark(version)}", 1


_KINDS: dict[str, Callable[[str, int], tuple[str, int]]] = {
    "plain": _plain,
    "data": _data,
    "body": _body,
    "change": _change,
    "wrapped": _wrapped,
    "blocks": _blocks,
    "named": _named,
    "unnamed": _unnamed,
    "rebuilt": _rebuilt,
    "enum": _enum,
    "vacuum": _vacuum,
    "large": _large,
}
ORDER = (
    *("plain", "data", "blocks", "named", "wrapped", "enum", "data", "unnamed", "change", "rebuilt"),
    *("data", "blocks", "vacuum", "wrapped", "large", "data", "named", "plain", "enum", "body"),
)
