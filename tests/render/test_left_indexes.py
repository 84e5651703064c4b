"""An index that a broken-off REINDEX has left is told with what takes it away."""

from sbapply.apply.outcome import IndexLeft
from sbapply.render.push import event_line


def test_an_index_that_was_left_is_told_with_what_takes_it_away() -> None:
    line = event_line(IndexLeft('app."T_ccnew"'))
    assert line.startswith("left by a REINDEX CONCURRENTLY that broke off: ")
    assert line.endswith('drop it (`drop index concurrently app."T_ccnew"`)')
