"""The plan: every file and every row has one state, and what push refuses is named with its place."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sbapply.errors import UsageError
from sbapply.history.digest import digest_of_texts
from sbapply.history.plan import Plan, State, make_plan
from sbapply.history.state import HistoryRow, RemoteState
from sbapply.migrations.files import Migration, read_folder
from sbapply.migrations.statements import split_text


def remote(**texts: str | Sequence[str] | None) -> RemoteState:
    """Return a history with rows `v<version>_<name>`: their text, or their elements, or None."""
    rows = []
    for key, text in texts.items():
        version, _, name = key.removeprefix("v").partition("_")
        stored = split_text(text).stored() if isinstance(text, str) else text
        rows.append(HistoryRow(version, name or None, None if stored is None else digest_of_texts(stored)))
    columns = ("version", "statements", "name")
    return RemoteState(tuple(rows), True, True, columns, 170_006, "postgres", 0.0, 0.0, 0.0)


def plan(
    path: Path,
    state: RemoteState,
    files: Mapping[str, str | bytes],
    stored: Mapping[str, Sequence[str]] | None = None,
    *,
    include_all: bool = False,
    to: str | None = None,
) -> Plan:
    for name, content in files.items():
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    asked: list[Sequence[str]] = []

    def read_stored(versions: Sequence[str]) -> Mapping[str, Sequence[str]]:
        asked.append(versions)
        return stored or {}

    made = make_plan(read_folder(path, shown="m"), state, read_stored=read_stored, include_all=include_all, to=to)
    assert len(asked) == (0 if stored is None else 1)
    return made


def states(made: Plan) -> list[tuple[str, str]]:
    return [(entry.version or entry.file or "", entry.state.value) for entry in made.entries]


def test_what_is_in_the_history_with_the_same_text_is_applied_and_the_rest_pending(tmp_path: Path) -> None:
    made = plan(
        tmp_path, remote(v1_a="select 1;"), {"1_a.sql": "select 1;\n", "2_b.sql": "select 2", "3_c.sql": ""}
    )
    assert states(made) == [("1", "applied"), ("2", "pending"), ("3", "pending")]
    assert [each.version for each in made.ready] == ["2", "3"]
    assert made.refusals == ()
    assert made.ready[0].digest == digest_of_texts(["select 2"])
    assert made.ready[1].statements == ()


def test_a_body_of_statements_that_only_the_parser_can_cut_is_applied_too(tmp_path: Path) -> None:
    text = "create procedure p() begin atomic insert into t values (1); update t set a = 2; end; select 1"
    made = plan(tmp_path, remote(v1_a=text), {"1_a.sql": text})
    assert states(made) == [("1", "applied")]


def test_a_changed_text_is_edited_and_push_goes_on(tmp_path: Path) -> None:
    files = {"1_a.sql": "select 2", "2_b.sql": "select 3"}
    made = plan(tmp_path, remote(v1_a="select 1"), files, {"1": ["select 1"]})
    assert states(made) == [("1", "edited"), ("2", "pending")]
    assert "differs" in made.entries[0].reason
    assert [each.version for each in made.ready] == ["2"]


@pytest.mark.parametrize(
    "stored", [["select 1;\n"], ["SELECT 1"], ["-- old comment\nselect\n1"], ["select 1", "-- x"]]
)
def test_a_text_that_only_looks_different_is_applied(tmp_path: Path, stored: list[str]) -> None:
    made = plan(tmp_path, remote(v1_a=stored), {"1_a.sql": "select 1;"}, {"1": stored})
    assert states(made) == [("1", "applied")]


def test_a_row_without_a_text_is_applied_and_says_that_nothing_was_compared(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v1_a=None), {"1_a.sql": "select 1"})
    assert states(made) == [("1", "applied")]
    assert made.entries[0].reason == "the history holds no text to compare with"


def test_a_row_without_a_file_is_listed_in_its_place(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v1_a="", v2_gone="", v3_c=""), {"1_a.sql": "", "3_c.sql": "", "4_d.sql": ""})
    assert states(made) == [("1", "applied"), ("2", "missing-file"), ("3", "applied"), ("4", "pending")]
    assert made.entries[1].name == "gone"
    assert made.entries[1].file is None
    assert [each.version for each in made.ready] == ["4"]


def test_a_file_older_than_the_newest_row_is_out_of_order_unless_admitted(tmp_path: Path) -> None:
    files = {"1_a.sql": "", "3_c.sql": "", "4_d.sql": ""}
    made = plan(tmp_path, remote(v3_c=""), files)
    assert states(made) == [("1", "out-of-order"), ("3", "applied"), ("4", "pending")]
    assert [(each.migration.version, each.problem.code) for each in made.refusals] == [("1", "out-of-order")]
    made = plan(tmp_path, remote(v3_c=""), files, include_all=True)
    assert states(made) == [("1", "pending"), ("3", "applied"), ("4", "pending")]
    assert [each.version for each in made.ready] == ["1", "4"]


def test_order_is_that_of_text_so_a_shorter_version_stands_before_what_it_begins(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v20260420140000_x=""), {"20260420_y.sql": "", "9_z.sql": ""})
    assert dict(states(made))["20260420"] == "out-of-order"
    assert dict(states(made))["9"] == "pending"


def test_after_the_end_of_time_everything_is_out_of_order(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v99999999999999_x=""), {"20260101000000_a.sql": ""})
    assert states(made) == [("20260101000000", "out-of-order"), ("99999999999999", "missing-file")]


def test_files_that_share_a_version_are_refused_until_they_are_told_apart(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(), {"1_a.sql": "", "1_b.sql": "", "2_c.sql": ""})
    assert states(made) == [("1", "duplicate"), ("1", "duplicate"), ("2", "pending")]
    assert [each.problem.code for each in made.refusals] == ["duplicate-version", "duplicate-version"]


def test_of_files_that_share_an_applied_version_the_named_one_is_applied(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v1_b="select 1"), {"1_a.sql": "", "1_b.sql": "select 1"})
    assert [(entry.name, entry.state) for entry in made.entries] == [("a", State.DUPLICATE), ("b", State.APPLIED)]
    assert made.refusals == ()


def test_a_pending_file_that_cannot_be_sent_is_unreadable_with_its_place(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "1_syntax.sql": "select 1;\n  selec 2;",
        "2_bytes.sql": b"select 1; -- \xff",
        "3_crypt.sql": b"\x00GITCRYPT\x00",
        "4_copy.sql": "copy t from stdin;\n1\n\\.\n",
        "5_psql.sql": "\\restrict x\n",
        "6_rollback.sql": "select 1;\nrollback;",
    }
    made = plan(tmp_path, remote(), files)
    assert {state for _, state in states(made)} == {"unreadable"}
    assert [(each.problem.code, str(each.problem.place)) for each in made.refusals] == [
        ("syntax", "m/1_syntax.sql:2:3"),
        ("not-utf8", "m/2_bytes.sql:1:14"),
        ("encrypted", "m/3_crypt.sql:1:1"),
        ("copy-from-stdin", "m/4_copy.sql:1:1"),
        ("psql-meta-command", "m/5_psql.sql:1:1"),
        ("transaction-control", "m/6_rollback.sql:2:1"),
    ]
    assert made.entries[0].reason.endswith(" at 2:3")


def test_a_bad_file_that_is_applied_already_is_only_listed(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"1_a.sql": b"\xff", "2_b.sql": "\\restrict x", "3_c.sql": "select 3"}
    made = plan(tmp_path, remote(v1_a="select 1", v2_b="select 2"), files, {"2": ["select 2"]})
    assert states(made) == [("1", "unreadable"), ("2", "edited"), ("3", "pending")]
    assert made.refusals == ()
    assert [each.version for each in made.ready] == ["3"]


def test_what_is_no_migration_is_listed_last(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(), {"1-a.sql": "", "2_b.sql": "", "3_c.down.sql": "", "README": ""})
    assert states(made) == [
        ("2", "pending"),
        ("m/1-a.sql", "skipped"),
        ("m/3_c.down.sql", "skipped"),
        ("m/README", "skipped"),
    ]
    assert all(entry.reason for entry in made.entries[1:])


def test_to_leaves_out_what_is_newer_and_its_refusals(tmp_path: Path) -> None:
    files = {"1_a.sql": "", "2_b.sql": "", "3_c.sql": "selec", "4_d.sql": "", "4_e.sql": ""}
    made = plan(tmp_path, remote(), files, to="2")
    assert [each.version for each in made.ready] == ["1", "2"]
    assert made.refusals == ()
    assert dict(states(made))["3"] == "unreadable"


def test_to_must_name_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has the version 7"):
        plan(tmp_path, remote(), {"1_a.sql": ""}, to="7")


def test_what_is_sent_is_the_files_text_and_what_is_stored_its_statements(tmp_path: Path) -> None:
    text = "\ufeff-- é\r\nbegin;\r\nselect '😀';\r\ncommit;\r\n"
    (ready,) = plan(tmp_path, remote(), {"1_a.sql": text}).ready
    assert ready.body(ready.units[0]) == "\r\nselect '😀';\r\n"
    assert ready.statements == ("-- é\r\nbegin", "select '😀'", "commit")
    assert ready.migration == Migration("1", "a", "m/1_a.sql", text.removeprefix("\ufeff"))


def test_a_squash_leaves_hundreds_of_versions_without_a_file(tmp_path: Path) -> None:
    old = {f"v{version}_x": "select 1" for version in range(100, 500)}
    made = plan(tmp_path, remote(**old), {"900_squashed.sql": "select 1; select 2"}, {"100": ["select 1"]})
    assert len(made.of_state(State.MISSING_FILE)) == 400
    assert [each.version for each in made.ready] == ["900"]


def test_a_file_whose_text_is_applied_under_another_version_is_relabelled_and_never_sent(tmp_path: Path) -> None:
    files = {"1_a.sql": "select 1", "3_b.sql": "SELECT 2 -- the same", "4_c.sql": "select 3"}
    state = remote(v1_a="select 1", v20260101_b=["select 2;"], v20260102_else="select 5")
    stored = {"20260101": ["select 2;"], "20260102": ["select 5"]}
    made = plan(tmp_path, state, files, stored, include_all=True)

    assert states(made) == [
        ("1", "applied"),
        ("20260101", "missing-file"),
        ("20260102", "missing-file"),
        ("3", "relabelled"),
        ("4", "pending"),
    ]
    reasons = {entry.version: entry.reason for entry in made.entries}
    assert reasons["3"] == "its text is applied as 20260101 b"
    assert reasons["20260101"] == "applied, but no file here has the version; m/3_b.sql has its text"
    assert [each.version for each in made.ready] == ["4"]
    (refusal,) = made.refusals
    assert (refusal.migration.version, refusal.problem.code) == ("3", "relabelled")
    assert "sbapply reconcile" in refusal.problem.next_step


def test_where_the_digest_tells_it_no_stored_text_is_read(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v9_b="select 2"), {"1_b.sql": "select 2;\n"})
    assert states(made) == [("1", "relabelled"), ("9", "missing-file")]
    assert made.ready == ()


def test_no_stored_text_is_read_where_nothing_is_missing_or_nothing_pending(tmp_path: Path) -> None:
    plan(tmp_path, remote(v1_a="select 1"), {"1_a.sql": "select 1", "2_b.sql": "select 2"})
    plan(tmp_path, remote(v1_a="select 1", v2_b="select 2", v3_c="select 3"), {})
    plan(tmp_path, remote(v1_a="select 1", v2_b="select 2", v3_c=None), {"4_d.sql": "select 3"})


def test_a_row_without_text_is_no_files_and_says_so(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v9_b=None), {"1_b.sql": "select 2"})
    assert states(made) == [("1", "out-of-order"), ("9", "missing-file")]
    assert made.entries[1].reason.endswith("and the history holds no text of it")


def test_a_relabelled_file_that_is_held_back_is_not_refused(tmp_path: Path) -> None:
    made = plan(tmp_path, remote(v5_b="select 2"), {"6_a.sql": "select 1", "7_b.sql": "select 2"}, to="6")
    assert states(made) == [("5", "missing-file"), ("6", "pending"), ("7", "relabelled")]
    assert (len(made.ready), made.refusals) == (1, ())
