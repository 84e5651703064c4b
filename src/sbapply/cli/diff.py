"""Parse `diff`, call it, render it."""

from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def diff(invocation: Invocation) -> None:
    """Show what is on the project and not in its migrations, and the other way round."""
    from sbapply.cli.target import open_target
    from sbapply.render.diff import diff_lines
    from sbapply.verbs.diff import diff as run

    with open_target(invocation, rehearses=True) as target:
        report = run(target)
    for line in diff_lines(report):
        invocation.console.say(line)
    invocation.finish(report)
