"""One run of ``check`` or ``fix`` over many inputs: find them, treat each, print, write, and tell the exit status.

An input that cannot be read does not stop the others; it makes the exit status 2 at the end.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repairnn.files import write_all, write_atomically
from repairnn.frontends.errors import BadInput
from repairnn.printer import Printer, printer_for
from repairnn.results import Result
from repairnn.subjects import STDIN, Subject, open_path, open_text

CLEAN, FAULTS, BAD = 0, 1, 2
#: What a mistake of ours raises. Not among them: errors of the output stream, and the user's interruption.
MISTAKES = (ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, MemoryError, NameError,
            RuntimeError, SyntaxError, TypeError, ValueError)  # fmt: skip
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for on the command line."""

    paths: tuple[str, ...]
    fixing: bool = False
    shapes: Any = None
    format: str = "text"
    device: str = "auto"
    validate: bool = False
    top: int = 3
    budget: float = 10.0
    cost: str = "human"
    write: bool = False
    output: str | None = None


def run(request: Request) -> int:
    """Do it all; returns the exit status."""
    printer = printer_for(request.format, request.fixing, to_stderr=request.output == "-")
    try:
        status = _run(request, printer)
        printer.close()
        return status
    except BrokenPipeError:
        _drop_stdout()
        return FAULTS
    except OSError as error:
        _drop_stdout()
        print(f"repairnn: cannot write the results: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return BAD


def _run(request: Request, printer: Printer) -> int:
    inputs = list(_inputs(request.paths))
    printer.many = len(inputs) > 1
    statuses = [CLEAN]
    with _validator(request) as validator:
        for number, (path, explicit) in enumerate(inputs, start=1):
            printer.progress(f"[{number}/{len(inputs)}] {path}" if len(inputs) > 1 else str(path))
            try:
                if isinstance(path, BadInput):
                    raise path
                statuses.append(_one(path, explicit, request, printer, validator))
            except BadInput as error:
                printer.error(error)
                statuses.append(BAD)
            # The last line of defence: a mistake of ours in one file must not cost the user the others.
            except MISTAKES as error:
                if os.environ.get("REPAIRNN_TRACEBACK"):
                    raise
                printer.error(_internal(error, str(path)))
                statuses.append(BAD)
    return max(statuses)


def _one(path: Path, explicit: bool, request: Request, printer: Printer, validator: Any) -> int:
    from repairnn.pipeline import Options, check_subject, fix_subject

    start = time.perf_counter()
    subject = _open(path, request.shapes)
    lowering = time.perf_counter() - start
    if request.fixing:
        from repairnn.settings import costs_for

        options = Options(request.cost, request.budget, request.top, validator, costs_for(path.parent))
        result = fix_subject(subject, options, lowering)
    else:
        result = check_subject(subject, lowering, validator)
    written = _deliver(request, subject, result) if request.fixing else ""
    if explicit or result.models:
        printer.result(result, written)
    if not request.fixing:
        return FAULTS if any(model.broken for model in result) else CLEAN
    changes = result.model is not None and not written
    return FAULTS if changes or not result.settled else CLEAN


def _open(path: Path, shapes: Any) -> Subject:
    if str(path) == "-":
        return open_text(sys.stdin.buffer.read(), STDIN, shapes)
    return open_path(path, shapes)


def _deliver(request: Request, subject: Subject, result: Result) -> str:
    """Write the repair where the user wants it; returns where, or nothing when nothing was written."""
    refused = any(model.validation is not None and model.validation.status == "failed" for model in result)
    if request.write and result.model is not None and not refused:
        from repairnn.deliver import files_of

        files = files_of(subject, result.model)
        write_all(files)
        return f"written to {', '.join(files)}"
    if request.output is None or refused:
        return ""
    from repairnn.deliver import content_bytes

    data = content_bytes(subject, subject.content if result.model is None else result.model)
    if request.output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_atomically(Path(request.output), data)
    return f"written to {request.output}"


def _validator(request: Request) -> Any:
    """A context that gives the validator, or ``None``."""
    from contextlib import nullcontext

    if not request.validate:
        return nullcontext(None)
    from repairnn.validation import Validator

    return Validator(request.device)


def _inputs(paths: tuple[str, ...]) -> Iterator[tuple[Any, bool]]:
    """Every file to treat, and whether the user named it; in place of a folder without one, the complaint."""
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            yield Path(path), True
            continue
        found = list(_python_files(path))
        if not found:
            yield BadInput("holds no Python file", path), True
        yield from ((file, False) for file in found)


def _python_files(folder: str) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_skipped(root, name))
        yield from (Path(root, name) for name in sorted(files) if name.endswith(".py") and _has_content(root, name))


def _is_skipped(root: str, name: str) -> bool:
    return name.startswith(".") or name in SKIPPED_FOLDERS or os.path.exists(os.path.join(root, name, "pyvenv.cfg"))


def _has_content(root: str, name: str) -> bool:
    """Empty files are bad input only where they were named."""
    try:
        return os.path.getsize(os.path.join(root, name)) > 0
    except OSError:
        return True


def _internal(error: Exception, path: str) -> BadInput:
    told = str(error).splitlines()[0][:200] if str(error) else ""
    advice = "this is a mistake of repairnn, please report it with the file; REPAIRNN_TRACEBACK=1 shows where"
    return BadInput(f"internal error: {type(error).__name__} {told}".rstrip(), path, advice=advice)


def _drop_stdout() -> None:
    """Let nobody try to flush a stream that is gone when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
