"""Hold what the Management API tells, as frozen values."""

from dataclasses import dataclass

from sbapply.api.shape import read_shape
from sbapply.database import Json
from sbapply.errors import OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Engine:
    """Hold what a project's answer says of its Postgres."""

    version: str = ""


@dataclass(frozen=True, slots=True)
class ProjectBody:
    """Hold a project as the API spells it; what a write can do without may be absent."""

    name: str
    status: str
    ref: str = ""
    region: str = ""
    organization_slug: str = ""
    database: Engine = Engine()


@dataclass(frozen=True, slots=True)
class Project:
    """Hold a project (``GET /v1/projects``, ``GET /v1/projects/{ref}``); ``organization`` is its slug."""

    ref: str
    name: str
    status: str
    region: str
    postgres: str
    organization: str = ""

    @property
    def title(self) -> str:
        """Return the name and the ref, as every consent shows them."""
        return f"{self.name} ({self.ref})" if self.name else self.ref

    @staticmethod
    def read(decoded: Json, ref: str) -> "Project":
        """Read a project out of decoded JSON. Raises ``OutcomeUnknown`` if the shape is another."""
        return Project.of(read_shape(ProjectBody, decoded, "the project"), ref)

    @staticmethod
    def of(body: ProjectBody, ref: str) -> "Project":
        """Return the project that ``body`` tells of."""
        return Project(ref, body.name, body.status, body.region, body.database.version, body.organization_slug)


@dataclass(frozen=True, slots=True)
class Organization:
    """Hold an organisation (``GET /v1/organizations``); projects name it by its slug."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold whose token it is (``GET /v1/profile``)."""

    gotrue_id: str
    primary_email: str
    username: str

    @staticmethod
    def read(decoded: Json) -> "Profile":
        """Read a profile out of decoded JSON. Raises ``OutcomeUnknown`` if the shape is another."""
        from pydantic import BaseModel, ValidationError

        class Body(BaseModel):
            gotrue_id: str
            primary_email: str
            username: str

        try:
            body = Body.model_validate(decoded)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise OutcomeUnknown(
                f"The API's answer about the account has another shape: {where} {first['msg']}.", lasting=True
            ) from None
        return Profile(body.gotrue_id, body.primary_email, body.username)
