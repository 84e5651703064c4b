"""Read decoded JSON into frozen values."""

from collections.abc import Hashable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sbapply.database import Json
from sbapply.errors import OutcomeUnknown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def read_shape(kind: type[T], decoded: Json, what: str) -> T:
    """Return ``decoded`` as a ``kind``: a frozen dataclass, or a tuple of them.

    Members that the dataclass does not name are left out, so that the API may add some. ``what`` is named in the
    error. Raises ``OutcomeUnknown``, lasting, if the shape is another.
    """
    from pydantic import ValidationError

    try:
        value: T = _adapter_of(cast("Hashable", kind)).validate_python(decoded)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise OutcomeUnknown(
            f"The API's answer about {what} has another shape: {where + ' ' if where else ''}{first['msg']}.",
            "Check --api-url, and whether there is a newer sbapply.",
            lasting=True,
        ) from None
    return value


@cache
def _adapter_of(kind: Hashable) -> "TypeAdapter[Any]":
    # Pydantic takes 150 ms to import: whoever asks for --help does not pay for it.
    from pydantic import TypeAdapter

    return TypeAdapter(cast("type", kind))
