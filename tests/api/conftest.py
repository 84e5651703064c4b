"""Keep the network away: these tests speak with a transport in memory."""

import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """Fail what opens a socket."""
