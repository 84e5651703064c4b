"""Hold what the API tells of preview branches."""

from collections.abc import Sequence
from dataclasses import dataclass

from sbapply.api.models import Project
from sbapply.api.status import Stage, check_awake, stage_of
from sbapply.errors import ProjectAsleep, UsageError


@dataclass(frozen=True, slots=True)
class Branch:
    """Hold one branch in a project's list (``GET /v1/projects/{ref}/branches``).

    ``project_ref`` is its own ref, ``parent_project_ref`` the project's; ``preview_project_status`` is a project's
    status and may be absent.
    """

    id: str
    name: str
    project_ref: str
    parent_project_ref: str
    is_default: bool
    persistent: bool
    status: str
    git_branch: str | None = None
    preview_project_status: str | None = None


@dataclass(frozen=True, slots=True)
class BranchDetail:
    """Hold one branch by its ref (``GET /v1/branches/{ref}``); passwords in that answer are not read."""

    ref: str
    status: str
    postgres_version: str
    db_host: str


def find_branch(branches: Sequence[Branch], name: str, parent: str) -> Branch:
    """Return the branch of a project by its name, or by its git branch. Raises ``UsageError`` with those there are.

    Two branches may follow one git branch; a branch's own name goes before it.
    """
    named = [each for each in branches if each.name == name] or [
        each for each in branches if each.git_branch == name
    ]
    if len(named) == 1:
        return named[0]
    if named:
        raise UsageError(
            f"{len(named)} branches of {parent} are called {name}.",
            f"Give --project-ref {' or '.join(each.project_ref for each in named)}.",
        )
    from difflib import get_close_matches

    names = sorted(each.name for each in branches)
    close = get_close_matches(name, names, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    shown = f"There are {', '.join(names)}." if names else "It has none."
    raise UsageError(f"The project {parent} has no branch {name!r}.", f"{meant}{shown}")


def check_branch(branch: Branch) -> None:
    """Raise ``ProjectAsleep`` unless the branch's database can be expected to answer."""
    status = branch.preview_project_status
    if branch.status == "CREATING_PROJECT" and (status is None or stage_of(status) is not Stage.UP):
        raise ProjectAsleep(
            f"The branch {branch.name} ({branch.project_ref}) is being created.",
            "Wait a minute, then run the same command again.",
        )
    if status is not None:
        check_awake(Project(branch.project_ref, f"branch {branch.name}", status, "", ""))


def warning_of(branch: Branch) -> str:
    """Return what is to be said of a branch that answers, "" where nothing is.

    A fresh branch is healthy within seconds, and what its parent holds arrives up to a minute later (measured).
    """
    match branch.status:
        case "CREATING_PROJECT" | "RUNNING_MIGRATIONS":
            return f"the platform is still running the migrations of branch {branch.name}."
        case "MIGRATIONS_FAILED":
            return f"the platform's own run of migrations failed on branch {branch.name}."
        case _:
            return ""
