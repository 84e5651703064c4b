"""Put a report where it was asked for: whole or not at all."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from sbapply.database import Json
from sbapply.redaction import redact_values
from sbapply.render.report.document import read_document

SUFFIXES = (".md", ".html", ".xml", ".json")
SUMMARY_BYTES = 900_000
"""What a step's summary may hold; GitHub refuses it whole above 1 MiB."""


def report_text(document: Mapping[str, Json], suffix: str) -> str:
    """Return what a file of one of ``SUFFIXES`` holds; secrets are hidden in it."""
    return _FORMATS[suffix](document)


def write_report(path: Path, document: Mapping[str, Json]) -> None:
    """Write a report in the format that the suffix of ``path`` names, in the place of what is there.

    Whoever reads sees the whole of it or what was there before. Raises OSError.
    """
    text = report_text(document, path.suffix.lower())
    # Where the name is a link, what it leads to is replaced, not the link.
    target = path.resolve()
    made = target.parent / f".sbapply-{secrets.token_hex(8)}.tmp"
    try:
        with made.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.replace(target)
    except BaseException:
        with suppress(OSError):
            made.unlink()
        raise


def append_summary(path: Path, document: Mapping[str, Json], *, limit: int = SUMMARY_BYTES) -> None:
    """Append the Markdown to a step's summary, which holds at most ``limit`` bytes then. Raises OSError."""
    from sbapply.render.report.markdown import markdown_page

    there = path.stat().st_size if path.exists() else 0
    text = markdown_page(read_document(document), limit=limit - there - 2)
    if there + len(text.encode()) + 2 <= limit:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"\n{text}\n" if there else f"{text}\n")


def _markdown(document: Mapping[str, Json]) -> str:
    from sbapply.render.report.markdown import markdown_page

    return markdown_page(read_document(document))


def _html(document: Mapping[str, Json]) -> str:
    from sbapply.render.report.html import html_page

    return html_page(read_document(document))


def _xml(document: Mapping[str, Json]) -> str:
    from sbapply.render.report.junit import junit_xml

    return junit_xml(read_document(document))


def _json(document: Mapping[str, Json]) -> str:
    return json.dumps(redact_values(dict(document)), ensure_ascii=True, indent=2) + "\n"


_FORMATS: Mapping[str, Callable[[Mapping[str, Json]], str]] = {
    ".md": _markdown,
    ".html": _html,
    ".xml": _xml,
    ".json": _json,
}
