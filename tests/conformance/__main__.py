"""Run the conformance sweep: ``python -m tests.conformance --framework keras --samples 2000 [--layer Conv2D]``.

Every sample has a seed of its own, made from ``--seed``, the layer's name and the sample's number, so a run can be
repeated and, with ``--state``, taken up where it was stopped. The exit status is 1 when disagreements remain.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from tests.conformance.sweep import Tally, spellings_of, sweep


@click.command()
@click.option("--framework", type=click.Choice(["keras", "torch"]), default="keras")
@click.option("--samples", default=2000, help="Samples for each layer.")
@click.option("--layer", "layers", multiple=True, help="Only layers of this name or kind; may be repeated.")
@click.option("--seed", default=0)
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="Keep progress here, and take it up.")
@click.option("--show", default=3, help="Disagreements to print for each layer.")
@click.option("--seconds", type=float, help="Stop after this time.")
def main(
    framework: str,
    samples: int,
    layers: tuple[str, ...],
    seed: int,
    state: Path | None,
    show: int,
    seconds: float | None,
) -> None:
    """Compare the semantics with the installed framework on random configurations."""
    done = json.loads(state.read_text()) if state and state.exists() else {}
    end = time.monotonic() + seconds if seconds else None
    total = Tally()
    for declaration, spelling in spellings_of(framework, layers):
        key = f"{framework}:{seed}:{spelling.form}:{spelling.name}"
        start = int(done.get(key, 0))
        if start >= samples or (end and time.monotonic() > end):
            continue
        tally = sweep(declaration, spelling, range(start, samples), seed=seed, end=end)
        total = total.plus(tally)
        click.echo(f"{declaration.kind:22} {spelling.form:9} {spelling.name:26} {tally.summary()}")
        for disagreement in tally.disagreements[:show]:
            click.echo(f"  {disagreement}")
        done[key] = start + tally.samples
        if state:
            state.write_text(json.dumps(done, indent=1))
    click.echo(f"total: {total.summary()}")
    sys.exit(1 if total.disagreements else 0)


main()
