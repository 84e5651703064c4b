"""Parse `doctor`, let it look at this machine and its project, render it."""

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sbapply.cli.invocation import Invocation, takes_options
from sbapply.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from sbapply.api.client import ApiClient
    from sbapply.auth.token import Token
    from sbapply.config import Settings
    from sbapply.settings.targets import Chosen
    from sbapply.verbs.examined import (
        ApiSeen,
        DatabaseSeen,
        EngineSeen,
        FolderSeen,
        HomeSeen,
        KeyringSeen,
        ProgramSeen,
        ProjectNamed,
        ProjectSeen,
        SettingsSeen,
    )
    from sbapply.verbs.whoami import TokenOrigin


@takes_options
def doctor(invocation: Invocation) -> None:
    """Look at all that sbapply needs, on this machine and at the project, and say what is missing.

    Example: sbapply doctor --target staging
    """
    from sbapply.render.doctor import doctor_lines
    from sbapply.verbs.doctor import doctor as run

    invocation.console.progress("looking at this machine, the API and the project")
    with ExitStack() as stack:
        report = run(_Surroundings(invocation, stack, invocation.options.sandbox))
    for line in doctor_lines(report):
        invocation.console.say(line)
    invocation.finish(report)


@dataclass(slots=True)
class _Surroundings:
    """Look at what the options lead to; what one look opened serves the next. See ``verbs.examined``."""

    invocation: Invocation
    stack: ExitStack
    sandbox: bool
    workdir: "Path | None" = None
    found_settings: "Settings | None" = None
    chosen: "Chosen | None" = None
    found_token: "Token | None" = None
    client: "ApiClient | None" = field(default=None, repr=False)
    ref: str = ""

    def program(self) -> "ProgramSeen":
        import platform

        from sbapply import __version__
        from sbapply.verbs.examined import ProgramSeen

        return ProgramSeen(__version__, platform.python_version(), platform.platform())

    def folder(self) -> "FolderSeen":
        from sbapply.config import find_workdir
        from sbapply.migrations.files import read_folder
        from sbapply.opening.target import MIGRATIONS
        from sbapply.verbs.examined import FolderSeen

        self.workdir = find_workdir(self.invocation.options)
        try:
            folder = read_folder(self.workdir / MIGRATIONS, shown=MIGRATIONS)
        except UsageError as error:
            return FolderSeen(str(self.workdir), missing=error)
        unreadable = sum(migration.problem is not None for migration in folder.migrations)
        return FolderSeen(str(self.workdir), len(folder.migrations), unreadable, len(folder.skipped))

    def settings(self) -> "SettingsSeen":
        from sbapply.settings.own import read_settings
        from sbapply.settings.supabase import read_remotes
        from sbapply.verbs.examined import SettingsSeen

        workdir = self._workdir()
        settings = read_settings(workdir)
        remotes = tuple(read_remotes(workdir))
        self.found_settings = settings
        file = str(settings.file) if settings.file is not None else None
        return SettingsSeen(file, tuple(settings.targets), remotes)

    def project(self) -> "ProjectNamed":
        from sbapply.settings.targets import choose_project
        from sbapply.verbs.examined import ProjectNamed

        if self.sandbox:
            from sbapply.sandbox.settings import Sandbox

            return ProjectNamed(Sandbox().ref, "--sandbox")
        settings = self._settings()
        self.chosen = choose_project(self.invocation.options, settings, self._workdir())
        self.ref = self.chosen.ref
        return ProjectNamed(self.chosen.ref, self.chosen.source)

    def token(self) -> "TokenOrigin":
        from sbapply.auth.token import find_token
        from sbapply.verbs.whoami import TokenOrigin

        if self.sandbox:
            return TokenOrigin("sandbox", "the sandbox, which makes one for each run", None)
        token = find_token(profile=self._profile())
        self.found_token = token
        return TokenOrigin(token.kind, token.source, token.backend, token.warning)

    def keyring(self) -> "KeyringSeen":
        from sbapply.auth.machine import this_machine
        from sbapply.auth.store import Keyring, KeyringStore, keeps_no_secret
        from sbapply.verbs.examined import KeyringSeen

        found = KeyringStore(Keyring(this_machine())).look(self._profile())
        if found is None:
            return KeyringSeen(None, holds=False, plain=False)
        backend, holds = found
        return KeyringSeen(backend, holds, keeps_no_secret(backend))

    def api(self) -> "ApiSeen":
        from sbapply.api.client import ApiClient
        from sbapply.api.reach import reach
        from sbapply.config import find_api_url
        from sbapply.verbs.account import Account
        from sbapply.verbs.examined import ApiSeen

        if self.sandbox:
            from sbapply.opening.connection import open_sandbox

            url = "the sandbox"
            self.ref, _, self.client = open_sandbox(self.stack, self._workdir())
        else:
            url = find_api_url(self.invocation.options)
            self.client = self.stack.enter_context(ApiClient(self.found_token, api_url=url))
        as_somebody = self.sandbox or self.found_token is not None
        reached = reach(self.client, timeout=self._patience(), as_somebody=as_somebody)
        told = reached.profile
        account = Account(told.primary_email, told.username, told.gotrue_id) if told is not None else None
        return ApiSeen(url, reached.seconds, reached.ahead, reached.refusal, account, as_somebody)

    def state(self) -> "ProjectSeen":
        from sbapply.api.status import check_awake
        from sbapply.errors import ProjectAsleep
        from sbapply.verbs.examined import ProjectSeen

        if self.invocation.options.branch is not None and not self.sandbox:
            return self._branch(self.invocation.options.branch)
        project = self._client().project(self.ref, timeout=self._patience())
        try:
            check_awake(project)
        except ProjectAsleep as asleep:
            return ProjectSeen(project.title, project.status, asleep)
        return ProjectSeen(project.title, project.status)

    def _branch(self, name: str) -> "ProjectSeen":
        """Return the state of a preview branch, which is asked for SQL from now on."""
        from sbapply.api.branches import check_branch, find_branch, warning_of
        from sbapply.errors import ProjectAsleep
        from sbapply.verbs.examined import ProjectSeen

        branches = self._client().branches(self.ref, timeout=self._patience())
        branch = find_branch(branches, name, self.ref)
        self.ref = branch.project_ref
        title = f"branch {branch.name} ({branch.project_ref})"
        try:
            check_branch(branch)
        except ProjectAsleep as asleep:
            return ProjectSeen(title, branch.status, asleep)
        return ProjectSeen(title, branch.status, warning=warning_of(branch))

    def reading(self) -> "DatabaseSeen":
        return self._asked(read_only=True)

    def writing(self) -> "DatabaseSeen":
        return self._asked(read_only=False)

    def engine(self) -> "EngineSeen":
        from importlib.util import find_spec

        from sbapply.rehearse.binaries import VARIABLE, find_binaries
        from sbapply.verbs.examined import EngineSeen

        found = find_binaries()
        named = bool(os.environ.get(VARIABLE, ""))
        driver = find_spec("psycopg") is not None
        return EngineSeen(found.release, found.version, str(found.directory), named, driver)

    def home(self) -> "HomeSeen":
        import shutil
        import tempfile

        from sbapply.errors import EngineError, LocalMissing
        from sbapply.rehearse.home import VARIABLE, open_home
        from sbapply.rehearse.memory import is_roomy, memory_room
        from sbapply.verbs.examined import HomeSeen

        if os.name == "nt":
            raise LocalMissing("Rehearsals and the sandbox do not run on Windows yet.", "For them use WSL.")
        home = open_home()
        try:
            # Modes say nothing of a disk that is mounted read-only, or full.
            with tempfile.TemporaryFile(dir=home.base) as file:
                file.write(b"\0")
        except OSError as error:
            raise EngineError(
                f"{home.base} cannot be written: {error.strerror}.", f"Set {VARIABLE} to another folder."
            ) from error
        room = memory_room(home)
        in_memory = room is not None and is_roomy(room)
        return HomeSeen(str(home.base), shutil.disk_usage(home.base).free, in_memory)

    def official(self) -> str | None:
        from sbapply.auth.machine import this_machine
        from sbapply.auth.official import find_program

        return find_program(this_machine())

    def _asked(self, *, read_only: bool) -> "DatabaseSeen":
        from sbapply.verbs.examined import LOOK, database_seen

        sent = time.time()
        rows = self._client().query(self.ref, LOOK, read_only=read_only, timeout=self._patience())
        return database_seen(rows, between=(sent, time.time()))

    def _client(self) -> "ApiClient":
        if self.client is None:
            raise AssertionError("the API is looked at first")
        return self.client

    def _workdir(self) -> "Path":
        from sbapply.config import find_workdir

        return self.workdir or find_workdir(self.invocation.options)

    def _settings(self) -> "Settings":
        from sbapply.config import Settings

        return self.found_settings or Settings()

    def _profile(self) -> str:
        """Return the profile that the verbs would use: the option's, the target's, or ``default``."""
        from sbapply.opening.api import profile_of_target

        own = profile_of_target(self.invocation.options, self._settings())
        chosen = self.chosen.profile if self.chosen is not None else None
        return self.invocation.options.profile or chosen or own or "default"

    def _patience(self) -> float:
        """Return how long one request may take."""
        return self.chosen.patience.read if self.chosen is not None else self._settings().patience.read
