"""Generate the migrations that are timed."""

from collections.abc import Sequence
from pathlib import Path

_FOUR_STATEMENTS = """create table public.{name} (
  id bigint generated always as identity primary key,
  customer text not null,
  amount numeric(12, 2) not null default 0 check (amount >= 0),
  placed timestamptz not null default now()
);
create index {name}_customer on public.{name} (customer);
insert into public.{name} (customer, amount) values ('Ada', 12.5), ('Grace', 7);
{last}
"""
_LAST = (
    "comment on table public.{name} is 'Orders of one day';",
    "alter table public.{name} add column note text default 'none';",
)


def write_migrations(folder: Path, count: int) -> Sequence[Path]:
    """Write ``count`` migrations of four statements each below ``folder`` and return their paths in order."""
    written = []
    for number in range(count):
        name = f"orders_{number:04}"
        text = _FOUR_STATEMENTS.format(name=name, last=_LAST[number % 2].format(name=name))
        written.append(_write(folder, f"{20260101000000 + number}_{name}.sql", text))
    return written


def write_large_migration(folder: Path, size: int) -> Path:
    """Write one migration of at least ``size`` bytes in statements of about 290 bytes, as a seed file has them."""
    filling = "What the customer said, as long as such notes are. " * 4
    lines = ["create table public.notes (id integer primary key, day date not null, note text not null);"]
    length = 0
    while length < size:
        row = f"({len(lines)}, '2026-01-01', '{filling}{len(lines)}')"
        lines.append(f"insert into public.notes (id, day, note) values {row};")
        length += len(lines[-1]) + 1
    text = "\n".join(lines)
    return _write(folder, "20260101000000_notes.sql", f"{text}\n")


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / "supabase" / "migrations" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
