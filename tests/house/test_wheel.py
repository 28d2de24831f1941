"""What is built claims the name `repairnn` and no other, and works beside a user's own `search.py`."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.layout import ROOT, sources

USER_MODULES = ("search", "semantics", "frontends", "tests")

USER_PROGRAM = """
import frontends, search, semantics, tests
import repairnn.frontends, repairnn.search, repairnn.semantics, repairnn.cli
import sys

for module in (frontends, search, semantics, tests):
    assert module.OWNER == "the user", module
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] == "repairnn":
        print(module.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built as a release is: the source archive from the checkout, the wheel from the archive."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT))
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_one_package(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"repairnn"}


def test_the_wheel_holds_every_module_once(wheel: Path) -> None:
    modules = [name for name in names(wheel) if name.endswith(".py")]
    assert sorted(modules) == sorted(archive_name(module, path) for module, path in sources().items())


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    assert "repairnn/py.typed" in names(wheel)


def test_a_wheel_straight_from_the_checkout_is_the_same(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT))
    (direct,) = tmp_path.glob("*.whl")
    assert sorted(names(direct)) == sorted(names(wheel))


def test_the_wheel_works_beside_a_users_own_modules(wheel: Path, tmp_path: Path) -> None:
    target, user = tmp_path / "target", tmp_path / "user"
    user.mkdir()
    for name in USER_MODULES:
        (user / f"{name}.py").write_text('OWNER = "the user"\n')
    program = user / "program.py"
    program.write_text(USER_PROGRAM)

    run(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(target), str(wheel))
    printed = run(sys.executable, str(program), cwd=user, env={**os.environ, "PYTHONPATH": str(target)})

    files = [Path(line) for line in printed.splitlines()]
    assert files
    assert all(file.is_relative_to(target) for file in files)


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def archive_name(module: str, path: Path) -> str:
    stem = module.replace(".", "/")
    return f"{stem}/__init__.py" if path.name == "__init__.py" else f"{stem}.py"


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
