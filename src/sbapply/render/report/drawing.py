"""Draw tables and what they refer to as SVG: a layered layout in which no box covers another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sbapply.render.report.markup import Markup, element, joined
from sbapply.render.report.picture import Box, Picture, Reference, TableKey
from sbapply.render.visible import columns, visible

WIDTH = 264
HEAD = 28
LINE = 19
GAP_X = 76
GAP_Y = 28
MARGIN = 14
_COLUMNS_A_BAND = 4
_TALLEST = 620
_NAME_WIDTH = 19
_TYPE_WIDTH = 12
_TITLE_WIDTH = 33
_BEND = 38
_LOOP = 26
_LANE = 8
_LANES = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """Hold where a box stands."""

    box: Box
    x: int
    y: int

    @property
    def height(self) -> int:
        """Return how high the box is."""
        return height_of(self.box)

    def line_y(self, names: Sequence[str]) -> int:
        """Return the height at which a reference of these columns touches the box: its head if none is shown."""
        shown = [each.name for each in self.box.columns]
        place = next((shown.index(name) for name in names if name in shown), None)
        return self.y + (HEAD // 2 if place is None else HEAD + LINE * place + LINE // 2)


def height_of(box: Box) -> int:
    """Return how high a box is."""
    return HEAD + LINE * (len(box.columns) + (box.more > 0)) + (6 if box.columns else 0)


def laid_out(picture: Picture) -> tuple[Placed, ...]:
    """Return where each box stands: those that are referred to on the left, four columns beside one another."""
    placed: list[Placed] = []
    band_y = MARGIN
    stacks = _stacks(picture)
    for first in range(0, len(stacks), _COLUMNS_A_BAND):
        lowest = band_y
        for number, stack in enumerate(stacks[first : first + _COLUMNS_A_BAND]):
            y = band_y
            for box in stack:
                placed.append(Placed(box, MARGIN + number * (WIDTH + GAP_X), y))
                y += height_of(box) + GAP_Y
            lowest = max(lowest, y)
        band_y = lowest
    return tuple(placed)


def drawn(picture: Picture) -> Markup:
    """Return the picture as one SVG element that needs nothing from outside but the page's style."""
    placed = laid_out(picture)
    at = {each.box.key: each for each in placed}
    width = max((each.x + WIDTH for each in placed), default=0) + MARGIN + _LOOP
    height = max((each.y + each.height for each in placed), default=0) + MARGIN
    arrow = element(
        "marker",
        element("path", d="M0 0L8 4L0 8z"),
        id="arrow",
        viewBox="0 0 8 8",
        refX="7",
        refY="4",
        markerWidth="8",
        markerHeight="8",
        orient="auto",
    )
    return element(
        "svg",
        element("defs", arrow),
        *(_line(reference, at, number) for number, reference in enumerate(_worst_last(picture.references))),
        *(_box(each) for each in placed),
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        role="img",
        aria_label=f"{len(picture.boxes)} tables and {len(picture.references)} references between them",
    )


def _stacks(picture: Picture) -> list[list[Box]]:
    """Return the boxes in columns, from left to right and from top to bottom."""
    ranks = _ranks(picture)
    bound = {key for each in picture.references for key in (each.source, each.target) if each.source != each.target}
    layers: dict[int, list[Box]] = {}
    for box in picture.boxes:
        # What neither refers nor is referred to stands behind all others.
        layers.setdefault(ranks[box.key] if box.key in bound else len(picture.boxes), []).append(box)
    stacks: list[list[Box]] = []
    height_before: dict[TableKey, int] = {}
    tallest = 0
    for rank in sorted(layers):
        layer = sorted(layers[rank], key=lambda box: (_pull(box.key, picture, height_before), box.key))
        # Where nothing binds them, boxes fill columns no higher than the ones that are there.
        limit = _TALLEST if rank < len(picture.boxes) else max(tallest, _TALLEST // 2)
        for stack in _filled(layer, limit):
            stacks.append(stack)
            y = 0
            for box in stack:
                height_before[box.key] = y
                y += height_of(box) + GAP_Y
            tallest = max(tallest, y)
    return stacks


def _filled(boxes: Sequence[Box], limit: int) -> list[list[Box]]:
    stacks: list[list[Box]] = []
    height = 0
    for box in boxes:
        if not stacks or height + height_of(box) > limit:
            stacks.append([])
            height = 0
        stacks[-1].append(box)
        height += height_of(box) + GAP_Y
    return stacks


def _pull(key: TableKey, picture: Picture, heights: Mapping[TableKey, int]) -> float:
    """Return how far down what a table refers to stands, so that lines cross little."""
    found = [heights[each.target] for each in picture.references if each.source == key and each.target in heights]
    return sum(found) / len(found) if found else 0.0


def _ranks(picture: Picture) -> dict[TableKey, int]:
    """Return for each table how long the longest way along its references is; a circle is cut where it closes."""
    targets: dict[TableKey, list[TableKey]] = {box.key: [] for box in picture.boxes}
    for each in picture.references:
        targets[each.source].append(each.target)
    ranks: dict[TableKey, int] = {}

    def rank(key: TableKey, path: frozenset[TableKey]) -> int:
        if key not in ranks:
            onward = [
                rank(target, path | {key}) for target in sorted(set(targets[key])) if target not in path | {key}
            ]
            ranks[key] = 1 + max(onward) if onward else 0
        return ranks[key]

    for box in picture.boxes:
        rank(box.key, frozenset())
    return ranks


def _worst_last(references: Sequence[Reference]) -> list[Reference]:
    """Return the references so that what matters most is drawn over the rest."""
    return sorted(references, key=lambda each: (each.wrong, each.marked))


def _line(reference: Reference, at: Mapping[TableKey, Placed], number: int) -> Markup:
    source, target = at[reference.source], at[reference.target]
    y, target_y = source.line_y(reference.columns), target.line_y(reference.target_columns)
    if source is target and y == target_y:
        target_y = source.y + HEAD // 2
    if source.x == target.x:
        side = source.x + WIDTH
        way = f"M{side} {y}C{side + _LOOP} {y} {side + _LOOP} {target_y} {side} {target_y}"
    else:
        back = source.x > target.x
        start, end = (source.x, target.x + WIDTH) if back else (source.x + WIDTH, target.x)
        bend, gap = (-_BEND, -GAP_X) if back else (_BEND, GAP_X)
        lane = _lane(source, target, at, number)
        if lane is None:
            way = f"M{start} {y}C{start + bend} {y} {end - bend} {target_y} {end} {target_y}"
        else:
            way = (
                f"M{start} {y}C{start + bend} {y} {start + bend} {lane} {start + gap} {lane}H{end - gap}"
                f"C{end - bend} {lane} {end - bend} {target_y} {end} {target_y}"
            )
    kind = "wrong" if reference.wrong else "new" if reference.marked else "old"
    told = f"{reference.name}: {'.'.join(reference.source)} refers to {'.'.join(reference.target)}"
    return element("path", element("title", told), class_=f"reference {kind}", d=way, marker_end="url(#arrow)")


def _lane(source: Placed, target: Placed, at: Mapping[TableKey, Placed], number: int) -> int | None:
    """Return how far down a line passes the columns between two boxes of one band; None if nothing is between."""
    left, right = sorted((source.x, target.x))
    between = [each for each in at.values() if left < each.x < right]
    top = min(source.y, target.y)
    bottoms = [each.y + each.height for each in between if top <= each.y <= top + _TALLEST]
    return max(bottoms) + _LANE * (1 + number % _LANES) if bottoms else None


def _box(placed: Placed) -> Markup:
    box, x, y = placed.box, placed.x, placed.y
    kind = "wrong" if box.wrong else "new" if box.marked else "old" if box.known else "elsewhere"
    schema, name = box.key
    title = name if schema == "public" else f"{schema}.{name}"
    pieces = [
        element("title", f"{schema}.{name}"),
        element("rect", class_="body", x=str(x), y=str(y), width=str(WIDTH), height=str(placed.height), rx="7"),
        element("path", class_="head", d=_head(x, y, whole=not box.columns)),
        element("text", fitted(title, _TITLE_WIDTH), class_="title", x=str(x + 10), y=str(y + 19)),
    ]
    for number, column in enumerate(box.columns):
        base = y + HEAD + LINE * number + 14
        state = "wrong" if column.wrong else "new" if column.marked else "old"
        mark = "✗" if column.wrong else "+" if column.marked else ""
        weight = "name primary" if column.primary else "name"
        pieces.append(
            element(
                "g",
                element("title", f"{column.name} {column.type}{' not null' if column.not_null else ''}"),
                element("text", mark, class_="mark", x=str(x + 8), y=str(base)),
                element("text", fitted(column.name, _NAME_WIDTH), class_=weight, x=str(x + 20), y=str(base)),
                element(
                    "text",
                    fitted(column.type, _TYPE_WIDTH) + ("" if column.not_null else "?"),
                    class_="type",
                    x=str(x + WIDTH - 10),
                    y=str(base),
                ),
                class_=state,
            )
        )
    if box.more:
        base = y + HEAD + LINE * len(box.columns) + 14
        pieces.append(element("text", f"and {box.more} more", class_="type more", x=str(x + 20), y=str(base)))
    return element("g", joined(*pieces), class_=f"table {kind}")


def _head(x: int, y: int, *, whole: bool) -> str:
    """Return the outline of a box's head: rounded at the top, and at the bottom too where it is the whole box."""
    top = f"M{x} {y + HEAD}V{y + 7}a7 7 0 0 1 7 -7H{x + WIDTH - 7}a7 7 0 0 1 7 7"
    if whole:
        return (
            f"M{x} {y + 7}a7 7 0 0 1 7 -7H{x + WIDTH - 7}a7 7 0 0 1 7 7V{y + HEAD - 7}"
            f"a7 7 0 0 1 -7 7H{x + 7}a7 7 0 0 1 -7 -7z"
        )
    return f"{top}V{y + HEAD}z"


def fitted(text: str, width: int) -> str:
    """Return as much of a text as fits into so many columns, once what is hidden in it is written out."""
    shown = visible(text)
    if columns(shown) <= width:
        return shown
    taken = ""
    for character in shown:
        if columns(taken + character) > width - 1:
            break
        taken += character
    return f"{taken}…"
