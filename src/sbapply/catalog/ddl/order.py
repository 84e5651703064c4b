"""Find an order in which everything comes after what it needs, and make two steps of what stands in a cycle."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sbapply.catalog.kinds import Kind
from sbapply.catalog.whole import CatalogObject, Identity

Step: TypeAlias = "tuple[Identity, bool]"
"""Make an object; with True, make the stand-in for it that comes before."""
Graph: TypeAlias = "dict[Step, Sequence[Step]]"


@dataclass(frozen=True, slots=True)
class Order:
    """Hold the steps in an order that runs, what each needs, and the objects that are made in two steps."""

    steps: Sequence[Step]
    needs: Mapping[Step, Sequence[Step]]
    in_two: Collection[Identity]


def order(wanted: Sequence[CatalogObject], breakable: Sequence[Kind]) -> Order:
    """Return the steps that make ``wanted``, near the order in which they are given.

    Objects of the kinds ``breakable`` can be made in two steps, the first without what they need ``later``; that
    is done only in a cycle, for all objects in it of the first such kind that opens it. What no such kind opens
    stays in the order given, and is left to Postgres to refuse.
    """
    there = {item.identity: item for item in wanted}
    graph: Graph = {
        (item.identity, False): [(need, False) for need in item.needs if need in there] for item in wanted
    }
    place = {identity: number for number, identity in enumerate(there)}
    steps: list[Step] = []
    in_two: set[Identity] = set()
    pending = [iter(_components(list(graph), graph))]
    while pending:
        component = next(pending[-1], None)
        if component is None:
            pending.pop()
        elif len(component) == 1 or not (opened := _opening(component, there, breakable)):
            steps += sorted(component, key=lambda step: place[step[0]])
        else:
            in_two.update(opened)
            parts = _open(component, graph, {identity: there[identity] for identity in opened})
            pending.append(iter(_components(parts, graph)))
    return Order(steps, graph, in_two)


def _opening(
    component: Sequence[Step], there: Mapping[Identity, CatalogObject], breakable: Sequence[Kind]
) -> list[Identity]:
    """Return the objects of the component that are to be made in two steps."""
    inside = {identity for identity, _ in component}
    ahead = {identity for identity, stand_in in component if stand_in}
    for kind in breakable:
        found = [
            identity
            for identity in inside - ahead
            if identity[0] == kind and (identity, False) in component and inside & {*there[identity].later}
        ]
        if found:
            return sorted(found)
    return []


def _open(component: Sequence[Step], graph: Graph, opened: Mapping[Identity, CatalogObject]) -> list[Step]:
    """Put a stand-in for each of ``opened`` into the graph, and let what is in the component need that instead."""
    stand_ins: list[Step] = [(identity, True) for identity in opened]
    for identity, item in opened.items():
        later = {*item.later}
        graph[identity, True] = [step for step in graph[identity, False] if step[0] not in later]
    for step in [*component, *stand_ins]:
        graph[step] = [(need, stand_in or need in opened) for need, stand_in in graph[step]]
    for identity in opened:
        graph[identity, False] = [*graph[identity, False], (identity, True)]
    return [*stand_ins, *component]


def _components(steps: Sequence[Step], graph: Mapping[Step, Sequence[Step]]) -> Iterator[list[Step]]:
    """Yield what hangs together in cycles, else single steps, needs first: Tarjan's algorithm without recursion."""
    inside = {*steps}
    number: dict[Step, int] = {}
    lowest: dict[Step, int] = {}
    open_: dict[Step, None] = {}
    for start in steps:
        if start in number:
            continue
        path = [(start, _inside(graph[start], inside))]
        number[start] = lowest[start] = len(number)
        open_[start] = None
        while path:
            step, needs = path[-1]
            for need in needs:
                if need not in number:
                    number[need] = lowest[need] = len(number)
                    open_[need] = None
                    path.append((need, _inside(graph[need], inside)))
                    break
                if need in open_:
                    lowest[step] = min(lowest[step], number[need])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[step])
                if lowest[step] == number[step]:
                    yield _close(open_, step)


def _inside(needs: Iterable[Step], inside: Collection[Step]) -> Iterator[Step]:
    return (need for need in needs if need in inside)


def _close(open_: dict[Step, None], first: Step) -> list[Step]:
    """Take what came since ``first`` off the open steps."""
    component = []
    while True:
        step, _ = open_.popitem()
        component.append(step)
        if step == first:
            return component
