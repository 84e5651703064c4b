"""Show a squash as text: what one file stands for, the proof, and the way back."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sbapply.history.rewrite import Put, Take
from sbapply.migrations.data import DataStatement
from sbapply.render.visible import visible
from sbapply.verbs.rewriting import RewriteOutcome
from sbapply.verbs.squash import SquashReport

_MOST = 20


def squash_lines(report: SquashReport) -> Iterator[str]:
    """Yield everything that is to be known before somebody is asked."""
    yield f"Project: {visible(report.target.title)}"
    if report.into:
        yield f"Files:   {len(report.files)}, {visible(report.files[0])} the first, become {visible(report.into)}"
        kept = "are kept in" if report.goes_on else "will be kept in"
        yield f"         they {kept} {visible(report.archive)}/"
        yield f"History: {_history(report)}"
    yield from map(visible, report.rewriting.notes)
    if report.goes_on:
        yield "An earlier squash was proved and not finished here; this one goes on with it."
    elif report.squashed is not None:
        yield from _proof(report)


def end_lines(report: SquashReport) -> Iterator[str]:
    """Yield how it ended, and the way back where there is anything to go back from."""
    rewriting = report.rewriting
    if rewriting.outcome is RewriteOutcome.NOTHING_TO_DO:
        yield "Nothing to do."
    elif rewriting.outcome is RewriteOutcome.DRY_RUN:
        yield "Nothing was written: this was a dry run."
    elif report.placed and rewriting.error is None:
        yield "Done: the folder and the history are as shown."
    elif report.placed:
        yield "The files are squashed, and whether the history is, is not settled: run `sbapply squash` again."
    if report.placed:
        yield "The way back:"
        yield from (f"  {visible(command)}" for command in report.way_back)
    if report.placed and rewriting.error is None:
        yield "Other projects of this folder: run `sbapply squash` there too; it changes their history alone."


def question_of(report: SquashReport) -> str:
    """Return the question that consent is asked with."""
    return (
        f"Put one file in the place of {len(report.files)} here, and one row in the place of theirs in the history "
        f"of {report.target.title}?"
    )


def _history(report: SquashReport) -> str:
    changes = report.rewriting.changes
    removed = [change.version for change in changes if isinstance(change, Take)]
    words = []
    if removed:
        span = removed[0] if len(removed) == 1 else f"{removed[0]} to {removed[-1]}"
        words.append(f"{len(removed)} row{'' if len(removed) == 1 else 's'} removed ({span})")
    words += [
        f"{change.version} {change.name} written with {_texts(change)}"
        for change in changes
        if isinstance(change, Put)
    ]
    return visible(", ".join(words) or "as it is to be already")


def _texts(put: Put) -> str:
    return "no text" if put.statements is None else f"{len(put.statements)} statements"


def _proof(report: SquashReport) -> Iterator[str]:
    proof = report.squashed
    if proof is None:
        return
    counted = ", ".join(f"{count} {kind}" for kind, count in proof.kinds) or "nothing"
    yield f"Builds:  {counted} ({proof.statements} statements, {len(proof.text.encode()):,} bytes)"
    total = sum(count for _, count in proof.kinds)
    if proof.different:
        yield f"DIFFERENT: both were replayed, and {len(proof.different)} objects are not equal:"
        yield from (f"  {visible(each)}" for each in proof.different[:_MOST])
        if len(proof.different) > _MOST:
            yield f"  and {len(proof.different) - _MOST} more"
    else:
        yield f"Equal:   both were replayed, and all {total} objects come out the same"
    if proof.not_covered:
        yield "Not covered, so not compared and not in the file:"
        yield from (f"  {visible(each)}" for each in proof.not_covered)
    if report.assertions:
        yield f"Assertions: all {report.assertions} lines of them are in the file."
    yield from _data_lines(report.data)
    if proof.rows:
        yield f"Rows:    {proof.rows} that the files insert are in the file"
    if proof.differing:
        yield "ROWS DIFFER on a replay, as many as there are: " + visible(", ".join(proof.differing))
    if proof.lost:
        yield "ROWS LOST on a replay: the files leave these, and the one file does not (the project keeps its own):"
        yield from (f"  {visible(table)}: {count}" for table, count in proof.lost)
        yield "  `--with-data` keeps them, as INSERT statements."


def _data_lines(found: Sequence[DataStatement]) -> Iterator[str]:
    if not found:
        return
    counted = ", ".join(f"{count} {word}" for word, count in Counter(each.word for each in found).most_common())
    files = len({each.version for each in found})
    yield (
        f"Data:    {counted} in {files} file{'' if files == 1 else 's'} change rows, or may; the one file does not "
        f"repeat them (the first is {visible(str(found[0].place))})"
    )
