"""Push files that lay hands on the history, the session and our own words: the report is true each time."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sbapply.rehearse.server import Server
from sbapply.rehearse.wire import Limits
from tests.reliability import hostile_history, hostile_session, hostile_text, hostile_units
from tests.reliability.hostile import BASE, HOSTILE, NEXT, End, Hostile, mark
from tests.reliability.judging import Report, hold_against
from tests.reliability.place import Place, place_on

CASES = (*hostile_history.CASES, *hostile_session.CASES, *hostile_text.CASES, *hostile_units.CASES)
# All of them in the whole run, every third one else.
SAMPLE = CASES if os.environ.get("SBAPPLY_WHOLE") else CASES[::3]
SETTINGS = """
[patience]
read = 3
settle = 2.5
[limits]
request_bytes = {request_bytes}
lock_timeout = "1s"
history_lock_timeout = "1s"
"""
# Small enough that a file can go beyond it without filling the memory.
RESULT_BYTES = 2_000_000
BASE_TEXT = f"""create schema app;
create table app.marks (version text, part int);
create table app.echoes (note text);
grant usage on schema app to public;
grant all on app.marks to public;
{mark(version=BASE)}"""


def _check_end(case: Hostile, place: Place, reports: Sequence[Report]) -> None:
    """Hold the reports against what this file has to come to."""
    told = "\n".join(report.said() for report in reports)
    *first, last = reports
    done = [version for report in first for version in report.applied]
    own = [version for report in reports for version in report.applied if version not in report.by_others]
    match case.end:
        case End.APPLIED:
            assert {report.status for report in reports} == {0}, told
            assert sorted(done) == [BASE, HOSTILE, NEXT], told
            assert place.left_behind() == 0, told
        case End.STOPS:
            assert (first[0].status, first[0].applied, first[0].pending) == (1, [BASE], [HOSTILE, NEXT]), told
            assert (last.status, last.code, last.applied) == (1, first[0].code, []), told
        case End.POISONS:
            assert HOSTILE in done, told
            assert NEXT not in own, told
            assert first[-1].status != 0 or NEXT in case.forged, told
            assert last.status != 0 or NEXT in case.forged, told
        case End.HEALS:
            assert (first[0].status, first[0].applied) == (1, [BASE, HOSTILE]), told
            assert (last.status, last.applied) == (0, [NEXT]), told
        case End.REFUSED:
            assert [report.status for report in reports] == [4, 4], told
            assert (done, place.line.writes) == ([], 0), told
            assert first[0].document["error"]["file"].endswith(f"{HOSTILE}_hostile.sql"), told
        case End.VANISHES:
            assert (first[0].status, first[0].applied) == (1, [BASE]), told
            assert place.truth().parts(HOSTILE) == [1], told
            assert "nothing of it was applied" not in str(first[0].document["error"]["next"]), told
        case End.FORGETS:
            assert (last.status, last.code, last.applied) == (1, "history-moved", [BASE]), told
        case End.EITHER:
            assert last.applied == [] or last.status == 0, told


@pytest.mark.parametrize("case", SAMPLE, ids=[case.name for case in SAMPLE])
def test_the_report_on_a_hostile_file_is_true(
    case: Hostile, tmp_path: Path, engine_of: Callable[[int], Server]
) -> None:
    limits = Limits(query_seconds=case.query_seconds, result_bytes=RESULT_BYTES)
    with place_on(engine_of(18), tmp_path, limits=limits) as place:
        place.configure(SETTINGS.format(request_bytes=case.request_bytes))
        place.write(BASE, "base", BASE_TEXT)
        place.write(HOSTILE, "hostile", case.text)
        reports = [_push(case, place)] if case.apart else []
        place.write(NEXT, "next", f"{case.next_before}{mark(version=NEXT)}")
        reports += [_push(case, place) for _ in range(1 if case.end is End.FORGETS else 2)]
        _check_end(case, place, reports)


def _push(case: Hostile, place: Place) -> Report:
    """Push and hold the report against what is committed."""
    report = place.push()
    parts = {BASE: 1, HOSTILE: case.parts, NEXT: 1}
    if not case.apart:
        assert place.settings_left() == [], f"{place.settings_left()} {report.said()}"
    hold_against(report, place.truth(), place.texts(), parts, case.forged)
    return report


def test_there_are_hostile_files_enough_and_each_has_a_name_of_its_own(
    record_property: Callable[[str, object], None],
) -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert len(names) >= 40
    record_property("figure", ["hostile files", len(names)])
    record_property("figure", ["hostile files that were pushed", len(SAMPLE)])
