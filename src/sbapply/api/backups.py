"""Hold what the API tells of a project's backups."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Backup:
    """Hold one backup; ``inserted_at`` is when it was made, in ISO 8601."""

    id: int
    is_physical_backup: bool
    status: str
    inserted_at: str


@dataclass(frozen=True, slots=True)
class PhysicalBackups:
    """Hold between which times, in seconds since 1970, the project can be restored to a point in time."""

    earliest_physical_backup_date_unix: int | None = None
    latest_physical_backup_date_unix: int | None = None


@dataclass(frozen=True, slots=True)
class Backups:
    """Hold a project's backups (``GET /v1/projects/{ref}/database/backups``)."""

    region: str
    pitr_enabled: bool
    walg_enabled: bool
    backups: tuple[Backup, ...]
    physical_backup_data: PhysicalBackups = field(default_factory=PhysicalBackups)
