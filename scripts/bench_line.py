"""Hold what was measured as one line of the table of benchmarks."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Say what was measured, of sbapply and of what it is held against, and the figure that must not be passed."""

    what: str
    ours: str
    other: str = ""
    figure: float | None = None
    at_most: float | None = None

    @property
    def held(self) -> bool:
        return self.figure is None or self.at_most is None or self.figure <= self.at_most

    def row(self) -> str:
        figure = "" if self.figure is None else f"{self.figure:.3g}"
        bound = "" if self.at_most is None else f"{self.at_most:g}"
        return (
            f"| {self.what} | {self.ours} | {self.other} | {figure} | {bound}{'' if self.held else ' **broken**'} |"
        )


def table(title: str, lines: Sequence[Line]) -> str:
    head = "| what | sbapply | beside | figure | at most |\n|---|--:|--:|--:|--:|\n"
    return f"## {title}\n\n{head}" + "\n".join(line.row() for line in lines) + "\n"
