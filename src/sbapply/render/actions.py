"""Speak with GitHub Actions: annotations, and lines that it must not take for commands.

The runner looks for commands in everything that a step prints: ``::name::`` at the head of a line, blanks before it
or not, and ``##[name]`` anywhere (actions/runner, src/Runner.Common/ActionCommand.cs).
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from sbapply.render.visible import visible

if TYPE_CHECKING:
    from sbapply.render.report.document import ReportDocument

_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)
_MOST = 50


def runs_in_actions(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether this is a step of a GitHub Actions workflow."""
    return environ.get("GITHUB_ACTIONS") == "true"


def inert(text: str) -> str:
    """Return lines that the runner takes for no command: one sign of what looks like one is written out."""
    return _COMMAND.sub(r"\1\\x3a:", text).replace("##[", "##\\x5b")


def inert_json(text: str) -> str:
    """Return a JSON document of the same meaning that the runner takes for no command."""
    return text.replace("##[", "##\\u005b")


def annotation_lines(report: "ReportDocument", folder: str = "") -> Iterator[str]:
    """Yield a workflow command for the error, each claim that differs and each warning, fifty of a kind at most.

    Files are told as the project's folder has them; ``folder`` is that folder within the repository.
    """
    failure = report.failure
    if failure is not None:
        message = f"{failure.message}\nNext: {failure.next_step}" if failure.next_step else failure.message
        title = f"sbapply {report.command}: {failure.code}"
        yield _command(
            "error", message, title, _within(folder, failure.file), line=failure.line, column=failure.column
        )
    for claim in report.wrong[:_MOST]:
        message = f"{claim.object}: expected {claim.expectation}; found {claim.finding}"
        title = f"sbapply {report.command}: {claim.status}"
        yield _command("error", message, title, _within(folder, report.files.get(claim.version, "")))
    for warning in report.warnings[:_MOST]:
        title = f"sbapply {report.command}"
        yield _command("warning", warning.message, title, _within(folder, warning.file), line=warning.line)
    left = max(0, len(report.wrong) - _MOST) + max(0, len(report.warnings) - _MOST)
    if left:
        yield _command("warning", f"{left} more are in the report and in the log.", f"sbapply {report.command}")


def _command(
    kind: Literal["error", "warning"],
    message: str,
    title: str,
    file: str = "",
    *,
    line: int | None = None,
    column: int | None = None,
) -> str:
    places = {"file": file, "line": line if file else None, "col": column if file else None, "title": title}
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in places.items() if value)
    return f"::{kind} {shown}::{_data(visible(message, lines=True))}"


def _within(folder: str, file: str) -> str:
    return f"{folder}/{file}" if folder and file else file


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
