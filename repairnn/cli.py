"""The command line. Results go to stdout, progress and errors to stderr.

Exit status: 0 nothing wrong, or all repaired and written; 1 faults remain, or a diff would change something; 2 bad
usage or bad input. Everything heavy is imported inside the commands, so that a check starts fast.
"""

from __future__ import annotations

import sys
from typing import Any

import click

import repairnn

FORMATS = ("text", "concise", "json", "jsonl", "sarif", "github")


class Device(click.ParamType):
    """``cpu``, ``cuda``, ``cuda:N``, ``mps`` or ``auto``."""

    name = "device"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        kind, _, number = str(value).partition(":")
        if kind not in ("cpu", "cuda", "mps", "auto") or (":" in value and (kind != "cuda" or not number.isdigit())):
            self.fail(f"{value!r} is not one of cpu, cuda, cuda:N, mps, auto.", param, ctx)
        return str(value)


class InputShape(click.ParamType):
    """``None,28,28,1``, or ``name=None,28,28,1`` for the input of that name."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        from repairnn.subjects import concrete_shape

        name, _, dims = str(value).rpartition("=")
        try:
            return name.strip(), concrete_shape(dims)
        except ValueError as error:
            self.fail(f"{value!r} is not a shape such as 28,28,1 or name=28,28,1: {error}.", param, ctx)


def _common(command: Any) -> Any:
    """Options of ``check`` and ``fix``."""
    for option in reversed(
        (
            click.argument("paths", nargs=-1, required=True, metavar="PATH..."),
            click.option(
                "--input-shape", "input_shapes", multiple=True, type=InputShape(),
                help="Shape of an input that the source leaves open, batch axis included: None,28,28,1, or "
                "image=None,28,28,1 for the input of that name. Repeatable, in the order of the inputs.",
            ),
            click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
                         help="How results are printed."),
            click.option("--device", type=Device(), default="auto", show_default=True,
                         help="Where to validate: cpu, cuda, cuda:N, mps or auto."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(repairnn.__version__, prog_name="repairnn")
def main() -> None:
    """Find the shape faults of a neural network and repair them with the cheapest edits, with proof."""


@main.command()
@_common
@click.option("--validate/--no-validate", default=False, help="Run models without faults in their framework.")
def check(paths: tuple[str, ...], input_shapes: tuple[Any, ...], format_: str, device: str, validate: bool) -> None:
    """Report the faults in each PATH (.py, .keras, .h5, .json, a folder, or - for stdin); change nothing."""
    from repairnn.session import Request, run

    request = Request(paths, shapes=_shapes(input_shapes), format=format_, device=device, validate=validate)
    sys.exit(run(request))


@main.command()
@_common
@click.option(
    "--validate/--no-validate", default=True, show_default=True, help="Run the repaired model in its framework."
)
@click.option("--top", type=click.IntRange(1, 20), default=3, show_default=True, help="How many repairs to show.")
@click.option(
    "--budget", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True, metavar="SECONDS",
    help="Search time a model.",
)  # fmt: skip
@click.option(
    "--cost", type=click.Choice(["human", "unit"]), default="human", show_default=True,
    help="What is cheap: what people do, or few edits.",
)  # fmt: skip
@click.option("--write", is_flag=True, help="Write the repair into the files.")
@click.option("-o", "--output", metavar="FILE", help="Write the repaired input to FILE (- for stdout); one PATH only.")
def fix(
    paths: tuple[str, ...],
    input_shapes: tuple[Any, ...],
    format_: str,
    device: str,
    validate: bool,
    top: int,
    budget: float,
    cost: str,
    write: bool,
    output: str | None,
) -> None:
    """Print the cheapest repair of each PATH as a diff, with its proof; --write applies it."""
    from repairnn.session import Request, run

    if write and output is not None:
        raise click.UsageError("--write and -o exclude each other.")
    if write and "-" in paths:
        raise click.UsageError("--write has no file to write to for standard input; use -o FILE.")
    if output is not None and (len(paths) != 1 or _is_folder(paths[0])):
        raise click.UsageError("-o takes exactly one PATH, and no folder.")
    request = Request(paths, True, _shapes(input_shapes), format_, device, validate, top, budget, cost, write, output)
    sys.exit(run(request))


@main.command()
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Say what RULE demands, and why; without RULE, list all rules."""
    from repairnn.manual import rule_list, rule_page, similar_rules

    if rule is None:
        click.echo(rule_list(), nl=False)
        return
    page = rule_page(rule)
    if page is None:
        near = similar_rules(rule)
        raise click.UsageError(f"no rule {rule!r}." + (f" Similar: {', '.join(near)}." if near else ""))
    click.echo(page, nl=False)


@main.command()
@click.option("--framework", type=click.Choice(["keras", "torch", "onnx"]), help="Only this framework.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def layers(framework: str | None, format_: str) -> None:
    """List the layers that are supported, per framework."""
    from repairnn.manual import layer_list, layer_table

    if format_ == "json":
        import json

        click.echo(json.dumps(layer_table(framework), indent=2))
        return
    click.echo(layer_list(framework), nl=False)


def _shapes(given: tuple[Any, ...]) -> Any:
    """What the front ends take: nothing, shapes in order, or shapes by name."""
    named = {name: shape for name, shape in given if name}
    plain = [shape for name, shape in given if not name]
    if plain and named:
        raise click.UsageError("give names to all --input-shape or to none.")
    return named or plain or None


def _is_folder(path: str) -> bool:
    import os

    return os.path.isdir(path)


if __name__ == "__main__":
    main()
