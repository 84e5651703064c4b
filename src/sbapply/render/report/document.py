"""Read the document of a verb that is reported on, once its secrets are hidden, into values to lay out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sbapply.database import Json
from sbapply.redaction import redact_values

Tone: TypeAlias = Literal["good", "bad", "open"]

_WIDTH = 1_000
_WORDS = {
    "confirmed": "Verified",
    "partly-confirmed": "PARTLY VERIFIED",
    "differs": "DIFFERENT",
    "nothing-claimed": "Nothing was claimed about any object, so nothing is proved",
    "not-verified": "Not verified",
}
_BAD = frozenset({"differs", "missing"})


@dataclass(frozen=True, slots=True)
class Claimed:
    """Hold one claim with its evidence, as the documents show it."""

    version: str
    object: str
    kind: str
    key: tuple[str, ...]
    expected: Json
    found: Json
    status: str
    query: str
    rows: Json

    @property
    def tone(self) -> Tone:
        """Return how good its news is."""
        return "bad" if self.status in _BAD else "good" if self.status == "confirmed" else "open"

    @property
    def expectation(self) -> str:
        """Return what was expected, in words."""
        return fact(self.expected)

    @property
    def finding(self) -> str:
        """Return what was found, in words, with what was counted."""
        counted = counts(self.rows)
        return f"{fact(self.found)}; {counted}" if counted else fact(self.found)


@dataclass(frozen=True, slots=True)
class Failure:
    """Hold the error that a verb ended with."""

    code: str
    message: str
    next_step: str
    version: str
    file: str
    line: int | None
    column: int | None
    sqlstate: str
    detail: str
    hint: str

    @property
    def place(self) -> str:
        """Return the file with line and column as far as they are known."""
        return ":".join([self.file, *(str(each) for each in (self.line, self.column) if each)]) if self.file else ""


@dataclass(frozen=True, slots=True)
class Fate:
    """Say what became of one migration that a push was about; ``file`` is '' where it is not known."""

    version: str
    name: str
    file: str
    state: Literal["applied", "found applied", "half applied", "not applied"]
    note: str = ""
    seconds: float | None = None

    @property
    def title(self) -> str:
        """Return version and name."""
        return f"{self.version} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Warned:
    """Hold a warning, and the place it is about as far as it is known."""

    message: str
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class RequestTold:
    """Hold how long one request took."""

    what: str
    versions: tuple[str, ...]
    seconds: float
    answer: str


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """Hold what every format lays out, in the order in which it is told; nothing in it is escaped."""

    command: str
    project: str
    ref: str
    outcome: str
    tone: Tone
    exit_status: int
    facts: tuple[tuple[str, str], ...]
    seconds: float
    requests: int
    failure: Failure | None
    fates: tuple[Fate, ...]
    files: Mapping[str, str]
    planned: tuple[str, ...]
    timings: tuple[RequestTold, ...]
    locks: tuple[str, ...]
    data: tuple[str, ...]
    advice: tuple[str, ...]
    warnings: tuple[Warned, ...]
    unclaimed: tuple[str, ...]
    claims: tuple[Claimed, ...]
    verdict: str
    verdict_outcome: str

    @property
    def title(self) -> str:
        """Return what the report is about."""
        return f"sbapply {self.command}: {self.project}"

    @property
    def applied(self) -> frozenset[str]:
        """Return the versions that this run applied or found applied."""
        return frozenset(each.version for each in self.fates if each.state in {"applied", "found applied"})

    @property
    def wrong(self) -> tuple[Claimed, ...]:
        """Return the claims that differ or are missing."""
        return tuple(each for each in self.claims if each.tone == "bad")

    def by_version(self) -> dict[str, list[Claimed]]:
        """Return the claims by their version, in the order of the versions, the history's row first."""
        found: dict[str, list[Claimed]] = {}
        for each in sorted(self.claims, key=lambda each: (each.version, each.kind != "history")):
            found.setdefault(each.version, []).append(each)
        return found

    def name_of(self, version: str) -> str:
        """Return a version with its migration's name, where that is known."""
        file = self.files.get(version, "").rpartition("/")[2].removesuffix(".sql")
        return f"{version} {file.partition('_')[2]}".strip()


def read_document(document: Mapping[str, Json]) -> ReportDocument:
    """Read what ``verbs.report`` gathered; every secret in it is hidden first."""
    value: Any = redact_values(dict(document))
    told = value["report"]
    verdict = told["verdict"]
    failure = _failure(value.get("error"))
    outcome = str(value.get("outcome") or verdict["outcome"])
    return ReportDocument(
        command=str(value["command"]),
        project=_project(value),
        ref=str(value.get("project") or ""),
        outcome=outcome,
        tone=_tone(int(told["exit_status"]), outcome, str(verdict["outcome"])),
        exit_status=int(told["exit_status"]),
        facts=tuple(_facts(value, told)),
        seconds=float(told["seconds"]),
        requests=int(value.get("requests") or 0),
        failure=failure,
        fates=tuple(_fates(value, told)),
        files={each["version"]: each["file"] for each in told["migrations"] if each["file"]},
        planned=tuple(_planned(value.get("would_send") or ())),
        timings=tuple(
            RequestTold(each["what"], tuple(each["versions"]), float(each["seconds"]), str(each["answer"]))
            for each in told["timings"]["requests"]
        ),
        locks=tuple(_locks(value.get("locks") or ())),
        data=tuple(_data(value.get("data") or ())),
        advice=tuple(_advice(value.get("advisors"))),
        warnings=tuple(
            Warned(str(each["message"]), str(each["file"] or ""), each["line"]) for each in told["warnings"]
        ),
        unclaimed=tuple(map(str, told["unclaimed"])),
        claims=tuple(_claim(each) for each in told["claims"]),
        verdict=_verdict(verdict),
        verdict_outcome=str(verdict["outcome"]),
    )


def fact(value: Json) -> str:
    """Return a fact as short words: only what is set."""
    if isinstance(value, dict):
        return cut(", ".join(f"{name} {_plain(each)}" for name, each in value.items() if each is not None))
    return "absent" if value is None else cut(_plain(value))


def counts(rows: Json) -> str:
    """Return what was counted for a column that was added, '' for any other claim."""
    if not isinstance(rows, dict):
        return ""
    if "reason" in rows:
        return f"rows not counted: {rows['reason']}"
    at_default = rows.get("at_default")
    shown = "not comparable" if at_default is None else str(at_default)
    return f"rows {rows.get('rows')}, nulls {rows.get('nulls')}, at the default {shown}"


def cut(text: str, width: int = _WIDTH) -> str:
    """Return at most ``width`` characters of a text, with how many more there are."""
    return text if len(text) <= width else f"{text[:width]}… ({len(text) - width:,} more characters)"


def names_of(text: str) -> tuple[str, ...]:
    """Return the parts of a dotted name, quotes taken off; an ending such as `` (probe)`` is left out."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        end = at
        if text[at] == '"':
            end = at + 1
            while end < len(text) and (text[end] != '"' or text[end + 1 : end + 2] == '"'):
                end += 2 if text[end] == '"' else 1
            parts.append(text[at + 1 : end].replace('""', '"'))
            end += 1
        else:
            while end < len(text) and text[end] not in '. ("':
                end += 1
            parts.append(text[at:end])
        if text[end : end + 1] != ".":
            break
        at = end + 1
    return tuple(parts)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _project(value: Any) -> str:
    name, ref = value.get("project_name"), value.get("project")
    return f"{name} ({ref})" if name and ref else str(ref or "no project")


def _tone(exit_status: int, outcome: str, verdict: str) -> Tone:
    if exit_status != 0:
        return "bad"
    return "good" if verdict == "confirmed" and outcome != "dry-run" else "open"


def _facts(value: Any, told: Any) -> Iterator[tuple[str, str]]:
    """Yield who, when, from which commit, with what."""
    yield "Project", str(value.get("project_name") or "its name was not asked for")
    yield "Ref", str(value.get("project") or "not known")
    for each in told["by"]:
        yield str(each["what"]).capitalize().replace("Ci ", "CI "), f"{each['value']} (from {each['source']})"
    yield "Commit", _commit(told["commit"])
    yield "Started", str(told["started"])
    yield "Ended", f"{told['ended']}, after {_seconds(told['seconds'])}"
    yield "sbapply", str(told["sbapply"])
    yield "Requests", str(value.get("requests") or 0)
    if value.get("rehearsal"):
        yield "Rehearsal", str(value["rehearsal"])
    yield "Exit code", str(told["exit_status"])


def _seconds(value: Json) -> str:
    return f"{float(str(value)):.2f} s"


def _commit(commit: Any) -> str:
    if commit["hash"] is None:
        return str(commit["reason"] or "not in a git repository")
    uncommitted = {
        True: ", with uncommitted changes",
        False: "",
        None: "; whether there are uncommitted changes is not known",
    }
    return f"{commit['hash']}{uncommitted[commit['uncommitted_changes']]}"


def _failure(error: Any) -> Failure | None:
    if error is None:
        return None
    said = {name: str(value) for name, value in error.items() if value is not None}
    return Failure(
        code=said.get("code", ""),
        message=said.get("message", ""),
        next_step=said.get("next", ""),
        version=said.get("version", ""),
        file=said.get("file", ""),
        line=error.get("line"),
        column=error.get("column"),
        sqlstate=said.get("sqlstate", ""),
        detail=said.get("detail", ""),
        hint=said.get("hint", ""),
    )


def _fates(value: Any, told: Any) -> Iterator[Fate]:
    files = {each["version"]: str(each["file"] or "") for each in told["migrations"]}
    times = {each["version"]: each for each in told["timings"]["migrations"]}
    for each in value.get("applied") or ():
        timed = times.get(each["version"])
        others = timed["together"] - 1 if timed else 0
        note = f"in one request with {others} more" if others else ""
        seconds = float(timed["seconds"]) if timed else None
        state: Literal["found applied", "applied"] = "found applied" if "by" in each else "applied"
        yield Fate(each["version"], each["name"], files.get(each["version"], ""), state, note, seconds)
    half = {each["version"]: each for each in value.get("half_applied") or ()}
    for each in value.get("pending") or ():
        file = files.get(each["version"], "")
        parts = half.get(each["version"])
        if parts is None:
            yield Fate(each["version"], each["name"], file, "not applied")
        else:
            note = f"{parts['done']} of {parts['parts']} parts"
            yield Fate(each["version"], each["name"], file, "half applied", note)


def _planned(requests: Sequence[Any]) -> Iterator[str]:
    for number, request in enumerate(requests, start=1):
        versions = dict.fromkeys(str(part["version"]) for part in request["parts"])
        yield f"request {number}: {', '.join(versions)}; about {request['bytes']:,} bytes"


def _locks(footprints: Sequence[Any]) -> Iterator[str]:
    for footprint in footprints:
        for table in footprint["tables"]:
            rewritten = ", rewritten" if table["rewritten"] else ""
            rows, size = table.get("rows"), table.get("bytes")
            known = [*([f"about {rows:,} rows"] if rows is not None else ())]
            known += [f"{size:,} bytes"] if size is not None else []
            sized = f" ({', '.join(known)})" if known else ""
            name = f"{table['schema']}.{table['table']}"
            yield f"{footprint['file']}:{footprint['line']}: {table['lock']} on {name}{sized}{rewritten}"


def _data(answers: Sequence[Any]) -> Iterator[str]:
    for answer in answers:
        samples = [", ".join(f"{name} = {value}" for name, value in row.items()) for row in answer["sample"]]
        behind = f" — {'; '.join(samples)}" if samples else ""
        yield f"{answer['status']}: {str(answer['sentence']).removeprefix('not asked ')}{behind}"


def _advice(told: Any) -> Iterator[str]:
    """Yield what the advisors found: of a push what is new, of any other verb all."""
    if told is None:
        return
    found = told["new"] if "new" in told else told["findings"]
    counts = (
        f"{len(found)} new, {told['before']} before, {told['after']} after"
        if "new" in told
        else f"{len(found)} found"
    )
    who = "the platform's advisors" if told["source"] == "platform" else "sbapply's own rules"
    if told["note"]:
        yield f"the platform's advisors gave no answer: {told['note']}"
    yield f"not known: {told['reason']}" if told["reason"] else f"{counts} ({who})"
    for each in found:
        title = ": ".join(filter(None, (each["title"], each["object"])))
        yield f"{each['level']} {title} — {each['detail']} — to do: {each['remediation']}"


def _claim(value: Any) -> Claimed:
    key, rows = value.get("key"), value.get("rows")
    counted = rows.get("query") if isinstance(rows, dict) else None
    return Claimed(
        version=str(value["version"]),
        object=str(value["object"]),
        kind=str(value["kind"]),
        key=tuple(map(str, key)) if key else names_of(str(value["object"])),
        expected=value["expected"],
        found=value["found"],
        status=str(value["status"]),
        query=f"{value['query']}\n\n{counted}" if counted else str(value["query"]),
        rows=rows,
    )


def _verdict(verdict: Any) -> str:
    word = _WORDS.get(verdict["outcome"], str(verdict["outcome"]))
    if verdict["outcome"] == "not-verified":
        return f"{word}: {verdict.get('reason') or 'it did not come to that'}"
    return (
        f"{word}: {verdict['confirmed']} of {verdict['claims']} claims confirmed, {verdict['differs']} differ, "
        f"{verdict['not_probed']} not probed"
    )
