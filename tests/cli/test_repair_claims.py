"""Traces that a push has left go with a repair, unless a push waits for a word on them, and are told meanwhile."""

import pytest

from sbapply.templates import load_sql
from tests.cli.conftest import Project

PLAIN = "select 1;\nreindex table concurrently a;"
CREATE = load_sql("sbapply.apply", "create_units.sql")


def claimed(project: Project, effect: str) -> None:
    """Leave version 2 with a first part and a claim; 1 is applied."""
    project.write(v1_a="create table a (id int);", v2_b=PLAIN)
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify", "--to", "1").status == 0
    project.database.run(
        f"{CREATE}insert into supabase_migrations.sbapply_units (version, unit, reach, digest, attempt, note) "
        f"""values ('2', 1, 9, 'd', 'a0', '{{"effect": "{effect}"}}')"""
    )


def left(project: Project) -> object:
    return project.database.run("select count(*)::int as count from supabase_migrations.sbapply_units")[0]["count"]


@pytest.mark.parametrize("word", ["applied", "reverted"])
def test_a_claim_whose_effect_can_be_told_goes_with_a_repair(project: Project, word: str) -> None:
    claimed(project, "repeat")

    assert project.json("repair", word, "2", "--yes")[0] == 0
    assert left(project) == 0


def test_a_claim_that_a_push_waits_for_a_word_on_is_left_to_it(project: Project) -> None:
    claimed(project, "once")

    status, document = project.json("repair", "reverted", "2", "--yes")

    assert status == 2
    assert "--done 2:a0`" in str(document["error"])
    assert left(project) == 1


def test_a_claim_that_no_push_can_take_up_goes_with_a_repair(project: Project) -> None:
    claimed(project, "once")
    (project.folder / "supabase/migrations/2_b.sql").unlink()

    assert project.json("repair", "reverted", "2", "--yes")[0] == 0
    assert left(project) == 0


def test_traces_of_an_applied_version_are_told_and_cleared_by_the_next_push_that_applies(project: Project) -> None:
    claimed(project, "repeat")
    project.database.run("insert into supabase_migrations.schema_migrations values ('2', null, 'b')")

    assert "traces of its parts are left" in project.run("status").stdout
    nothing = project.run("push", "--yes", "--no-rehearse", "--no-verify")
    assert "traces of its parts are left" in nothing.stdout
    assert (nothing.status, left(project)) == (0, 1)

    project.write(v3_c="select 1;")
    dry = project.run("push", "--dry-run", "--no-rehearse")
    assert "clear what is left of its parts" in dry.stdout
    assert "2 requests would be sent" in dry.stdout
    assert project.run("push", "--yes", "--no-rehearse", "--no-verify").status == 0
    assert left(project) == 0
