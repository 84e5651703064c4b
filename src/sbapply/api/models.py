"""Hold what the Management API tells, as frozen values."""

from dataclasses import dataclass

from sbapply.database import Json
from sbapply.errors import OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Project:
    """Hold a project's ref, name, status and Postgres version (``GET /v1/projects/{ref}``)."""

    ref: str
    name: str
    status: str
    region: str
    postgres: str

    @property
    def title(self) -> str:
        """Return the name and the ref, as every consent shows them."""
        return f"{self.name} ({self.ref})" if self.name else self.ref

    @staticmethod
    def read(decoded: Json, ref: str) -> "Project":
        """Read a project out of decoded JSON. Raises ``OutcomeUnknown`` if the shape is another."""
        from pydantic import BaseModel, ValidationError

        class Engine(BaseModel):
            version: str = ""

        class Body(BaseModel):
            name: str
            status: str
            region: str = ""
            database: Engine = Engine()

        try:
            body = Body.model_validate(decoded)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise OutcomeUnknown(
                f"The API's answer about the project has another shape: {where} {first['msg']}."
            ) from None
        return Project(ref, body.name, body.status, body.region, body.database.version)
