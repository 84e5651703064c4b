"""Build the wheel, install it where nothing else is, and start it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_USER"))}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of programs of a clean environment that holds the wheel and its requirements alone."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("sbapply-*.whl")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return programs


def test_the_wheel_starts_in_a_clean_environment(installed: Path) -> None:
    assert run(installed / "sbapply", "--version").startswith("sbapply ")
    assert "push" in run(installed / "sbapply", "--help")


def test_the_wheel_carries_its_sql_and_its_types(installed: Path) -> None:
    listed = run(
        installed / "python",
        "-c",
        "from importlib.resources import files; import sbapply;"
        "root = files('sbapply'); print(*(each.relative_to(root) for each in root.rglob('*')), sep='\\n')",
    ).split()
    source = ROOT / "src" / "sbapply"
    carried = {path.relative_to(source).as_posix() for path in source.rglob("*.sql")}
    assert carried
    assert carried | {"py.typed", "render/report/report.css"} <= {name.replace("\\", "/") for name in listed}


def test_the_wheel_offers_the_library_without_the_local_extra(installed: Path) -> None:
    script = "import sbapply; print(*(getattr(sbapply, name) is not None for name in sbapply.__all__))"
    assert set(run(installed / "python", "-W", "error", "-c", script).split()) == {"True"}


def test_without_the_local_extra_the_sandbox_says_what_to_install(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    done = subprocess.run(
        [installed / "sbapply", "status", "--sandbox"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "SBAPPLY_HOME": str(tmp_path / "home")},
    )
    assert done.returncode == 2
    assert "sbapply[local]" in done.stderr
    assert "Traceback" not in done.stderr
