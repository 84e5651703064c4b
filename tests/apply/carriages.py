"""Play what keeps files in pieces, and claims that come twice, in order; each asserts the end that is promised."""

from collections.abc import Sequence

from sbapply.config import Limits
from sbapply.database import Patience, Row
from sbapply.errors import MigrationFailed, NothingApplied
from sbapply.migrations.files import Migration
from tests.apply.bench import Bench, migration, versions
from tests.apply.gateway import Gateway, cut_before, deliver, deliver_deaf, rival
from tests.apply.parts import SMALL, counting, done, with_table

ROWS = 600
LARGER = Limits(request_bytes=40_000)
SIDE_TABLES = migration("0", "select 1; commit; begin; select 2; commit;", counted=False)


def large_in_parts(remark: str = "") -> Migration:
    """Return a migration of three transactions, the first of which does not fit into a small request."""
    values = "".join(f"insert into app.t values ({row}, {row});\n" for row in range(ROWS))
    text = f"{counting('1a')}{values}commit;\nbegin;\n{counting('1b')}-- {remark}\ncommit;\n{counting('1c')}"
    return migration("1", text, counted=False)


def _killed(_gateway: Gateway, _sql: str) -> Sequence[Row]:
    raise KeyboardInterrupt


def _whole(bench: Bench, history: list[str] | None = None) -> None:
    assert (bench.history(), bench.runs()) == (history or ["1"], ["1a", "1b", "1c"])
    assert bench.ask("select count(*)::int from app.t") == [ROWS]
    assert bench.units() == []
    assert bench.ask("select count(*)::int from supabase_migrations.sbapply_pieces") == [0]


def a_carriage_that_is_claimed_twice_keeps_its_pieces(bench: Bench) -> None:
    with_table(bench)
    done(bench, bench.push(large_in_parts(), limits=SMALL), runs=["1a", "1b", "1c"])
    bench.superuser.run(
        "delete from supabase_migrations.schema_migrations; delete from app.t; delete from app.runs"
    )
    first: list[str] = []

    def noted(gateway: Gateway, sql: str) -> Sequence[Row]:
        first.append(sql)
        return deliver(gateway, sql)

    def again_before(gateway: Gateway, sql: str) -> Sequence[Row]:
        deliver_deaf(gateway, first[0])
        return deliver(gateway, sql)

    pieces = [deliver] * sum("sbapply_pieces (attempt" in sql for sql in bench.gateways[-1].sent())
    outcome = bench.push(large_in_parts(), limits=SMALL, faults=[noted, *pieces, again_before], deadline=5.0)
    assert outcome.error is None
    _whole(bench)


def a_carriage_that_somebody_else_has_claimed_is_claimed_anew(bench: Bench) -> None:
    with_table(bench)

    def a_colleague_begins(gateway: Gateway, sql: str) -> Sequence[Row]:
        Bench(bench.connect, bench.name).push(
            large_in_parts("edited"), limits=SMALL, faults=[deliver, deliver, _killed]
        )
        return deliver(gateway, sql)

    outcome = bench.push(large_in_parts(), limits=SMALL, faults=[*[deliver] * 4, a_colleague_begins])
    assert outcome.error is None
    _whole(bench)


def pieces_that_are_gone_are_carried_again(bench: Bench) -> None:
    with_table(bench)
    gone = "set role postgres; delete from supabase_migrations.sbapply_pieces where place > 100"

    def lost(gateway: Gateway, sql: str) -> Sequence[Row]:
        if "sbapply statement" in sql:
            bench.superuser.run(gone)
            gateway.faults["write"].clear()
        return deliver(gateway, sql)

    outcome = bench.push(large_in_parts(), limits=SMALL, faults=[lost] * 20)
    assert outcome.error is None
    _whole(bench)


def pieces_of_another_cut_are_not_taken_for_these(bench: Bench) -> None:
    """The limit was changed, or sbapply was, between a run that was killed and the next."""
    with_table(bench)
    bench.push(large_in_parts(), limits=SMALL, faults=[deliver, deliver, _killed])
    outcome = bench.push(large_in_parts(), limits=LARGER, faults=[cut_before])
    assert outcome.error is None
    _whole(bench)


def a_carriage_outgrown_by_the_limit_is_forgotten(bench: Bench) -> None:
    """What is left of it by now fits into one request."""
    with_table(bench)
    bench.push(large_in_parts(), limits=SMALL, faults=[deliver, deliver, _killed])
    assert bench.push(large_in_parts()).error is None
    _whole(bench)


def a_claim_that_comes_again_behind_its_release_does_nothing(bench: Bench) -> None:
    with_table(bench)
    bench.superuser.run("set role postgres; alter table app.t add constraint t_pk primary key (a)")
    assert bench.push(SIDE_TABLES).error is None
    claims: list[str] = []

    def noted(gateway: Gateway, sql: str) -> Sequence[Row]:
        claims.append(sql)
        return deliver(gateway, sql)

    dropping = migration("3", "drop index concurrently app.t_pk", counted=False)
    for _ in range(2):
        outcome = bench.push(SIDE_TABLES, dropping, faults=[noted], deadline=5.0)
        assert isinstance(outcome.error, MigrationFailed), outcome.error
    for claim in claims:
        deliver_deaf(Gateway(bench.database), claim)
    assert bench.indexes() == ["CREATE UNIQUE INDEX t_pk ON app.t USING btree (a)"]


def two_who_take_a_claim_from_each_other_come_to_an_end(bench: Bench) -> None:
    with_table(bench)
    theirs = "attempt = md5(random()::text), digest = 'theirs'"
    taken = f"update supabase_migrations.sbapply_units set {theirs} where unit = 0"
    patience = Patience(read=2.0, settle=1.0)
    outcome = bench.push(large_in_parts(), limits=SMALL, faults=[deliver] + [rival(taken)] * 500, patience=patience)
    assert isinstance(outcome.error, NothingApplied), outcome.error
    assert (versions(outcome.pending), bench.history(), bench.runs()) == (["1"], [], [])
