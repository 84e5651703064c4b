"""Show as text what pending statements lock."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from sbapply.preflight.answers import TableName
from sbapply.rehearse.footprint import Footprint
from sbapply.render.visible import visible
from sbapply.verify.claims import readable

_UNKNOWN: Mapping[TableName, tuple[int | None, int]] = MappingProxyType({})
_COUNTS = ("", " K", " M", " G")
_BYTES = (" B", " KB", " MB", " GB", " TB")


def blocking_lines(
    footprints: Iterable[Footprint], sizes: Mapping[TableName, tuple[int | None, int]]
) -> Iterator[str]:
    """Yield what a push makes others wait for, before consent."""
    for footprint in footprints:
        for line in lock_lines(footprint, sizes):
            yield visible(f"Locks, {footprint.place.file} {line}")


def lock_lines(footprint: Footprint, sizes: Mapping[TableName, tuple[int | None, int]] = _UNKNOWN) -> Iterator[str]:
    """Yield a line a table that others wait for while the transaction lasts, with its size where that is known."""
    for name, mode in sorted(footprint.locks.items()):
        if mode.blocks_writes:
            size = f" ({_size(*sizes[name])})" if name in sizes else ""
            rewritten = ", rewritten" if name in footprint.rewritten else ""
            who = "reads and writes" if mode.blocks_reads else "writes"
            table = readable("table", name)
            yield visible(f"line {footprint.place.line}: {mode.title} on {table}{size}{rewritten}: {who} wait")


def _size(rows: int | None, size: int) -> str:
    """Return about how many rows and bytes a table has, as people say it."""
    counted = f"{_short(rows, 1000, _COUNTS)} rows, " if rows is not None else ""
    return f"{counted}{_short(size, 1024, _BYTES)}"


def _short(number: float, base: int, units: tuple[str, ...]) -> str:
    place = 0
    while number >= base and place < len(units) - 1:
        number, place = number / base, place + 1
    return f"{number:.0f}{units[place]}" if number >= 10 or place == 0 else f"{number:.1f}{units[place]}"
