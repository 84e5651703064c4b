"""Refuse a file whose settings cannot reach a part that begins in another session."""

from collections.abc import Sequence

from sbapply.migrations.files import Migration, Problem
from sbapply.migrations.session_settings import ROLE, SESSION_USER, Setting
from sbapply.migrations.statements import SplitText
from sbapply.migrations.text import place_at
from sbapply.migrations.unit import Effect, Unit

# What a request runs as, which a role that is taken need not be given.
_OURS = "postgres"
_NO_ROLE = frozenset({"", "none", _OURS})
# Of these libraries every session has the settings, and a role can be given them. A name with another prefix is a
# placeholder, which PostgreSQL lets nobody but a superuser give to a role.
_LOADED = frozenset({"plpgsql", "plpgsql_check", "auto_explain", "pgaudit", "pg_stat_statements", "cron", "pg_net"})
_ITSELF = "DISCARD ALL"


def unreached_problem(
    migration: Migration,
    split: SplitText,
    units: Sequence[Unit],
    settings: Sequence[tuple[Setting, ...]],
    done: int,
) -> Problem | None:
    """Return the refusal of the first setting that a unit that is left cannot be given, None without one.

    ``settings`` are those in force before each statement. What stands in the part that is ``done`` cannot be
    written otherwise any more, so a value that only the server knew is not refused there.
    """
    for unit in units:
        if unit.first >= len(settings):
            continue
        in_force = settings[unit.first]
        unread = next(
            (each for each in in_force if not each.text and split.statements[each.index].end > done), None
        )
        if unread is not None:
            return _refuse_unread(migration, split, unread)
        if unit.lone is not None and unit.lone.what != _ITSELF:
            problem = _refuse_alone(migration, split, unit, in_force)
            if problem is not None:
                return problem
    return None


def _refuse_unread(migration: Migration, split: SplitText, setting: Setting) -> Problem:
    return Problem(
        "session-state",
        "what set_config sets here is known to the server alone, and a later part of the file can begin in a "
        "session that does not have it",
        "Write its name and its value as literals, or set it with SET; set_config(…, true) is for this part alone.",
        place_at(migration.file, split.text, split.statements[setting.index].start),
    )


def _refuse_alone(
    migration: Migration, split: SplitText, unit: Unit, in_force: Sequence[Setting]
) -> Problem | None:
    """Refuse a role, and settings of a file's own making, that do not reach a statement that runs alone."""
    lone = unit.lone
    if lone is None:
        return None
    for setting in in_force:
        at = place_at(migration.file, split.text, split.statements[setting.index].start)
        for name, value in setting.values:
            if name in (ROLE, SESSION_USER) and value not in _NO_ROLE:
                taken = "role" if name == ROLE else "session user"
                back = "reset role" if name == ROLE else "reset session authorization"
                return Problem(
                    "session-state",
                    f"{lone.what} has to run in a session of its own, which does not have the {taken} {value} that "
                    f"line {at.line} takes",
                    f"Write `{back};` before it, and take the {taken} again behind it; what it is to own can be "
                    "given away with ALTER … OWNER TO.",
                    place_at(migration.file, split.text, unit.start),
                )
            prefix, dot, _ = name.partition(".")
            if lone.effect is Effect.ONCE and dot and prefix not in _LOADED:
                return Problem(
                    "session-state",
                    f"{lone.what} has to run in a session of its own, which does not have the setting {name} of "
                    f"line {at.line}",
                    f"Set it in a DO block, in front of what needs it: perform set_config('{name}', …, false); and "
                    f"write `reset {name};` before this statement.",
                    place_at(migration.file, split.text, unit.start),
                )
    return None
