"""Where the rooms of the project lie, and which packages stay optional."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FLOORS = {"semantics": 1, "search": 2, "frontends": 2, "repairnn": 3}

EXTRAS = frozenset({"keras", "onnx", "onnxruntime", "tensorflow", "torch"})
FRAMEWORKS = EXTRAS | {"jax", "onnx_ir", "tf_keras", "torchvision"}


def sources() -> dict[str, Path]:
    """The Python files of all rooms, by the name under which the code imports them."""
    return {_module_name(room, path): path for room in FLOORS for path in sorted(_python_files(ROOT / room))}


def _python_files(room: Path) -> list[Path]:
    # A link in repairnn/ leads to a room of its own, whose files are counted there.
    linked = [path for path in room.iterdir() if path.is_symlink()]
    return [path for path in room.rglob("*.py") if not any(path.is_relative_to(link) for link in linked)]


def _module_name(room: str, path: Path) -> str:
    inside = path.relative_to(ROOT / room).with_suffix("").parts
    parts = inside[:-1] if inside[-1] == "__init__" else inside
    return ".".join(("repairnn", *parts) if room == "repairnn" else ("repairnn", room, *parts))
