"""What `make` does where somebody works on an extension: the real Makefile and the real uv, on a project of nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, bare

UV = shutil.which("uv", path=str(ROOT / ".tools/bin")) or shutil.which("uv")
PROJECT = """
[project]
name = "nothing"
version = "1"
requires-python = ">=3.11"
dependencies = []

[tool.uv]
package = false
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that needs nothing, with the Makefile, uv, and an extension that its developer installed."""
    if UV is None:
        pytest.skip("there is no uv here")
    tools = tmp_path / ".tools/bin"
    tools.mkdir(parents=True)
    (tools / "uv").symlink_to(UV)
    (tools / "python").symlink_to(sys.executable)
    (tmp_path / ".tools/.installed").touch()
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    run(UV, "lock", "--quiet", "--offline", "--python", sys.executable, folder=tmp_path)
    run("make", "setup", folder=tmp_path)
    _install(tmp_path)
    return tmp_path


def run(*words: str, folder: Path) -> str:
    env = bare({"UV_CACHE_DIR": str(folder / "cache")})
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _install(project: Path) -> None:
    """As an installer leaves a package."""
    (packages,) = (project / ".venv/lib").glob("python*/site-packages")
    info = packages / "held_sessions-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: held-sessions\nVersion: 1\n")
    (info / "INSTALLER").write_text("uv")
    (info / "RECORD").write_text("held_sessions-1.dist-info/METADATA,,\nheld_sessions-1.dist-info/RECORD,,\n")


def test_what_a_developer_installed_stays_when_what_we_need_has_changed(project: Path) -> None:
    (project / "pyproject.toml").touch()
    run("make", "setup", folder=project)
    assert list(project.glob(".venv/lib/python*/site-packages/held_sessions-1.dist-info/METADATA"))
