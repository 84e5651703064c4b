"""Let nobody who only listens end what is being written."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Patient:
    """Keep what listeners raise until what they listen to is settled; the first that raises ends the listening."""

    def __init__(self) -> None:
        self.raised: Exception | None = None

    def hear(self, listener: Callable[[T], None]) -> Callable[[T], None]:
        """Return ``listener`` as one that does not raise; Ctrl-C is none of its errors and goes through."""

        def heard(value: T) -> None:
            if self.raised is not None:
                return
            try:
                listener(value)
            except Exception as error:  # noqa: BLE001 - raised anew when all is settled
                self.raised = error

        return heard
