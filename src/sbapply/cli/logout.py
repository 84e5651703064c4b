"""Parse `logout`, call it, render it."""

from sbapply.cli.invocation import Invocation, takes_options


@takes_options
def logout(invocation: Invocation) -> None:
    """Remove the token that `login` kept, and say which others a next run would find.

    Example: sbapply logout --profile work
    """
    from sbapply.auth.machine import this_machine
    from sbapply.auth.store import Keyring, KeyringStore
    from sbapply.auth.token import find_remaining
    from sbapply.cli.account import profile_of
    from sbapply.render.account import logout_lines
    from sbapply.verbs.logout import logout as run

    profile = profile_of(invocation)
    machine = this_machine()
    store = KeyringStore(Keyring(machine))
    report = run(
        profile,
        remove=lambda: store.remove(profile),
        find_remaining=lambda: find_remaining(profile, machine),
    )
    for line in logout_lines(report):
        invocation.console.say(line)
    invocation.finish(report)
