"""Name every fault that a request of one transaction is to survive."""

from collections.abc import Mapping

from tests.apply.gateway import (
    TERMINATE,
    Fault,
    answering,
    bad_gateway_after,
    bad_gateway_before,
    claiming,
    cut_after,
    cut_before,
    deliver,
    edited,
    late,
    nothing,
    rate_limited,
    refused_by_an_answer_after,
    sql_error_after,
    stalled,
    twice,
    twice_at_once,
)

COMMIT = "\ncommit;\n"
# The request's own commits: its deadline's, then the transaction's.
FAULTS: Mapping[str, Fault] = {
    "no fault": deliver,
    "cut before it was delivered": cut_before,
    "cut after it was run": cut_after,
    "delivered late, within its deadline": late(0.1),
    "delivered late, past its deadline": late(0.5),
    "delivered twice, one after the other": twice,
    "delivered twice at once": twice_at_once,
    "502 before": bad_gateway_before,
    "502 after the commit": bad_gateway_after,
    "no rows": nothing,
    "another row": answering({"a": 1}),
    "the right nonce before it ran": claiming("1"),
    "a stall": stalled,
    "an SQL error after the commit": sql_error_after,
    "a refusal in the place of the answer": refused_by_an_answer_after,
    "rate limited": rate_limited,
    "terminated before the commit": edited(COMMIT, f"\n{TERMINATE}commit;\n", occurrence=2),
    "terminated after the commit": edited(COMMIT, f"\ncommit;\n{TERMINATE}", occurrence=2),
    "a passing error": edited(COMMIT, "\ndo $$ begin raise sqlstate '40001'; end $$; commit;\n", occurrence=2),
}
