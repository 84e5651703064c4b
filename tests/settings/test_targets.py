"""The project that is meant: one source after the other, targets by name, and their rules by ref."""

from pathlib import Path

import pytest

from sbapply.config import Consent, Limits, NamedTarget, Options, Settings
from sbapply.errors import ConfigurationError, ProjectUnknown, UsageError
from sbapply.settings.targets import choose_project, consent_for, find_target

A, B, C, D, E = (letter * 20 for letter in "abcde")
GUARDED = Consent(by_name=True, protected=True)


def link(workdir: Path, ref: str) -> None:
    (workdir / "supabase" / ".temp").mkdir(parents=True)
    (workdir / "supabase" / ".temp" / "project-ref").write_text(ref)


def with_remotes(workdir: Path, **remotes: str) -> None:
    (workdir / "supabase").mkdir(exist_ok=True)
    blocks = (f'[remotes.{name}]\nproject_id = "{ref}"\n' for name, ref in remotes.items())
    (workdir / "supabase" / "config.toml").write_text("".join(blocks))


def settings_of(*targets: NamedTarget, default: str | None = None) -> Settings:
    return Settings(
        default_target=default, targets={each.name: each for each in targets}, file=Path("sbapply.toml")
    )


def test_the_ref_is_taken_from_the_first_source_that_names_one(tmp_path: Path) -> None:
    link(tmp_path, D)
    environ = {"SUPABASE_PROJECT_REF": B, "SUPABASE_PROJECT_ID": C}
    settings = Settings(project_ref=E)

    def ref(options: Options, environ: dict[str, str]) -> str:
        return choose_project(options, settings, tmp_path, environ=environ).ref

    assert ref(Options(project_ref=A), environ) == A
    assert ref(Options(), environ) == B
    assert ref(Options(), {"SUPABASE_PROJECT_ID": C}) == C
    assert ref(Options(), {}) == D
    (tmp_path / "supabase" / ".temp" / "project-ref").unlink()
    assert ref(Options(), {}) == E


def test_a_named_target_goes_before_the_environment_and_the_link_and_a_default_behind_them(tmp_path: Path) -> None:
    settings = settings_of(NamedTarget("x", A, "work", limits=Limits(lock_timeout="1s")), default="x")
    chosen = choose_project(Options(target="x"), settings, tmp_path, environ={"SUPABASE_PROJECT_REF": B})
    assert (chosen.ref, chosen.profile, chosen.limits.lock_timeout) == (A, "work", "1s")
    assert choose_project(Options(), settings, tmp_path, environ={"SUPABASE_PROJECT_REF": B}).ref == B
    assert choose_project(Options(), settings, tmp_path, environ={}).profile == "work"
    link(tmp_path, D)
    assert choose_project(Options(), settings, tmp_path, environ={}).ref == D


def test_two_options_that_name_a_project_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Both"):
        choose_project(Options(project_ref=A, target="x"), settings_of(NamedTarget("x", A)), tmp_path, environ={})


def test_blanks_around_a_ref_and_empty_sources_do_not_count(tmp_path: Path) -> None:
    link(tmp_path, f"{D}\n")
    options = Options(project_ref="")
    assert choose_project(options, Settings(), tmp_path, environ={"SUPABASE_PROJECT_REF": " "}).ref == D


def test_without_a_ref_the_ways_to_name_one_are_told(tmp_path: Path) -> None:
    environ = {"SUPABASE_API_URL": "https://x", "PROJECT_REF": A}
    with pytest.raises(ProjectUnknown) as caught:
        choose_project(Options(), settings_of(NamedTarget("x", A)), tmp_path, environ=environ)
    assert "--project-ref" in caught.value.next_step
    assert "--target" in caught.value.next_step


@pytest.mark.parametrize(
    "ref", ["A" * 20, "a" * 19, "a" * 21, "a" * 19 + "1", "../" + "a" * 17, "ä" * 20, "my-project"]
)
def test_what_is_no_ref_is_refused_with_its_source(tmp_path: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="SUPABASE_PROJECT_ID") as caught:
        choose_project(Options(), Settings(), tmp_path, environ={"SUPABASE_PROJECT_ID": ref})
    assert caught.value.exit_status == 2


def test_remotes_of_the_official_cli_are_targets_too(tmp_path: Path) -> None:
    with_remotes(tmp_path, staging=B)
    settings = settings_of(NamedTarget("production", A))
    assert find_target("staging", settings, tmp_path, environ={}).ref == B
    assert find_target("production", settings, tmp_path, environ={}).ref == A


def test_a_target_without_a_ref_takes_that_of_the_remote_of_its_name(tmp_path: Path) -> None:
    with_remotes(tmp_path, staging=B)
    found = find_target("staging", settings_of(NamedTarget("staging", profile="work")), tmp_path, environ={})
    assert (found.ref, found.profile) == (B, "work")


def test_one_name_for_two_projects_is_an_error(tmp_path: Path) -> None:
    with_remotes(tmp_path, staging=B)
    with pytest.raises(ConfigurationError, match="Target staging is"):
        find_target("staging", settings_of(NamedTarget("staging", A)), tmp_path, environ={})
    assert find_target("staging", settings_of(NamedTarget("staging", B)), tmp_path, environ={}).ref == B


def test_a_target_that_no_file_gives_a_ref_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no ref"):
        find_target("x", settings_of(NamedTarget("x")), tmp_path, environ={})


def test_an_unknown_target_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with_remotes(tmp_path, staging=B)
    with pytest.raises(UsageError) as caught:
        find_target("stagin", settings_of(NamedTarget("production", A)), tmp_path, environ={})
    assert caught.value.next_step == "Did you mean staging? There are production, staging."
    with pytest.raises(UsageError, match="no target") as caught:
        find_target("x", Settings(), tmp_path / "nowhere", environ={})
    assert "targets.NAME" in caught.value.next_step


def test_the_rule_of_a_target_holds_however_its_project_is_named(tmp_path: Path) -> None:
    with_remotes(tmp_path, live=B)
    settings = settings_of(
        NamedTarget("production", A, consent=GUARDED),
        NamedTarget("same", A),
        NamedTarget("live", consent=Consent(by_name=True)),
    )
    assert consent_for(A, settings, tmp_path, environ={}) == GUARDED
    assert consent_for(B, settings, tmp_path, environ={}) == Consent(by_name=True)
    assert consent_for(C, settings, tmp_path, environ={}) == Consent()
