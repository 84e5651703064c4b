"""Each format tells the whole: who, when, from what, each claim with its evidence, and the verdict last."""

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sbapply import redaction
from sbapply.redaction import hide
from sbapply.render.actions import annotation_lines
from sbapply.render.report.document import fact, names_of, read_document
from sbapply.render.report.file import SUFFIXES, append_summary, report_text, write_report
from sbapply.render.report.markdown import code
from tests.render.report.samples import claim, column, document, table, with_claims
from tests.render.report.test_inert import Page

if TYPE_CHECKING:
    from sbapply.database import Json

VERDICT = "DIFFERENT: 5 of 9 claims confirmed, 2 differ, 2 not probed"


def shown(document: "dict[str, Json]", suffix: str) -> str:
    """Return what a reader of a report sees."""
    text = report_text(document, suffix)
    if suffix == ".html":
        return Page(text).text
    if suffix == ".xml":
        return " ".join(" ".join([*each.attrib.values(), each.text or ""]) for each in ET.fromstring(text).iter())
    return text


@pytest.mark.parametrize("suffix", [".md", ".html", ".xml"])
def test_everything_is_told_and_the_verdict_comes_last(suffix: str) -> None:
    text = shown(document("zq"), suffix)
    wanted: tuple[str, ...] = (
        "abcdefghijklmnopqrst",
        "a" * 40,
        "with uncommitted changes",
        "2026-01-02T03:04:05Z",
        "0.1.0",
    )
    wanted += (
        "zq (from the operating system)",
        "found applied",
        "1 of 3 parts",
        "42703",
        "SHARE on zq.zq",
        "rows 3",
    )
    assert [each for each in wanted if each not in text] == []
    last = text.rindex(VERDICT)
    assert all(text.rindex(each) < last for each in ("rows not counted: zq", "42703", "select 1"))
    assert len(text) - last < len(VERDICT) + 10


def test_json_is_the_document_with_the_report_beside_it_and_its_verdict_last() -> None:
    found = json.loads(report_text(document("zq"), ".json"))
    assert list(found)[-1] == "report"
    assert list(found["report"])[-1] == "verdict"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_report_holds_a_secret(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", set())
    known, token = "correct-horse|battery", "sbp_0123456789abcdef0123456789abcdef01234567"
    url = "postgresql://postgres:hunter2hunter2@db.host:5432/postgres"
    hide(known)
    text = report_text(document(f"{known} {token} {url}"), suffix)
    bare = text.replace("\\", "")
    assert not [each for each in (known, token[4:], "hunter2") if each in bare]
    assert "[hidden]" in bare or "hidden" in bare


def test_junit_fails_what_differs_and_skips_what_could_not_be_tried() -> None:
    root = ET.fromstring(report_text(document("zq"), ".xml"))
    suites = root.findall("testsuite")
    assert [each.get("name") for each in suites] == [
        f"push zq ({document()['project']})",
        "0002 zq",
        "0003 zq",
        "0004 zq",
        "0005 zq",
        "verdict",
    ]
    cases = {case.get("name"): [inner.tag for inner in case if inner.tag != "system-out"] for case in suites[1]}
    assert cases["zq (function)"] == ["failure"]
    assert cases["public.other.zq (constraint)"] == []
    assert cases["zq (trigger)"] == cases["zq (privilege)"] == ["skipped"]
    (skipped,) = [each for each in suites[1].iter("skipped") if "not-visible" in each.get("message", "")]
    assert "reason zq" in skipped.get("message", "")
    for suite in [root, *suites]:
        for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(len(list(suite.iter(tag))))
        assert float(suite.get("time", "")) >= 0
    assert [each.tag for each in suites[3][0]] == ["failure"]
    assert [each.tag for each in suites[4][0]] == ["skipped"]


def test_an_unknown_outcome_is_an_error_and_no_failure() -> None:
    made: Any = document("zq", outcome="unknown")
    made["report"]["exit_status"] = 5
    run = ET.fromstring(report_text(made, ".xml"))[0]
    assert (run.get("errors"), run.get("failures")) == ("1", "0")


def test_a_page_stands_alone_and_allows_nothing_from_outside() -> None:
    page = report_text(document("zq"), ".html")
    assert (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        in page
    )
    assert not re.findall(r"(?i)<(?:script|link|img|iframe|object|base|form)\b|url\((?!#)|@import|https?:", page)
    assert page.startswith("<!doctype html>")


def test_a_push_without_claims_says_that_nothing_is_verified() -> None:
    made: Any = with_claims([])
    made["report"]["verdict"] = {"outcome": "not-verified", "reason": "--no-verify was given"}
    for suffix in (".md", ".html", ".xml"):
        assert "Not verified: --no-verify was given" in shown(made, suffix)


def test_queries_of_many_confirmed_claims_are_left_to_json() -> None:
    many = [column("orders", f"c{number}", query=f"select {number}") for number in range(501)]
    text = shown(with_claims(many), ".html")
    assert "select 5" not in text
    assert "in the .json report" in text


@pytest.mark.parametrize("limit", [2_000, 20_000, 60_000, 900_000])
def test_a_bounded_markdown_keeps_its_bounds_and_its_verdict(tmp_path: Path, limit: int) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    many = [column("orders", f"c{number}", query="select 1\n" * 50) for number in range(1_500)]
    append_summary(summary, with_claims(many), limit=limit)
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# before\n")
    assert len(text.encode()) <= limit
    assert "has no room here" in text
    assert "**Verified: 1500 of 1500 claims confirmed" in text.splitlines()[-2]
    assert text.count("```") % 2 == 0


def test_a_full_summary_is_left_as_it_is(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("x" * 1_990)
    append_summary(summary, document("zq"), limit=2_000)
    assert summary.read_text() == "x" * 1_990


def test_a_report_takes_the_place_of_the_one_before_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.md"
    path.write_text("before")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            write_report(path, document())
    assert [each.name for each in tmp_path.iterdir()] == ["r.md"]
    assert path.read_text() == "before"
    write_report(path, document())
    assert path.read_text(encoding="utf-8") == report_text(document(), ".md")
    assert [each.name for each in tmp_path.iterdir()] == ["r.md"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "r.JSON").symlink_to(tmp_path / "there" / "real.json")
    write_report(tmp_path / "r.JSON", document())
    assert (tmp_path / "r.JSON").is_symlink()
    assert json.loads((tmp_path / "there" / "real.json").read_text()) == document()


def test_annotations_name_the_place_and_escape_what_would_end_them() -> None:
    made: Any = document("a:b,c%d\n\x1b::x")
    lines = list(annotation_lines(read_document(made), "apps/web"))
    assert lines[0] == (
        "::error file=apps/web/a%3Ab%2Cc%25d\\x0a\\x1b%3A%3Ax,line=3,col=7,"
        "title=sbapply push%3A migration-failed::a:b,c%25d%0A\\x1b::x%0ANext: a:b,c%25d%0A\\x1b::x"
    )
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds == ["::error"] * 3 + ["::warning"] * 2
    assert all("\n" not in line for line in lines)
    assert "file=apps/web/supabase/migrations/0002_" in lines[1]


def test_there_are_fifty_annotations_of_a_kind_at_most() -> None:
    wrong = [claim(object=f"o{number}", status="missing", found=None) for number in range(70)]
    lines = list(annotation_lines(read_document(with_claims(wrong))))
    assert len(lines) == 51
    assert lines[-1].endswith("::20 more are in the report and in the log.")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("public.orders", ("public", "orders")),
        ('public."Or.de""rs".id (probe)', ("public", 'Or.de"rs', "id")),
        ('"a b".c (row security)', ("a b", "c")),
        ("x[1]", ("x[1]",)),
        ('"open', ("open",)),
        ("", ()),
    ],
)
def test_names_are_read_as_they_are_written(text: str, names: tuple[str, ...]) -> None:
    assert names_of(text) == names


def test_facts_are_short() -> None:
    assert fact({"a": 1, "b": None, "c": "x"}) == "a 1, c x"
    assert fact(None) == "absent"
    assert fact("x" * 1_010) == f"{'x' * 1_000}… (10 more characters)"
    assert code("") == "_(empty)_"
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert code("a|b") == "`a\\|b`"


def test_a_verify_has_no_migrations_of_its_own_to_tell() -> None:
    made: Any = with_claims([table("orders"), column("orders", "id")])
    for name in ("applied", "pending", "half_applied", "would_send", "data", "locks"):
        del made[name]
    made |= {"command": "verify", "outcome": "confirmed"}
    for suffix in (".md", ".html", ".xml"):
        assert "Verified: 2 of 2 claims confirmed" in shown(made, suffix)
    assert "Tables of the newest migrations" in shown(made, ".html")
