"""Diffs that git applies to exactly the bytes that are meant."""

import subprocess
from pathlib import Path

import pytest

from repairnn.patch import unified

CASES = [
    ("a\nb\nc\n", "a\nB\nc\n"),
    ("a\nb\nc", "a\nB\nc"),
    ("a\nb", "a\nb\n"),
    ("a\nb\n", "a\nb"),
    ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"),
    ("a\x0cb\nc\n", "a\x0cb\nd\n"),
    ("\u2028a\nb\n", "\u2028a\nc\n"),
    ("\ufeffa\nb\n", "\ufeffa\nc\n"),
    ("".join(f"{n}\n" for n in range(60)), "".join(f"{n if n not in (3, 40) else -n}\n" for n in range(60))),
    ("a\n", "new\na\n"),
    ("a\nb\n", "a\nb\nend\n"),
]


@pytest.mark.parametrize("name", ["x.py", "a folder/my file.py", "ünï.py", 'quo"te.py'])
@pytest.mark.parametrize(("before", "after"), CASES)
def test_git_applies_the_diff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(before.encode())
    monkeypatch.chdir(tmp_path)
    diff = unified(before, after, str(path))
    done = subprocess.run(["git", "apply", "-"], input=diff.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + diff
    assert path.read_bytes() == after.encode()


def test_equal_texts_have_no_diff() -> None:
    assert unified("a\n", "a\n", "x.py") == ""


def test_only_the_changed_lines_are_marked() -> None:
    diff = unified("a\nb\nc\n", "a\nB\nc\n", "x.py")
    assert [line for line in diff.split("\n") if line[:1] in "+-" and line[:3] not in ("+++", "---")][:2] == [
        "-b",
        "+B",
    ]
