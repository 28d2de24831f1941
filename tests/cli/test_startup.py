"""What starting up may import: little."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import FAULTY, write
from tests.house.layout import EXTRAS, ROOT

HEAVY = EXTRAS | {"numpy", "z3", "rich", "libcst", "hypothesis"}
LIST = "import sys; from repairnn.cli import main\ntry:\n    main()\nfinally:\n    print('\\n' + ' '.join(sys.modules))"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "x.py"], ["layers"], ["explain"]])
def test_nothing_heavy_is_imported(tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path / "x.py", FAULTY)
    done = subprocess.run(
        [sys.executable, "-c", LIST, *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    imported = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "repairnn" in imported
    assert imported & HEAVY == set()


def test_importing_the_package_imports_none_of_its_rooms() -> None:
    code = "import sys, repairnn; print(' '.join(name for name in sys.modules if name.startswith('repairnn')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["repairnn"]
