"""Check the manifest against the installed frameworks.

    python real_bugs/run_scripts.py [--only ID ...] [--kind bugs|fixed|correct] [--timeout S]

Every script runs in a child process of its own. A faulty one must raise at the line the manifest
claims (or, where it is marked silent, must run: the fault is there all the same, Keras hides it);
its fixed version and every program under correct/ must run to the end.
Exit status 0 when all agree.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MARK = "@@RESULT@@"
NEEDS = {
    "pandas": "pandas",
    "sklearn": "sklearn",
    "torchvision": "torchvision",
    "torchsummary": "torchsummary",
    "matplotlib": "matplotlib",
    "scipy": "scipy",
    "flow_from_directory": "PIL",
}


def records() -> list[dict]:
    """The manifest, one dict a script."""
    return [json.loads(line) for line in (HERE / "manifest.jsonl").read_text().splitlines() if line]


def correct() -> list[dict]:
    """The correct programs, as records; what one needs stands in its `# files:` line."""
    found = []
    for path in sorted((HERE / "correct").glob("*.py")):
        match = re.search(r"^# files: (.*)$", path.read_text(), flags=re.M)
        found.append(
            {
                "id": path.stem,
                "file": f"correct/{path.name}",
                "framework": path.stem.split("_")[0],
                "files": json.loads(match[1]) if match else {},
            }
        )
    return found


def missing(source: str) -> list[str]:
    """The packages a script needs that are not installed."""
    wanted = {name for word, name in NEEDS.items() if word in source}
    return sorted(name for name in wanted if importlib.util.find_spec(name) is None)


def run(record: dict, path: Path, timeout: float, plain: bool = False) -> dict:
    """Run one script in a child process; what run_one.py says of it."""
    command = [
        sys.executable,
        str(HERE / "run_one.py"),
        str(path),
        "--framework",
        record["framework"],
        "--files",
        json.dumps(record.get("files", {})),
        "--prelude",
        record.get("prelude", ""),
    ]
    command += [f"--{flag}" for flag in ("legacy", "python2") if record.get(flag)]
    if plain:
        command.append("--plain")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return {"ok": False, "lines": [], "error": f"no end after {timeout} s"}
    match = re.search(re.escape(MARK) + "(.*)", done.stdout)
    if match is None:
        return {"ok": False, "lines": [], "error": "child: " + (done.stderr or done.stdout)[-400:]}
    return json.loads(match[1])


def disagreement(record: dict, result: dict) -> str:
    """What the run of a faulty script says against the manifest; empty when nothing."""
    claimed = record["expect"]["line"]
    if record.get("silent"):
        return "" if result["ok"] else f"should run, but: {result['error']}"
    if result["ok"]:
        return "ran without an error"
    if claimed not in result["lines"]:
        return f"raised at lines {result['lines']}, not {claimed}: {result['error']}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], help="ids to run")
    parser.add_argument("--kind", choices=["bugs", "fixed", "correct"], help="run these only")
    parser.add_argument("--timeout", type=float, default=300.0)
    options = parser.parse_args()
    jobs = []
    for record in records():
        jobs.append(("bugs", record, HERE / record["file"]))
        jobs.append(("fixed", record, HERE / record["fixed"]))
    jobs += [("correct", record, HERE / record["file"]) for record in correct()]
    bad = skipped = ran = 0
    for kind, record, path in jobs:
        if (options.kind and kind != options.kind) or (options.only and record["id"] not in options.only):
            continue
        lacking = missing(path.read_text())
        if lacking:
            skipped += 1
            print(f"skip {kind} {record['id']}: needs {', '.join(lacking)}", flush=True)
            continue
        result = run(record, path, options.timeout)
        ran += 1
        if kind == "bugs":
            problem = disagreement(record, result)
        else:
            problem = "" if result["ok"] else f"line {result['lines']}: {result['error']}"
        bad += bool(problem)
        print(f"{'BAD ' if problem else 'ok  '} {kind} {record['id']} {problem}", flush=True)
    print(f"{ran} ran, {bad} disagree, {skipped} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
