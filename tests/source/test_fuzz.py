"""Mutated scripts: whatever happens to a program's text, reading it ends soon, in networks or in one clear line."""

import io
import time
import tokenize
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repairnn.frontends.source import BadInput, lower
from repairnn.semantics.checker import check

ROOT = Path(__file__).resolve().parents[2] / "real_bugs"
SCRIPTS = [path.read_text() for path in sorted([*ROOT.glob("keras/*.py"), *ROOT.glob("correct/keras*.py")])]
SNIPPETS = (
    "None",
    "-1",
    "0",
    "''",
    "[]",
    "{}",
    "x",
    "(1, None)",
    "10 ** 6",
    "model",
    "lambda: 0",
    "*args",
    "...",
    "np",
)


def without_line(draw, lines):
    del lines[draw(st.integers(0, len(lines) - 1))]


def doubled_line(draw, lines):
    at = draw(st.integers(0, len(lines) - 1))
    lines.insert(draw(st.integers(0, len(lines))), lines[at])


def swapped_lines(draw, lines):
    one, two = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    lines[one], lines[two] = lines[two], lines[one]


def other_token(draw, lines):
    """Replace one token of a line by a snippet or by a token of another line."""
    at = draw(st.integers(0, len(lines) - 1))
    tokens = tokens_of(lines[at])
    if not tokens:
        return
    start, end = tokens[draw(st.integers(0, len(tokens) - 1))]
    others = tokens_of(lines[draw(st.integers(0, len(lines) - 1))])
    text = draw(st.sampled_from(SNIPPETS))
    if others and draw(st.booleans()):
        line = lines[at]
        a, b = others[draw(st.integers(0, len(others) - 1))]
        text = line[a:b] or text
    lines[at] = lines[at][:start] + text + lines[at][end:]


def tokens_of(line):
    try:
        found = list(tokenize.generate_tokens(io.StringIO(line.strip()).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return []
    margin = len(line) - len(line.lstrip())
    return [(t.start[1] + margin, t.end[1] + margin) for t in found if t.string.strip()]


MUTATIONS = (without_line, doubled_line, swapped_lines, other_token, other_token, other_token)


@st.composite
def mutated(draw):
    lines = draw(st.sampled_from(SCRIPTS)).split("\n")
    for _ in range(draw(st.integers(1, 6))):
        if lines:
            draw(st.sampled_from(MUTATIONS))(draw, lines)
    return "\n".join(lines)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_no_mutation_breaks_the_reader(text):
    started = time.process_time()
    try:
        program = lower(text, strict=True)
    except BadInput as problem:
        sentence = str(problem)
    else:
        sentence = ""
        for network in program.networks:
            check(network)
    assert "\n" not in sentence
    assert time.process_time() - started < 8
