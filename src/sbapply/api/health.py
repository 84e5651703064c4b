"""Hold what the API tells of how a project fares."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """Hold one service's health (``GET /v1/projects/{ref}/health``); ``error`` says what is wrong, if it does."""

    name: str
    healthy: bool
    status: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ReadOnlyMode:
    """Hold whether the database refuses writes, as it does when its disk is full (``GET …/readonly``).

    ``override_enabled`` lets writes through for a while, until ``override_active_until``.
    """

    enabled: bool
    override_enabled: bool
    override_active_until: str
