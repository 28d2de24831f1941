"""Reading and writing text so that nothing but the edited places changes."""

import os
import stat
from pathlib import Path

import pytest

from repairnn.files import MAX_BYTES, decode, read_bytes, source_of, write_atomically
from repairnn.frontends.errors import BadInput

LINE_ENDS = [
    b"a\nb\n",
    b"a\r\nb\r\n",
    b"a\rb\r",
    b"a\r\nb\nc\r\r\nd",
    b"\r\n",
    b"a\n\r",
    b"no end",
    b"\xef\xbb\xbfa\r\nb",
    b"# -*- coding: latin-1 -*-\r\nx = '\xe9'\r\n",
    b"a\x0cb\nc\n",
]


@pytest.mark.parametrize("data", LINE_ENDS)
def test_what_is_not_edited_comes_back_as_it_was(data: bytes) -> None:
    source = decode(data, "x.py")
    assert "\r" not in source.text
    assert source.encoded(source.text) == data


def test_an_edited_line_keeps_its_end_and_an_added_one_takes_the_common_one() -> None:
    source = decode(b"a\r\nb\r\nc\nd\r\n", "x.py")
    assert source.encoded("a\nB\nnew\nc\nd\nend\n") == b"a\r\nB\r\nnew\r\nc\nd\r\nend\r\n"


def test_a_character_that_the_encoding_lacks_is_refused() -> None:
    source = decode(b"# coding: ascii\nx = 1\n", "x.py")
    with pytest.raises(BadInput, match="cannot hold"):
        source.encoded("# coding: ascii\nx = 'é'\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x00\x01\x02", "binary"),
        (b"x = '\xff\xfe'", "not text"),
        (b"# coding: no-such-codec\n", "not text"),
        (b"x" * (MAX_BYTES + 1), "MB long"),
    ],
)
def test_bytes_that_are_no_source_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        decode(data, "x.py")


def test_text_that_was_never_a_file_needs_no_encoding() -> None:
    source = source_of("# coding: latin-1\nx = '☃'\r\n", "<text>")
    assert source.original() == "# coding: latin-1\nx = '☃'\r\n"


@pytest.mark.parametrize("make", ["missing", "folder", "pipe", "long", "nul"])
def test_a_path_that_cannot_be_read_is_one_line(tmp_path: Path, make: str) -> None:
    path = tmp_path / "x.py"
    match make:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "long":
            path.write_bytes(b"#" * 5_000_000)
        case "nul":
            path = Path("a\0b.py")
    with pytest.raises(BadInput) as caught:
        read_bytes(path)
    assert "\n" not in str(caught.value)


def test_writing_replaces_the_whole_file_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("old")
    path.chmod(0o751)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.py"]


def test_writing_goes_through_a_link_and_leaves_the_link(tmp_path: Path) -> None:
    target = tmp_path / "real.py"
    target.write_text("old")
    link = tmp_path / "link.py"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_new_file_gets_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "new.py"
    write_atomically(path, b"x")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(BadInput, match="read-only"):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.py"]


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        write_atomically(tmp_path / "no" / "x.py", b"new")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.py"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInput, match="no space left"):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.py"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_device_is_one_line() -> None:
    with pytest.raises(BadInput, match="no space left"):
        write_atomically(Path("/dev/full"), b"new")
