"""Facts derived on 18 read the same on 15 and on 18."""

from pathlib import Path

from sbapply.verify.proof import prove
from tests.verify.conftest import Derive, Place

KINDS = Path(__file__).with_name("kinds.sql").read_text("utf-8")


def test_our_own_migrations_are_confirmed_to_the_last_claim(
    derive: Derive, project: Place, migrations: list[tuple[str, str]]
) -> None:
    claims = derive(migrations)
    for _, sql in migrations:
        project.database.run(sql)

    verdict = prove(project.database, claims)

    assert [result.to_json() for result in verdict.results if result.status != "confirmed"] == []
    assert verdict.outcome == "confirmed"
    assert verdict.summary() == {
        "outcome": "confirmed",
        "claims": 26,
        "confirmed": 26,
        "differs": 0,
        "not_probed": 0,
    }


def test_every_kind_of_object_reads_the_same(derive: Derive, project: Place) -> None:
    claims = derive([("0001", KINDS)])
    project.database.run(KINDS)

    verdict = prove(project.database, claims)

    assert len(claims) > 150
    unconfirmed = [
        result.to_json() for result in verdict.results if result.status not in {"confirmed", "not-probed"}
    ]
    assert unconfirmed == []
    probed = [result.status for result in verdict.results if result.kind == "probe"]
    assert probed.count("confirmed") >= 14
