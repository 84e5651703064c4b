"""What a look finds is what two whole snapshots differ in, and a rehearsal claims what it would claim of them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sbapply.catalog.diff import Change, diff
from sbapply.catalog.snapshot import SETTINGS_SQL, read_catalog
from sbapply.catalog.watch import PREPARATION, CatalogWatch
from sbapply.database import Json
from sbapply.migrations.files import Migration
from sbapply.rehearse.rehearsal import rehearse
from sbapply.rehearse.server import Server
from sbapply.rehearse.steady import SteadyDatabase
from sbapply.rehearse.wire import LocalDatabase
from sbapply.verify.claims import Claim, claims_about, supersede, traces_of
from sbapply.verify.queries import WHOLE_KINDS, fact_evidence, prepared_facts
from tests.conftest import new_database
from tests.rehearse.changing_folder import ChangingFolder

KINDS = Path(__file__).parents[1].joinpath("verify", "kinds.sql").read_text("utf-8")
MOVES = Path(__file__).with_name("moves.sql").read_text("utf-8")


class WholeSnapshots:
    """Derive changes and claims the plain way: everything is read before and after, in fresh sessions."""

    def __init__(self, database: LocalDatabase) -> None:
        self.database = database
        self.catalog = read_catalog(database)

    def changes(self) -> tuple[Change, ...]:
        before, self.catalog = self.catalog, read_catalog(self.database)
        return diff(before, self.catalog)

    def expects(self, claim: Claim) -> Json:
        if claim.kind == "probe":
            return claim.expected
        sql = fact_evidence(claim.kind, claim.key)
        [row] = self.database.run(sql.replace("begin read only;", f"begin read only;{SETTINGS_SQL}", 1))
        return row["fact"]


class Watched:
    """Look at one database as a rehearsal does, beside whole snapshots of it."""

    def __init__(self, server: Server) -> None:
        self.name = new_database(server)
        self.database = LocalDatabase(server.conninfo(database=self.name))
        self.observer = SteadyDatabase(self.database.conninfo, opening=PREPARATION + prepared_facts())
        self.watch = CatalogWatch(self.observer, self.observer.close)
        self.oracle = WholeSnapshots(self.database)
        self.first = self.watch.look()

    def check(self, sql: str) -> Sequence[Change]:
        """Run ``sql`` and compare both ways to say what it did; return the changes."""
        self.database.run(sql.replace("@database@", self.name))
        expected = self.oracle.changes()
        found = self.watch.look()
        assert found == expected
        for claim in claims_about(traces_of("1", found), self.observer):
            assert (claim.object, claim.expected) == (claim.object, self.oracle.expects(claim))
        return found


@pytest.fixture(params=[18, 15], ids=["on 18", "on 15"])
def watched(request: pytest.FixtureRequest, engine_of: Callable[[int], Server]) -> Iterator[Watched]:
    made = Watched(engine_of(request.param))
    yield made
    made.observer.close()


def steps() -> list[tuple[str, str]]:
    """Return the sections of moves.sql by their titles."""
    sections = [section.partition("\n") for section in MOVES.split("-- step: ")[1:]]
    return [(title, sql) for title, _, sql in sections]


def test_the_first_look_sees_everything(watched: Watched) -> None:
    assert {change.key for change in watched.first if change.kind == "table"} == {
        table.key for table in watched.oracle.catalog.tables
    }
    assert watched.check("select 1") == ()


def test_every_kind_of_object_and_of_change_is_seen(watched: Watched) -> None:
    watched.check(KINDS)
    quiet = [title for title, sql in steps() if not watched.check(sql)]

    assert quiet == [title for title, _ in steps() if "nothing" in title]


@pytest.mark.parametrize("seed", range(2))
def test_a_generated_folder_is_seen_as_whole_snapshots_see_it(watched: Watched, seed: int) -> None:
    seen: set[str] = set()
    for sql in ChangingFolder(seed).migrations(40):
        seen |= {f"{change.kind} {change.action}" for change in watched.check(sql)}

    assert {"table added", "table removed", "column changed", "policy added", "constraint removed"} <= seen


def test_a_rehearsal_claims_what_whole_snapshots_would(engine_of: Callable[[int], Server]) -> None:
    server = engine_of(18)
    scratch, beside = (LocalDatabase(server.conninfo(database=new_database(server))) for _ in range(2))
    texts = [KINDS, *(sql for _, sql in steps() if "@database@" not in sql)]
    migrations = [Migration(f"{place:04}.sql", f"{place:04}", "", text) for place, text in enumerate(texts)]
    oracle = WholeSnapshots(beside)
    facts = SteadyDatabase(beside.conninfo, opening=PREPARATION + prepared_facts())
    expected = []
    for migration in migrations:
        beside.run(migration.text)
        expected.append((migration.version, traces_of(migration.version, oracle.changes())))
    claims = claims_about(supersede(trace for _, traces in expected for trace in traces), facts)
    facts.close()
    rehearsal = rehearse(scratch, migrations)

    assert list(rehearsal.traces) == expected
    assert tuple(claim for claim in rehearsal.claims if claim.kind not in WHOLE_KINDS) == claims
