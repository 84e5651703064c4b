"""Claim, send, look at and finish a statement that cannot run in a transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sbapply.apply import clauses
from sbapply.apply.clauses import attempt_marker, marker_halves
from sbapply.apply.step import ClaimUnit, FinishUnit, ReleaseUnit
from sbapply.config import Limits
from sbapply.database import Json, Row
from sbapply.errors import ReadFailed
from sbapply.history.progress import UnitRow
from sbapply.history.ready import Ready
from sbapply.migrations.unit import Effect, Lone, Noting
from sbapply.quoting import quote_identifier, quote_literal
from sbapply.templates import fill

_RENAMED = "sbapply_drop_"


@dataclass(frozen=True, slots=True)
class Look:
    """Hold what a look at a claimed statement found.

    ``alive`` counts the backends that carry the attempt's marker; ``claimed`` says whether the claim still stands.
    Of the index that it is about: whether there is one, whether it can be used, whether it is defined as the file
    has it (None where nobody can tell), whether some backend is building it, and whether it is what an earlier
    claim of the same version asked for (``ours``). ``index`` is its oid, and ``making`` says that the statement's
    own backend is building it. ``left`` are invalid indexes of a REINDEX CONCURRENTLY that broke off: nobody
    is at work on their tables. Of a block: whether it has ``begun`` and come to its end.
    """

    alive: int
    claimed: bool
    present: bool
    valid: bool
    same: bool | None
    building: bool
    ours: bool = False
    begun: bool = False
    ended: bool = False
    index: str = ""
    making: bool = False
    left: tuple[str, ...] = ()
    work: Mapping[str, Json] = field(default_factory=dict)


def lone_of(ready: Ready) -> Lone:
    """Return the statement that runs alone which is next in a migration."""
    lone = ready.units[0].lone
    if lone is None:
        raise AssertionError(f"unit {ready.number} of {ready.version} runs in a transaction")
    return lone


def claim_sql(step: ClaimUnit, limits: Limits) -> str:
    """Return what claims the statement: its row, and what has to be there before it is sent."""
    ready, lone = step.ready, lone_of(step.ready)
    values = {
        "version": quote_literal(ready.version),
        "unit": str(ready.number),
        "reach": str(ready.reach_of(ready.units[0])),
        "digest": quote_literal(ready.digest_at(ready.units[0])),
        "attempt": quote_literal(step.attempt),
    }
    match lone.effect:
        case Effect.BUILD:
            claim = fill(
                clauses.load("claim_build.sql"),
                **values,
                relation=quote_literal(_qualified(lone.schema, lone.table or "")),
                index="null" if lone.index is None else quote_literal(lone.index),
                likeness=quote_literal(lone.likeness),
                conditional=_boolean(lone.conditional),
                define=clauses.load("define_index.sql"),
                **_given_up(values["version"]),
                found_chosen=_find("parent_schema", "chosen"),
            )
        case Effect.DROP:
            claim = fill(
                clauses.load("claim_drop.sql"),
                **values,
                relation=quote_literal(_qualified(lone.schema, lone.index or "")),
                index=quote_literal(lone.index or ""),
                renamed=quote_literal(f"{_RENAMED}{step.attempt}"),
                conditional=_boolean(lone.conditional),
            )
        case _:
            effect = quote_literal(lone.effect.value)
            claim = fill(
                clauses.load("claim_other.sql"), **values, effect=effect, block=_boolean(lone.noting is not None)
            )
    return claim + _settings_claim(ready, limits, version=values["version"], unit=values["unit"])


def _settings_claim(ready: Ready, limits: Limits, *, version: str, unit: str) -> str:
    """Return what gives the role the settings of a claim, and notes what was there.

    Its time limits are those that the file has set itself, else those of its directives and of the push. Without
    any, the lock timeout is left to the role.
    """
    sets = ready.units[0].sets
    limited = {
        "statement_timeout": ready.directives.statement_timeout or limits.statement_timeout,
        "lock_timeout": ready.directives.lock_timeout,
    }
    given = {name: value for name, value in limited.items() if value is not None and name not in sets}
    kept = limited.keys() - given.keys() - sets
    return fill(
        clauses.load("settings_claim.sql"),
        version=version,
        unit=unit,
        kept=clauses.literals(sorted(kept)),
        **{name: quote_literal(given[name]) if name in given else "null" for name in limited},
    )


def lone_sql(ready: Ready, claim: UnitRow) -> str:
    """Return the statement as it is sent: alone, behind its marker."""
    lone, unit = lone_of(ready), ready.units[0]
    text = ready.body(unit)
    if lone.effect is Effect.BUILD and lone.index is None:
        name = quote_identifier(str(claim.note["index"]))
        text = f"{text[: lone.name_at]} {name}{text[lone.name_at :]}"
    elif lone.effect is Effect.DROP:
        schema, renamed = str(claim.note["schema"]), str(claim.note["renamed"])
        text = f"drop index concurrently {quote_identifier(schema)}.{quote_identifier(renamed)}"
    elif is_block(claim):
        text = _noting(claim, text, lone.noting)
    return f"/* {attempt_marker(claim.attempt)} */ {text}"


def _noting(claim: UnitRow, text: str, noting: Noting | None) -> str:
    """Return a DO block within another one, which notes in the claim that it has begun and come to its end.

    A DO that is called from one at the top level may end transactions too (PostgreSQL's chapter on PL/pgSQL,
    Transaction Management).
    """
    return fill(
        clauses.load("block.sql"),
        # No text of a file that was there before the attempt can hold it.
        tag=f"$sbapply_{claim.attempt}$",
        version=quote_literal(claim.version),
        unit=str(claim.unit),
        attempt=quote_literal(claim.attempt),
        text=text if noting is Noting.WITHIN else f"  commit;\n{text}",
    ).rstrip("\n")


def is_void(claim: UnitRow) -> bool:
    """Return whether there is nothing to send: what the statement asks for is so already (IF [NOT] EXISTS)."""
    return claim.note.get("skip") is True


def is_block(claim: UnitRow) -> bool:
    """Return whether what was claimed notes itself how far it has come."""
    return claim.note.get("block") is True


def has_begun(claim: UnitRow | None) -> bool:
    """Return whether a block that was claimed had begun when its claim was read."""
    return claim is not None and claim.note.get("begun") is True


def is_found(claim: UnitRow) -> bool:
    """Return whether the index was there when it was claimed, from an earlier claim or made by hand."""
    return claim.note.get("found") is True


def is_half_dropped(claim: UnitRow, look: Look) -> bool:
    """Return whether an index was usable when its drop was claimed and is not any more: that cannot be undone."""
    return look.present and not look.valid and claim.note.get("valid") is True


def look_sql(claim: UnitRow) -> str:
    """Return the SQL that finds out what a claimed statement has come to."""
    marker = marker_halves(attempt_marker(claim.attempt))
    return fill(
        clauses.load("look.sql"),
        work=fill(clauses.load("work.sql"), **marker),
        version=quote_literal(claim.version),
        unit=str(claim.unit),
        attempt=quote_literal(claim.attempt),
        find=_find(**_index_of(claim)),
        define=clauses.load("define_index.sql"),
        **_index_of(claim),
        **_definition_of(claim),
        **marker,
    )


def read_look(rows: Sequence[Row]) -> Look:
    """Return what the look found. Raises ``ReadFailed`` where the answer has another shape."""
    if len(rows) == 1:
        row = rows[0]
        effect, work, alive = row.get("effect"), row.get("work"), row.get("alive")
        if isinstance(effect, dict) and isinstance(alive, int) and isinstance(row.get("claimed"), bool):
            same, left = effect.get("same"), effect.get("left")
            return Look(
                alive,
                row["claimed"] is True,
                effect.get("present") is True,
                effect.get("valid") is True,
                same if isinstance(same, bool) else None,
                effect.get("building") is True,
                effect.get("ours") is True,
                effect.get("begun") is True,
                effect.get("ended") is True,
                str(effect.get("index") or ""),
                effect.get("making") is True,
                tuple(map(str, left)) if isinstance(left, list) else (),
                work if isinstance(work, dict) else {},
            )
    raise ReadFailed("The answer to the look at a statement has another shape.")


def finish_sql(step: FinishUnit) -> str:
    """Return what checks the statement's effect (SBA07) and puts back the settings that it ran under."""
    claim = step.claim
    match claim.note.get("effect"):
        case "build" if not is_void(claim):
            check = fill(
                clauses.load("finish_build.sql"),
                find=_find(**_index_of(claim)),
                define=clauses.load("define_index.sql"),
                **_given_up(quote_literal(claim.version)),
                **_definition_of(claim),
            )
        case "drop" if not is_void(claim):
            check = fill(clauses.load("finish_drop.sql"), **_index_of(claim))
        case _:
            check = ""
    return check + _settings_back(claim)


def release_sql(step: ReleaseUnit) -> str:
    """Return what undoes a claim, to its row."""
    row = {"version": quote_literal(step.claim.version), "unit": str(step.claim.unit)}
    undo = _settings_back(step.claim) if step.keep else undo_sql(step.claim)
    return undo + fill(clauses.load("release.sql"), **row)


def undo_sql(claim: UnitRow, *, resting: bool = False) -> str:
    """Return what undoes a claim but for its row: in what it has made or renamed, and in the role's settings.

    ``resting`` is for a version of which a person says how it stands, so that nothing follows: a whole index stays,
    and an index that is dropped needs no word any more. Else the file's text goes on from there.
    """
    undo = ""
    row = {"version": quote_literal(claim.version), "unit": str(claim.unit)}
    if not is_void(claim):
        match claim.note.get("effect"):
            case "build":
                index = _index_of(claim)
                undo = fill(
                    clauses.load("release_build.sql"),
                    find=_find(**index),
                    hold=_hold(**index),
                    whole=_boolean(not resting),
                    **_definition_of(claim),
                )
            case "drop":
                undo = fill(
                    clauses.load("release_drop.sql"),
                    schema=_noted(claim, "schema"),
                    index=_noted(claim, "index"),
                    renamed=_noted(claim, "renamed"),
                    may_be_gone=_boolean(resting),
                )
            case _ if is_block(claim) and not has_begun(claim) and not resting:
                # Whoever gives it up takes it for one that has not begun; behind that it does nothing any more.
                undo = fill(clauses.load("release_block.sql"), **row)
            case _:
                pass
    return undo + _settings_back(claim)


def _settings_back(claim: UnitRow) -> str:
    if not claim.note.get("settings"):
        return ""
    return fill(clauses.load("settings_back.sql"), version=quote_literal(claim.version), unit=str(claim.unit))


def _find(schema: str, index: str) -> str:
    """Return the plpgsql that finds an index by its name; both are SQL expressions."""
    return fill(clauses.load("find_index.sql"), schema=schema, index=index)


def _hold(schema: str, index: str) -> str:
    """Return the plpgsql that finds an index, keeps others from building and dropping there, and defines it."""
    find = _find(schema, index)
    return fill(clauses.load("hold_index.sql"), find=find, define=clauses.load("define_index.sql"))


def _given_up(version: str) -> dict[str, str]:
    """Return what goes through the indexes that given-up claims of a version, an SQL literal, would have built."""
    return {
        "given_up": fill(clauses.load("given_up.sql"), version=version),
        "found_earlier": _find("earlier.space", "earlier.name"),
        "held_earlier": _hold("earlier.space", "earlier.name"),
    }


def _definition_of(claim: UnitRow) -> dict[str, str]:
    """Return the table on which a claim builds its index, and the definition that it then has, if that is known."""
    return {"table": _noted(claim, "table"), "wanted": _noted(claim, "definition")}


def _index_of(claim: UnitRow) -> dict[str, str]:
    """Return the index that a claim is about: the one it builds, or the one it drops under its new name."""
    name = "renamed" if claim.note.get("effect") == "drop" else "index"
    return {"schema": _noted(claim, "schema"), "index": _noted(claim, name)}


def _noted(claim: UnitRow, name: str) -> str:
    value = claim.note.get(name)
    return "null" if value is None else quote_literal(str(value))


def _qualified(schema: str | None, name: str) -> str:
    quoted = quote_identifier(name)
    return quoted if schema is None else f"{quote_identifier(schema)}.{quoted}"


def _boolean(value: bool) -> str:
    return "true" if value else "false"
