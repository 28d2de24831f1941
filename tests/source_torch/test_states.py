"""Weights that are loaded into a module of other sizes, where the program shows both."""

from __future__ import annotations

import pytest

from repairnn import check_source, fix_source

HEAD = """
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, hidden=64, classes=10):
        super().__init__()
        self.fc1 = nn.Linear(20, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))

teacher = Net()
"""
USED = "out = student(torch.rand(2, 20))\n"


@pytest.mark.parametrize(
    ("student", "after"),
    [("Net(classes=5)", "student = Net(classes=10)"), ("Net(128)", "student = Net(64)")],
)
@pytest.mark.parametrize(
    "load",
    [
        "student.load_state_dict(teacher.state_dict())",
        "best = teacher.state_dict()\nstudent.load_state_dict(best, strict=False)",
        'torch.save(teacher.state_dict(), "a.pt")\nstudent.load_state_dict(torch.load("a.pt"))',
        'torch.save({"net": teacher.state_dict()}, "a.pt")\nstudent.load_state_dict(torch.load("a.pt")["net"])',
    ],
)
def test_weights_of_another_size(student: str, after: str, load: str) -> None:
    text = f"{HEAD}student = {student}\n{load}\n{USED}"
    assert {fault.rule.id for fault in check_source(text).faults} == {"weight-shape-mismatch"}
    assert after in fix_source(text, validate=False).model


@pytest.mark.parametrize(
    "load",
    [
        "student.load_state_dict(Net(classes=5).state_dict())",
        'student.load_state_dict(torch.load("elsewhere.pt"))',
        'state = teacher.state_dict()\nstate.pop("fc2.weight")\nstudent.load_state_dict(state, strict=False)',
        'state = teacher.state_dict()\ndel state["fc2.weight"]\nstudent.load_state_dict(state, strict=False)',
        "student.load_state_dict({k: v for k, v in teacher.state_dict().items() if v.shape[0] == 64}, strict=False)",
    ],
)
def test_weights_that_fit_or_are_not_known(load: str) -> None:
    assert not check_source(f"{HEAD}student = Net(classes=5)\n{load}\n{USED}").faults
