"""End a push by asking the advisors again."""

from dataclasses import replace

from sbapply.errors import Interrupted
from sbapply.verbs.advisors import Advice, AdviceChange, ask_again
from sbapply.verbs.pushed import PushOutcome, PushReport


def compared(report: PushReport, before: Advice) -> PushReport:
    """Return the report of a push with what the advisors find since ``before``.

    They are asked where something was applied and its outcome is settled. That they give no answer is said, and
    makes no push fail.
    """
    settled = report.outcome in {PushOutcome.APPLIED, PushOutcome.FAILED}
    if not settled or isinstance(report.error, Interrupted):
        return replace(report, advisors=AdviceChange(before, why_not="the push did not get as far"))
    if not report.applied and not report.elsewhere:
        return replace(report, advisors=AdviceChange(before, why_not="nothing was applied"))
    try:
        return replace(report, advisors=ask_again(report.target, before))
    except KeyboardInterrupt:
        stopped = Interrupted(
            "Interrupted while asking the advisors; nothing was being changed.", "Run `sbapply verify --advisors`."
        )
        return replace(report, advisors=AdviceChange(before, why_not="interrupted"), error=report.error or stopped)
