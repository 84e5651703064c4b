"""Hold what the project's rows answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sbapply.database import Json
from sbapply.errors import Place
from sbapply.preflight.question import Question

Status: TypeAlias = Literal["holds", "violated", "repaired-maybe", "not-asked"]
TableName: TypeAlias = "tuple[str | None, str]"


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold the answer to one question.

    ``count`` is how many violate it, of which ``sample`` shows up to three by their keys; ``at_least`` says that
    there may be more. ``table`` is the name that was found, else the file's; ``reason`` says why it was not asked.
    """

    question: Question
    status: Status
    table: str
    count: int = 0
    at_least: bool = False
    sample: tuple[Mapping[str, str | None], ...] = ()
    reason: str = ""

    @property
    def place(self) -> Place:
        """Return where the demanding statement stands."""
        return self.question.place

    @property
    def sentence(self) -> str:
        """Say what was found, and what cannot be done then."""
        wording, place = self.question.wording, self.question.place
        subject = f"{self.table}{wording.subject}"
        demand = f"{place.file}:{place.line} {wording.demand}"
        match self.status:
            case "not-asked":
                return f"not asked whether {subject} holds {wording.many}, and {demand}: {self.reason}"
            case "holds":
                return f"{subject} holds no {wording.many}, and {demand}"
            case "violated" | "repaired-maybe":
                number = f"{'at least ' if self.at_least else ''}{self.count:,}"
                found = wording.one if self.count == 1 and not self.at_least else wording.many
                return f"{subject} holds {number} {found}, and {demand}{self._repairs()}"

    def _repairs(self) -> str:
        if self.status != "repaired-maybe":
            return ""
        return f" (may be repaired by {', '.join(f'{each.file}:{each.line}' for each in self.question.repairs)})"

    def to_json(self) -> dict[str, Json]:
        """Return the answer as every document shows it."""
        samples: list[Json] = [dict(each) for each in self.sample]
        return {
            "status": self.status,
            "kind": self.question.kind,
            "version": self.question.version,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "table": self.table,
            "sentence": self.sentence,
            "count": None if self.status == "not-asked" else self.count,
            "at_least": self.at_least,
            "sample": samples,
            "repaired_by": [str(each) for each in self.question.repairs] if self.status == "repaired-maybe" else [],
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class Preflight:
    """Hold the answers in the order of the questions, and how large the tables are that were asked for.

    ``sizes`` gives, by the name as it was asked, about how many rows a table has (None where nobody ever counted)
    and how many bytes it takes with its indexes; a table that is not there is not in it.
    """

    answers: tuple[Answer, ...] = ()
    sizes: Mapping[TableName, tuple[int | None, int]] = field(default_factory=dict)

    @property
    def violated(self) -> tuple[Answer, ...]:
        """Return the answers that defeat a migration."""
        return tuple(each for each in self.answers if each.status == "violated")

    @property
    def worth_telling(self) -> tuple[Answer, ...]:
        """Return the answers that are not plainly good."""
        return tuple(each for each in self.answers if each.status != "holds")

    def to_json(self) -> list[Json]:
        """Return the answers as every document shows them."""
        return [each.to_json() for each in self.answers]


def unanswered(question: Question, reason: str) -> Answer:
    """Return the answer to a question that was not asked."""
    return Answer(question, "not-asked", question.table, reason=reason)
