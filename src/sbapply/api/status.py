"""Know every status of a project, and what each means for its database."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from sbapply.api.models import Project
from sbapply.errors import ProjectAsleep


class Stage(Enum):
    """Say what a status means for the project's database."""

    UP = "up"
    PAUSED = "paused"
    PAUSING = "being paused"
    COMING = "not up yet"
    DOWN = "not up"


# The enum of V1ProjectWithDatabaseResponse in the API's OpenAPI document. UNKNOWN and ACTIVE_UNHEALTHY may answer
# all the same, so they do not stand in the way.
STAGES: Final[Mapping[str, Stage]] = {
    "ACTIVE_HEALTHY": Stage.UP,
    "ACTIVE_UNHEALTHY": Stage.UP,
    "UNKNOWN": Stage.UP,
    "INACTIVE": Stage.PAUSED,
    "PAUSE_FAILED": Stage.PAUSED,
    "PAUSING": Stage.PAUSING,
    "COMING_UP": Stage.COMING,
    "RESTORING": Stage.COMING,
    "RESTARTING": Stage.COMING,
    "UPGRADING": Stage.COMING,
    "RESIZING": Stage.COMING,
    "GOING_DOWN": Stage.DOWN,
    "INIT_FAILED": Stage.DOWN,
    "RESTORE_FAILED": Stage.DOWN,
    "REMOVED": Stage.DOWN,
}


def stage_of(status: str) -> Stage:
    """Return what a status means; one that is not known yet does not stand in the way."""
    return STAGES.get(status, Stage.UP)


def check_awake(project: Project) -> None:
    """Raise ``ProjectAsleep``, with the way to wake it, unless the project's database can be expected to answer."""
    stage = stage_of(project.status)
    if stage is not Stage.UP:
        raise ProjectAsleep(
            f"The project {project.title} is {stage.value} ({project.status}).", _way_to_wake(project, stage)
        )


def _way_to_wake(project: Project, stage: Stage) -> str:
    page = f"https://supabase.com/dashboard/project/{project.ref}"
    again = "then run the same command again."
    match stage:
        case Stage.PAUSED:
            return f"Restore it at {page}, {again}"
        case Stage.PAUSING:
            # While it is PAUSING a restore is refused with 400 (supabase/supabase#44125).
            return f"Wait until it is paused, restore it at {page}, {again}"
        case Stage.COMING:
            return f"Wait until {page} shows it as healthy, {again}"
        case Stage.DOWN | Stage.UP:
            return f"See {page} for what happened to it."
