"""Clear, before anything is sent, the traces of parts of versions that got their rows elsewhere."""

from sbapply.apply.failure import interrupted
from sbapply.apply.rewriting import rewrite_history
from sbapply.apply.sending import Sender
from sbapply.apply.traces import forgetting
from sbapply.errors import HistoryMoved, Interrupted, SbapplyError, SqlError


def has_leftovers(sender: Sender) -> bool:
    """Return whether there are such traces, as far as the books know."""
    return bool(sender.ledger.state.traced)


def clear_leftovers(sender: Sender) -> SbapplyError | None:
    """Clear them in a transaction of their own; return the error that ends the push, if one does.

    Alone, because it is compared with the traces that were read: a rival who clears them first turns away nothing
    else, and a migration that fails does not bring them back. Raises what ``rewrite_history`` and ``plan_anew`` do.
    """
    books = sender.ledger
    rewrite = forgetting(books.state)
    if rewrite is None:
        return None
    try:
        rewrite_history(
            sender.database,
            rewrite,
            notify=sender.notify,
            limits=sender.limits,
            patience=sender.patience,
            clock=sender.clock,
        )
    except HistoryMoved as moved:
        last_word = sender.endurance.in_time(SqlError("SBA03", moved.message), moved)
        if last_word is None:
            sender.plan_anew()
        return last_word
    except Interrupted:
        return interrupted()
    books.state = books.state.without_traces(rewrite.touched)
    return None
