"""Judge probes: writes of a wrong value that an active constraint has to refuse.

The trying itself is SQL: ``sql/probes.sql`` for CHECK, ``sql/inserts.sql`` and its parts for the other kinds. It
runs inside the rolled-back transaction of the proof, in a sub-transaction that always ends by raising, and only
where nothing but the constraint can answer: no trigger or rule before it, no function that is volatile or a user's
own, no default. What a refused INSERT of a key leaves is what every such INSERT does: room until the next VACUUM.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from sbapply.database import Json
from sbapply.verify.claims import Claim
from sbapply.verify.verdict import ClaimResult, Status


def judge_probe(claim: Claim, answer: Mapping[str, Json] | None) -> ClaimResult:
    """Return the result of a probe; ``query`` is the statement tried, or the constraint's fact if none was."""
    if answer is None:
        answer = {"status": "not-probed", "found": {"reason": "the probe gave no answer"}, "query": None}
    tried = answer["query"]
    return replace(
        ClaimResult.of(claim, answer["found"], cast("Status", answer["status"])),
        tried=tried if isinstance(tried, str) else "",
    )
