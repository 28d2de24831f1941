"""Where results are printed: one class, one method a format."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any, TextIO

from repairnn.frontends.errors import BadInput
from repairnn.results import STATUSES, Result


class Printer:
    """Prints results on stdout as they come (or at the end, where the format is one document), errors on stderr."""

    def __init__(self, format_: str, fixing: bool, stream: TextIO) -> None:
        self.format = format_
        self.fixing = fixing
        self.stream = stream
        self.many = False
        self._results: list[Result] = []
        self._errors: list[BadInput] = []
        self._tally: Counter[str] = Counter()
        self._progress = ""

    def result(self, result: Result, written: str) -> None:
        """Print one input's result."""
        self._clear()
        match self.format:
            case "text":
                self._text(result, written)
            case "concise":
                from repairnn.report.lines import concise

                self._write(concise(result))
            case "github":
                from repairnn.report.lines import github

                self._write(github(result))
            case "jsonl":
                for one in result.to_json():
                    self._write(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n")
            case _:
                self._results.append(result)

    def error(self, error: BadInput) -> None:
        """Print one line on stderr; formats for machines also carry it."""
        self._clear()
        print(f"repairnn: {_one_line(str(error))}", file=sys.stderr)
        match self.format:
            case "jsonl":
                from repairnn.report.json import error_to_json

                self._write(json.dumps(error_to_json(error), ensure_ascii=False) + "\n")
            case "github":
                from repairnn.report.lines import github_error

                self._write(github_error(error))
            case "json" | "sarif":
                self._errors.append(error)

    def close(self) -> None:
        """Print what is one document, and flush, so that a full disk is noticed here."""
        self._clear()
        if self.format == "text" and self.many and self._tally:
            counts = ", ".join(f"{self._tally[status]} {status}" for status in STATUSES if self._tally[status])
            self._write(f"{self._tally.total()} models: {counts}\n")
        if self.format == "json":
            from repairnn.report.json import error_to_json

            models = [model for result in self._results for model in result.to_json()]
            document = {"models": models, "errors": [error_to_json(error) for error in self._errors]}
            self._write(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n")
        elif self.format == "sarif":
            from repairnn.report.sarif import sarif

            self._write(json.dumps(sarif(self._results, self._errors), ensure_ascii=False, indent=2) + "\n")
        self.stream.flush()

    def progress(self, text: str) -> None:
        """Say on a terminal what is being worked on; nothing elsewhere."""
        if not sys.stderr.isatty():
            return
        self._clear()
        self._progress = text[:78]
        sys.stderr.write(self._progress)
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._progress:
            sys.stderr.write("\r" + " " * len(self._progress) + "\r")
            sys.stderr.flush()
            self._progress = ""

    def _text(self, result: Result, written: str) -> None:
        from repairnn.report.paint import paint_for, width_of
        from repairnn.report.text import Page, text_report

        page = Page(width_of(self.stream), paint_for(self.stream), self.fixing, written, brief=self.many)
        text = text_report(result, page)
        brief = self.many and text.count("\n") == len(result.models)
        self._write(text if brief else text + "\n")
        self._tally.update(model.status for model in result)

    def _write(self, text: str) -> None:
        """Text in the stream's encoding; what it lacks becomes escapes, so that printing never fails."""
        encoding = self.stream.encoding or "utf-8"
        data = text.encode(encoding, "backslashreplace")
        self.stream.flush()
        buffer: Any = getattr(self.stream, "buffer", None)
        if buffer is None:
            self.stream.write(data.decode(encoding))
        else:
            buffer.write(data)


def printer_for(format_: str, fixing: bool, to_stderr: bool = False) -> Printer:
    """The printer of a run; when stdout carries the repaired input, reports go to stderr."""
    return Printer(format_, fixing, sys.stderr if to_stderr else sys.stdout)


def _one_line(text: str) -> str:
    return " ".join(text.split())
