"""Hold what the API tells of preview branches."""

from dataclasses import dataclass


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
