"""Say the figures of a run at its end: how many cases, kills, rounds there were."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up and print what tests recorded as ``figure``, a label and a number, in whichever process."""
    figures: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, value in report.user_properties:
                    if name == "figure" and isinstance(value, list | tuple):
                        figures[str(value[0])] += int(value[1])
    if figures:
        terminalreporter.section("figures")
        for label, number in figures.items():
            terminalreporter.write_line(f"{label}: {number}")
