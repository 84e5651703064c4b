"""Push real folders of migrations to the sandbox and hold the end against psql's; `make corpus CORPUS=DIR` runs it.

DIR holds a sub-folder a project, each with a `migrations` folder somewhere in it. A file that the program refuses
or that fails is listed with what was said, set aside, and the push goes on without it. psql then runs what was
applied, file by file, each in a session of its own; what was set aside must fail in psql too, at that place.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.corpus_ends import End, differences, learn_mask, read_end
from scripts.corpus_mismatch import Mismatch, is_mismatch, judge_mismatch
from scripts.corpus_official import listed_as_applied
from scripts.corpus_project import served
from scripts.corpus_proved import Proved, prove
from scripts.corpus_psql import PsqlError, run_file, run_in_copy
from scripts.corpus_push import Aside, Pushed, push_whole
from scripts.corpus_rebuilt import Rebuilt, Replayed, hold_rebuilt, replay
from scripts.corpus_squashed import Squashed, hold_squashed

from sbapply.rehearse.engine import scratch_engine


@dataclass
class Verdict:
    """Hold what became of one folder."""

    name: str
    pushed: Pushed
    psql_seconds: float = 0.0
    masked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    aside_in_psql: dict[str, PsqlError | None] = field(default_factory=dict)
    single: dict[str, PsqlError] = field(default_factory=dict)
    rebuilt: Rebuilt | None = None
    replayed: Replayed | None = None
    proved: Proved = field(default_factory=Proved)
    squashed: Squashed = field(default_factory=Squashed)


def migrations_folders(project: Path) -> list[Path]:
    """Return the folders named migrations that hold .sql files, the outermost only."""
    found = sorted(path for path in project.rglob("migrations") if path.is_dir() and any(path.rglob("*.sql")))
    return [path for path in found if not any(other in path.parents for other in found)]


@contextmanager
def laid_out(migrations: Path, scratch: Path) -> Iterator[Path]:
    """Copy a migrations folder to where the program looks for it, and yield the project's folder."""
    workdir = Path(tempfile.mkdtemp(dir=scratch))
    shutil.copytree(migrations, workdir / "supabase" / "migrations")
    yield workdir
    shutil.rmtree(workdir)


def judge(name: str, migrations: Path, scratch: Path) -> Verdict:
    """Push one folder, run psql twice on the same files, and compare."""
    with laid_out(migrations, scratch) as workdir, scratch_engine() as server:
        with served(server, workdir) as project:
            pushed = push_whole(project)
            verdict = Verdict(name, pushed)
            verdict.proved = prove(project)
        found = read_end(server)
        verdict.rebuilt = hold_rebuilt(server)
        verdict.replayed = replay(workdir)
        versions = [version for version, _ in pushed.applied]
        verdict.faults += listed_as_applied(server, workdir, versions)
        if versions != sorted(set(versions)):
            verdict.faults.append("not each version once and in order")
        expected = psql_end(verdict)
        mask = learn_mask(expected, run_again(verdict))
        verdict.masked = sorted(f"{table}.{column}" for table, column in mask.columns)
        verdict.differing += differences(expected, found, mask)
        hold_against_psql(verdict)
        # Last, because the files are not there any more then.
        with served(server, workdir) as project:
            verdict.squashed = hold_squashed(server, project, replays=not verdict.replayed.failure)
        verdict.faults += verdict.squashed.faults
        return verdict


class NeedsTransaction(Exception):
    """Carry a file that the program applied and that psql, committing each statement, does not."""

    def __init__(self, name: str, error: PsqlError) -> None:
        super().__init__(name)
        self.name, self.error = name, error


def psql_end(verdict: Verdict) -> End:
    """Return the end of running with psql what was sent.

    psql commits each statement, so `on commit drop` and the like do not work; such a file is run with -1 instead,
    from a fresh start, because it left its first half behind.
    """
    while True:
        try:
            return run_again(verdict)
        except NeedsTransaction as needing:
            verdict.single[needing.name] = needing.error


def run_again(verdict: Verdict) -> End:
    """Run with psql what was sent, on a fresh project, and return the end.

    What failed is run with -1: nothing of it stays, but the numbers that it drew from sequences are gone.
    """
    with scratch_engine() as server:
        started = time.perf_counter()
        for file, aside in in_order(verdict.pushed):
            if aside is not None:
                if aside.outcome == "failed":
                    run_file(server, file, single=True)
                continue
            error = run_file(server, file, single=file.name in verdict.single)
            if error and file.name not in verdict.single:
                raise NeedsTransaction(file.name, error)
            if error:
                complaint = f"applied, but psql -1 fails: {file.name}:{error.line} {error.sqlstate} {error.message}"
                verdict.faults.append(complaint)
        verdict.psql_seconds = time.perf_counter() - started
        return read_end(server)


def in_order(pushed: Pushed) -> list[tuple[Path, Aside | None]]:
    """Return the files that were applied or set aside, in the order of their versions."""
    files: list[tuple[Path, Aside | None]] = [(file, None) for file in pushed.files()]
    files += [(aside.file, aside) for aside in pushed.aside]
    return sorted(files, key=lambda each: each[0].name.split("_", 1))


def hold_against_psql(verdict: Verdict) -> None:
    """See what psql makes of the files that were set aside, each where its turn is, in a copy."""
    if not verdict.pushed.aside:
        return
    with scratch_engine() as server:
        for file, aside in in_order(verdict.pushed):
            if aside is not None:
                error = run_in_copy(server, file, syntax="cannot parse it" in aside.message)
                verdict.aside_in_psql[file.name] = error
                verdict.faults += complaints(aside, error)
            else:
                run_file(server, file, single=file.name in verdict.single)


def complaints(aside: Aside, error: PsqlError | None) -> Iterator[str]:
    """Yield a complaint if psql takes the file, or fails for another reason or before that line.

    psql's line is where it had read the whole of the failing statement, so ours is at or before it.
    """
    if error is None:
        yield f"set aside, but psql takes it: {aside.place()} {aside.code} {aside.message}"
    elif aside.sqlstate and error.sqlstate and aside.sqlstate != error.sqlstate:
        yield f"another error than psql's ({error.sqlstate}): {aside.place()} {aside.sqlstate}"
    elif aside.line and aside.line > error.line:
        yield f"a line behind psql's ({error.line}): {aside.place()}"
    elif "cannot parse it" in aside.message and error.message not in aside.message:
        yield f"another syntax error than psql's ({error.message}): {aside.place()} {aside.message}"


def describe(verdict: Verdict) -> str:
    """Return the folder's row of the summary table."""
    pushed = verdict.pushed
    same = "same" if not verdict.differing else f"{len(verdict.differing)} lines differ"
    return (
        f"| {verdict.name} | {pushed.found} | {len(pushed.applied)} | {len(pushed.skipped)} | {len(pushed.aside)} "
        f"| {pushed.statements} | {pushed.several} | {pushed.requests} | {pushed.seconds:.1f} "
        f"| {verdict.psql_seconds:.1f} | {same}, {len(verdict.masked)} columns masked "
        f"| {verdict.rebuilt.describe() if verdict.rebuilt else '| |'} | {verdict.proved.describe()} "
        f"| {verdict.squashed.describe()} "
        f"| {len(verdict.faults) or 'none'} |"
    )


HEAD = (
    "| folder | .sql files | applied | skipped by name | set aside | statements | files of several units "
    "| requests | push (s) | psql (s) | end | objects | clone | pulled "
    "| claims | confirmed | not probed | false alarms | squashed files | into | rows | end | faults |"
    "\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|---|---|--:|--:|--:|--:|--:|--:|--:|---|--:|"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--only", action="append", default=[], help="the name of a sub-folder; may be given again")
    options = parser.parse_args()
    projects = sorted(path for path in options.corpus.iterdir() if path.is_dir())
    if options.only:
        projects = [path for path in projects if path.name in options.only]
    if not projects:
        sys.exit(f"{options.corpus} holds no folder of a project")
    scratch = Path(tempfile.mkdtemp(prefix="sbapply-corpus-"))
    scratch.chmod(0o755)
    verdicts: list[Verdict] = []
    mismatches: list[Mismatch] = []
    try:
        for project in projects:
            if is_mismatch(project):
                mismatches.append(judge_mismatch(project, scratch))
                continue
            for migrations in migrations_folders(project):
                verdicts.append(judge(project.name, migrations, scratch))
                tell(verdicts[-1])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if verdicts:
        print("\n" + HEAD)
    for verdict in verdicts:
        print(describe(verdict))
    for mismatch in mismatches:
        print(mismatch.describe())
    sys.exit(0 if all(map(held, verdicts)) and not any(mismatch.faults for mismatch in mismatches) else 1)


def held(verdict: Verdict) -> bool:
    """Say whether everything about one folder was as it is to be."""
    rebuilt = verdict.rebuilt is None or verdict.rebuilt.equal
    replayed = verdict.replayed is None or not verdict.replayed.failure
    return rebuilt and replayed and not verdict.proved.alarms and not verdict.faults and not verdict.differing


def tell(verdict: Verdict) -> None:
    """Say what was set aside and what is wrong, as soon as it is known."""
    print(f"\n## {verdict.name}", flush=True)
    for each in verdict.pushed.aside:
        error = verdict.aside_in_psql.get(each.file.name)
        in_psql = f"psql: line {error.line} {error.sqlstate} {error.message}" if error else "psql takes it"
        print(f"- set aside: {each.place()} {each.code} {each.sqlstate} {each.message} ({in_psql})")
    if verdict.masked:
        print(f"- not compared, two runs of psql differ in it: {', '.join(verdict.masked)}")
    for file in verdict.pushed.skipped:
        print(f"- skipped by name: {file}")
    for version, number in verdict.pushed.renamed.items():
        print(f"- one version, several files: {version}; {number} of them were renamed")
    for name, error in verdict.single.items():
        print(f"- psql takes it only with -1: {name}:{error.line} {error.sqlstate} {error.message}")
    if verdict.rebuilt is not None:
        tell_rebuilt(verdict.rebuilt)
    if verdict.replayed is not None:
        replayed = verdict.replayed
        how = replayed.failure or f"simulated: {', '.join(replayed.simulated)}"
        print(f"- replayed in {replayed.seconds:.1f} s; {how}")
    tell_proved(verdict.proved)
    squashed = verdict.squashed
    print(f"- squashed {squashed.describe()} in {squashed.seconds:.1f} s; {squashed.note}")
    for fault in verdict.faults:
        print(f"- FAULT {fault}")
    for line in verdict.differing[:80]:
        print(f"    {line}")
    sys.stdout.flush()


def tell_proved(proved: Proved) -> None:
    """Say what verify and diff found straight after the push."""
    claims = ", ".join(f"{count} {status}" for status, count in sorted(proved.claims.items()))
    print(f"- verified in {proved.seconds:.1f} s: {claims}")
    for alarm in proved.alarms[:40]:
        print(f"- FALSE ALARM {alarm[:400]}")


def tell_rebuilt(rebuilt: Rebuilt) -> None:
    """Say in what the copies of a project's schema are not as the original."""
    print(f"- {rebuilt.objects} objects rebuilt; not covered: {', '.join(rebuilt.not_covered) or 'nothing'}")
    for name, lines in (("clone", rebuilt.clone), ("pulled", rebuilt.pulled)):
        for line in lines[:40]:
            print(f"    {name}: {line}")


if __name__ == "__main__":
    main()
