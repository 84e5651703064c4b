"""Hold the protocol against every fault a gateway can have."""

import pytest

pytest.register_assert_rewrite("tests.apply.bench", "tests.apply.evidence", "tests.apply.scenarios")
