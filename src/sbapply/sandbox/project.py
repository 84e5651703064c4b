"""Say what the pretended project and account are, in the shapes of the API's OpenAPI document."""

from urllib.parse import parse_qs

from sbapply.database import Json
from sbapply.sandbox.settings import Sandbox, SandboxBranch

# .invalid can belong to nobody (RFC 2606).
USER_EMAIL = "sandbox@example.invalid"
_SERVICES = frozenset({"auth", "db", "db_postgres_user", "pooler", "realtime", "rest", "storage", "pg_bouncer"})
_DATABASE_SERVICES = frozenset({"db", "db_postgres_user"})


class Invalid(Exception):
    """Carry a validation message to its 400."""


def project_json(settings: Sandbox) -> Json:
    """Return V1ProjectWithDatabaseResponse."""
    return {
        "id": settings.ref,
        "ref": settings.ref,
        "organization_id": settings.organization,
        "organization_slug": settings.organization,
        "name": settings.name,
        "region": settings.region,
        "status": settings.status,
        "database": {
            "host": f"db.{settings.ref}.localhost",
            "version": f"{settings.postgres_version}.0",
            "postgres_engine": str(settings.postgres_version),
            "release_channel": "ga",
        },
        "created_at": settings.created_at,
    }


def branch_json(settings: Sandbox, branch: SandboxBranch) -> Json:
    """Return BranchResponse."""
    told: dict[str, Json] = {
        "id": f"00000000-0000-4000-8000-{settings.branches.index(branch):012}",
        "name": branch.name,
        "project_ref": branch.ref,
        "parent_project_ref": settings.ref,
        "is_default": branch.ref == settings.ref,
        "persistent": False,
        "with_data": False,
        "status": branch.status,
        "created_at": settings.created_at,
        "updated_at": settings.created_at,
        "preview_project_status": branch.project_status,
    }
    return told if branch.git_branch is None else {**told, "git_branch": branch.git_branch}


def organization_json(settings: Sandbox) -> Json:
    """Return OrganizationResponseV1."""
    slug = settings.organization
    return {"id": slug, "slug": slug, "name": settings.name}


def profile_json(settings: Sandbox) -> Json:
    """Return V1ProfileResponse."""
    return {
        "gotrue_id": settings.user_id,
        "primary_email": USER_EMAIL,
        "username": "sandbox",
    }


def read_only_json() -> Json:
    """Return ReadOnlyStatusResponse: the sandbox's disk is never full."""
    return {"enabled": False, "override_enabled": False, "override_active_until": ""}


def backups_json(settings: Sandbox) -> Json:
    """Return V1BackupsResponse: the sandbox keeps none."""
    return {
        "region": settings.region,
        "walg_enabled": False,
        "pitr_enabled": False,
        "backups": [],
        "physical_backup_data": {},
    }


def api_keys_json() -> Json:
    """Return ApiKeyResponse of the two old keys, which `supabase link` asks for; no API knows them."""
    return [{"name": name, "type": "legacy", "api_key": f"sandbox-{name}"} for name in ("anon", "service_role")]


def services_of(query: str) -> list[str]:
    """Return the services that a question about health names. Raises ``Invalid`` in zod's words."""
    given = parse_qs(query).get("services", [])
    services = [name for value in given for name in value.split(",")]
    if not services:
        raise Invalid("services: Invalid input: expected array, received undefined")
    if any(name not in _SERVICES for name in services):
        raise Invalid("services.0: Invalid option: expected one of " + "|".join(sorted(_SERVICES)))
    return services


def service_json(name: str, *, alive: bool) -> Json:
    """Return V1ServiceHealthResponse of one service; all but the database are not there."""
    if name in _DATABASE_SERVICES and alive:
        return {"name": name, "healthy": True, "status": "ACTIVE_HEALTHY"}
    reason = "Failed to connect to database" if name in _DATABASE_SERVICES else "The sandbox has only a database"
    return {"name": name, "healthy": False, "status": "UNHEALTHY", "error": reason}
