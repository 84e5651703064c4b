"""Save a file again without a change of its SQL, or with one, and keep it in the history as some tool does.

The same seed gives the same edits. Where the words of a text stand is asked of PostgreSQL's scanner; what is put
between them, and what is changed in them, is decided here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.history.edit_changes import CHANGES
from tests.history.edit_resaves import RESAVES
from tests.history.edit_texts import CUTS, statements, words_of

# Tools cut a text once, and it is saved again often.
_OF_ONE_TEXT = 5


@dataclass(frozen=True, slots=True)
class Edit:
    """Hold a row's statements, and a file that was saved again since, as ``kind`` says."""

    kind: str
    stored: tuple[str, ...]
    file: str


def resaved(kind: str, count: int) -> Iterator[Edit]:
    """Yield files that were saved again with nothing changed in their SQL."""
    random = Random(f"resaved {kind}")
    for _ in range(count // _OF_ONE_TEXT):
        text, stored = _kept(random, statements())
        for _ in range(_OF_ONE_TEXT):
            yield Edit(kind, random.choice(stored), RESAVES[kind](text, random))


def changed(kind: str, count: int) -> Iterator[Edit]:
    """Yield files in which something was changed that matters, the rest saved again in any way."""
    random = Random(f"changed {kind}")
    change, ways = CHANGES[kind], [resave for name, resave in RESAVES.items() if name != "everything"]
    fitting = [each for each in statements() if change(f"{each};", random) is not None]
    for _ in range(count // _OF_ONE_TEXT):
        text, stored = _kept(random, fitting)
        for _ in range(_OF_ONE_TEXT):
            file = change(text, random)
            while file is None:
                file = change(text, random)
            if random.random() < 0.3 and words_of(file) is not None:
                file = random.choice(ways)(file, random)
            yield Edit(kind, random.choice(stored), file)


def _kept(random: Random, fitting: Sequence[str]) -> tuple[str, list[tuple[str, ...]]]:
    """Return a text with one of these statements in it, and what tools keep of it."""
    text = _text(random, fitting)
    return text, [tuple(cut(text)) for cut in random.sample(CUTS, 3)]


def _text(random: Random, fitting: Sequence[str]) -> str:
    chosen = [random.choice(statements()) for _ in range(random.randint(0, 2))]
    chosen.insert(random.randint(0, len(chosen)), random.choice(fitting))
    ends = (";\n", ";", " ;\n\n", "\n;\n", ";\r\n", "; -- done\n")
    text = "".join(statement + random.choice(ends) for statement in chosen)
    return text.rstrip().removesuffix(";") if random.random() < 0.3 else text
