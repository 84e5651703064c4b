"""Read what a push runs beside its migrations, as ``supabase/config.toml`` has it."""

from pathlib import Path

from sbapply.migrations.seeds import ROLES, SeedFolder, read_roles, read_seeds
from sbapply.settings.supabase import CONFIG, read_push_rules
from sbapply.verbs.files import WantedFiles


def wanted_files(workdir: Path, ref: str, *, seeds: bool, roles: bool) -> tuple[WantedFiles, str]:
    """Return the seeds and the roles that are asked for, and why no migration is to be applied, "" if one may be.

    Raises ``ConfigurationError``.
    """
    rules = read_push_rules(workdir, ref)
    notes = []
    if rules.schema_paths:
        notes.append(f"schema_paths in {CONFIG} is not supported: a push runs migrations only.")
    folder = SeedFolder(())
    if seeds and rules.seeds:
        folder = read_seeds(workdir, rules.seed_paths)
        notes += [f"no file matches the seed pattern {pattern}." for pattern in folder.unmatched]
    elif seeds:
        notes.append(f"[db.seed] enabled = false in {CONFIG}, so no seed is run.")
    found = read_roles(workdir) if roles else None
    if roles and found is None:
        notes.append(f"there is no {ROLES}.")
    skip = "" if rules.migrations else f"[db.migrations] enabled = false in {CONFIG}"
    return WantedFiles(found, folder.files, tuple(notes)), skip
