"""Choose the project that is meant: by option, environment, link, or settings, in the contract's order."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sbapply.config import Consent, Limits, NamedTarget, Options, Settings
from sbapply.database import Patience
from sbapply.errors import ConfigurationError, ProjectUnknown, UsageError
from sbapply.settings.own import REF, REF_IS


@dataclass(frozen=True, slots=True)
class Chosen:
    """Hold the project that is meant, what the settings say of working on it, and in words what named it."""

    ref: str
    profile: str | None = None
    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)
    source: str = ""


def choose_project(
    options: Options, settings: Settings, workdir: Path, *, environ: Mapping[str, str] = os.environ
) -> Chosen:
    """Return the project: option, environment, what ``supabase link`` wrote, then the settings' own.

    Raises ``ProjectUnknown`` if none names one, ``UsageError`` if what is named is no ref or no target, or if two
    options name one.
    """
    if options.target is not None and options.project_ref is not None:
        raise UsageError("Both --target and --project-ref name a project.", "Give one of them.")
    if options.target is not None:
        target = find_target(options.target, settings, workdir, environ=environ)
        return _of_target(target, settings, f"--target {target.name}")
    found = _find_ref(options, settings, workdir, environ)
    if found is None and settings.default_target is not None:
        target = find_target(settings.default_target, settings, workdir, environ=environ)
        return _of_target(target, settings, f"default_target {target.name} in the settings")
    if found is None:
        raise ProjectUnknown(
            "No project was named.",
            "Give --project-ref REF or --target NAME, set SUPABASE_PROJECT_REF, or run `supabase link`; --sandbox "
            "tries it locally.",
        )
    ref, source = found
    return Chosen(ref, None, settings.patience, settings.limits, source)


def find_target(
    name: str, settings: Settings, workdir: Path, *, environ: Mapping[str, str] = os.environ
) -> NamedTarget:
    """Return the target of a name, with its ref: ours, or one of the ``[remotes]`` of ``supabase/config.toml``.

    Raises ``UsageError`` if there is none, ``ConfigurationError`` if the two files name different projects.
    """
    from sbapply.settings.supabase import CONFIG, read_remotes

    remotes = read_remotes(workdir, environ=environ)
    own, remote = settings.targets.get(name), remotes.get(name)
    if own is None and remote is None:
        known = [*settings.targets, *(each for each in remotes if each not in settings.targets)]
        from difflib import get_close_matches

        close = get_close_matches(name, known, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        shown = f"There are {', '.join(known)}." if known else "Write [targets.NAME] in sbapply.toml."
        raise UsageError(f"There is no target {name!r}.", f"{meant}{shown}")
    if own is None:
        return NamedTarget(name, remote, patience=settings.patience, limits=settings.limits)
    if own.ref is not None and remote is not None and own.ref != remote:
        raise ConfigurationError(
            f"Target {name} is {own.ref} in {settings.file}, and {remote} as remotes.{name} in {CONFIG}.",
            "Correct one of them, or give one another name.",
        )
    ref = own.ref or remote
    if ref is None:
        raise ConfigurationError(
            f"{settings.file}: targets.{name} has no ref.", f"Write it, or remotes.{name} in {CONFIG}."
        )
    return NamedTarget(name, ref, own.profile, own.consent, own.patience, own.limits)


def consent_for(ref: str, settings: Settings, workdir: Path, *, environ: Mapping[str, str] = os.environ) -> Consent:
    """Return what a yes has to be for a project, however it was named: every target with its ref has a word."""
    rule = Consent()
    for name, target in settings.targets.items():
        if target.consent != Consent() and (target.ref or _ref_of(name, settings, workdir, environ)) == ref:
            rule = rule.with_rule(target.consent)
    return rule


def _ref_of(name: str, settings: Settings, workdir: Path, environ: Mapping[str, str]) -> str | None:
    return find_target(name, settings, workdir, environ=environ).ref


def _of_target(target: NamedTarget, settings: Settings, source: str) -> Chosen:
    if target.ref is None:
        raise ConfigurationError(f"{settings.file}: targets.{target.name} has no ref.", REF_IS)
    return Chosen(target.ref, target.profile, target.patience, target.limits, source)


def _find_ref(
    options: Options, settings: Settings, workdir: Path, environ: Mapping[str, str]
) -> tuple[str, str] | None:
    """Return the ref that is not of a target, and what names it. Raises ``UsageError`` for what is no ref."""
    linked = workdir / "supabase" / ".temp" / "project-ref"
    candidates = (
        ("--project-ref", options.project_ref),
        ("SUPABASE_PROJECT_REF", environ.get("SUPABASE_PROJECT_REF")),
        ("SUPABASE_PROJECT_ID", environ.get("SUPABASE_PROJECT_ID")),
        (str(linked), linked.read_text(encoding="utf-8", errors="replace") if linked.is_file() else None),
        ("project_ref in the settings", settings.project_ref),
    )
    for source, value in candidates:
        ref = (value or "").strip()
        if not ref:
            continue
        if not REF.fullmatch(ref):
            raise UsageError(f"{source} is {ref!r}, which is no project ref.", REF_IS)
        return ref, source
    return None
