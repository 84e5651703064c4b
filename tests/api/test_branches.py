"""A branch is found by its name, and what it is not ready for is said."""

import pytest

from sbapply.api.branches import Branch, check_branch, find_branch, warning_of
from sbapply.errors import ProjectAsleep, UsageError

PARENT = "p" * 20


def branch(name: str, letter: str, git: str | None = None, status: str = "X", project: str | None = None) -> Branch:
    return Branch(f"id-{name}", name, letter * 20, PARENT, False, False, status, git, project)


BRANCHES = [branch("main", "p"), branch("a", "a", "feature"), branch("feature", "b"), branch("c", "c", "twice")]


@pytest.mark.parametrize(("name", "letter"), [("main", "p"), ("a", "a"), ("feature", "b"), ("twice", "c")])
def test_a_name_goes_before_a_git_branch(name: str, letter: str) -> None:
    assert find_branch(BRANCHES, name, PARENT).project_ref == letter * 20


def test_a_git_branch_that_several_follow_names_none_of_them() -> None:
    with pytest.raises(UsageError, match="2 branches") as caught:
        find_branch([*BRANCHES, branch("d", "d", "twice")], "twice", PARENT)
    assert "c" * 20 in caught.value.next_step
    assert "d" * 20 in caught.value.next_step


@pytest.mark.parametrize(("branches", "said"), [(BRANCHES, "There are a, c, feature, main."), ([], "It has none.")])
def test_an_unknown_name_is_answered_with_those_there_are(branches: list[Branch], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_branch(branches, "zzz", PARENT)
    assert caught.value.next_step == said


@pytest.mark.parametrize(
    ("status", "project"),
    [("CREATING_PROJECT", None), ("CREATING_PROJECT", "COMING_UP"), ("FUNCTIONS_DEPLOYED", "INACTIVE")],
)
def test_one_that_is_not_up_is_said(status: str, project: str | None) -> None:
    with pytest.raises(ProjectAsleep):
        check_branch(branch("x", "x", status=status, project=project))


@pytest.mark.parametrize(
    ("status", "project", "warned"),
    [
        ("FUNCTIONS_DEPLOYED", "ACTIVE_HEALTHY", False),
        ("MIGRATIONS_PASSED", None, False),
        ("SOMETHING_NEW", "SOMETHING_NEW", False),
        ("CREATING_PROJECT", "ACTIVE_HEALTHY", True),
        ("RUNNING_MIGRATIONS", "ACTIVE_HEALTHY", True),
        ("MIGRATIONS_FAILED", "ACTIVE_HEALTHY", True),
    ],
)
def test_one_that_is_up_may_be_warned_of(status: str, project: str | None, warned: bool) -> None:
    found = branch("x", "x", status=status, project=project)
    check_branch(found)
    assert bool(warning_of(found)) == warned
