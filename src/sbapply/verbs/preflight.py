"""Ask the project's rows what would defeat a push, and refuse it then."""

from collections.abc import Sequence

from sbapply.errors import Refused, SbapplyError
from sbapply.history.ready import Ready
from sbapply.preflight.answers import Preflight, TableName, unanswered
from sbapply.preflight.ask import ask_data
from sbapply.preflight.questions import questions_of
from sbapply.verbs.target import Target


def preflight(target: Target, ready: Sequence[Ready], locked: Sequence[TableName] = ()) -> Preflight:
    """Return what the project's rows say to the pending migrations, and how large the ``locked`` tables are.

    One request, none where there is nothing to ask. Raises nothing of the error tree: what could not be asked is
    said, and does not stop a push.
    """
    questions = questions_of(ready)
    if not questions and not locked:
        return Preflight()
    try:
        return ask_data(target.database, questions, locked, patience=target.patience.read, clock=target.clock)
    except SbapplyError as error:
        return Preflight(tuple(unanswered(question, error.message) for question in questions))


def data_refusal(data: Preflight) -> Refused | None:
    """Return the refusal of a push that the project's rows would defeat, None where nothing says so."""
    if not data.violated:
        return None
    first = data.violated[0]
    others = len(data.violated) - 1
    count = f" ({others} more demand{'s' if others == 1 else ''} would fail too)" if others else ""
    return Refused(
        f"{first.sentence}{count}",
        "Correct the rows, or the file so that it does, and push again; --ignore-data pushes all the same.",
        place=first.place,
        version=first.question.version,
    )
