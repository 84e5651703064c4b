"""Parse `whoami`, call it, render it."""

from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def whoami(invocation: Invocation) -> None:
    """Say whose the token is and where it comes from, never what it is.

    Example: sbapply whoami --profile work
    """
    from sbapply.auth.token import find_token
    from sbapply.cli.account import identify_with, profile_of
    from sbapply.render.account import whoami_lines
    from sbapply.verbs.whoami import TokenOrigin
    from sbapply.verbs.whoami import whoami as run

    profile = profile_of(invocation)
    identify = identify_with(invocation)
    token = find_token(profile=profile)
    if token.warning is not None:
        invocation.console.note(f"Warning: {token.warning}")
    origin = TokenOrigin(token.kind, token.source, token.backend, token.warning)
    report = run(profile, origin, lambda: identify(token))
    for line in whoami_lines(report):
        invocation.console.say(line)
    invocation.finish(report)
