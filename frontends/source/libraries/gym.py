"""Environments of Gym and Gymnasium: the sizes of what they show and of what can be done in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.library import function
from repairnn.frontends.source.values import Known, Listing, Object, Unknown, Value, known, wrap

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

#: Name without version: shape of an observation (a number where they are counted), actions (a tuple: continuous ones).
#: Source: the environment pages of gymnasium.farama.org.
ENVIRONMENTS: dict[str, tuple[int | tuple[int, ...], int | tuple[int, ...]]] = {
    "CartPole": ((4,), 2), "MountainCar": ((2,), 3), "MountainCarContinuous": ((2,), (1,)), "Acrobot": ((6,), 3),
    "Pendulum": ((3,), (1,)), "LunarLander": ((8,), 4), "LunarLanderContinuous": ((8,), (2,)),
    "BipedalWalker": ((24,), (4,)), "BipedalWalkerHardcore": ((24,), (4,)), "CarRacing": ((96, 96, 3), (3,)),
    "FrozenLake": (16, 4), "Taxi": (500, 6), "CliffWalking": (48, 4), "HalfCheetah": ((17,), (6,)),
    "Hopper": ((11,), (3,)), "Walker2d": ((17,), (6,)), "Swimmer": ((8,), (2,)), "Reacher": ((11,), (2,)),
    "InvertedPendulum": ((4,), (1,)), "InvertedDoublePendulum": ((11,), (1,)),
    "Breakout": ((210, 160, 3), 4), "Pong": ((210, 160, 3), 6), "SpaceInvaders": ((210, 160, 3), 6),
}  # fmt: skip


@function("gym.make", "gymnasium.make")
def make(machine: Machine, call: Call) -> Value:
    """``gym.make("CartPole-v1")``: its spaces, as far as the name tells."""
    name = known(call.get(0, "id"), str)
    observation, action = ENVIRONMENTS.get(str(name).partition("-v")[0].rpartition("/")[2], (None, None))
    spaces = {"observation_space": _space(observation), "action_space": _space(action)}
    return Object("gym.Env", attributes=spaces, span=call.span)


def _space(size: int | tuple[int, ...] | None) -> Value:
    if size is None:
        return Unknown("a space of an environment")
    if isinstance(size, int):
        return Object("gym.spaces.Discrete", attributes={"n": Known(size), "shape": Listing([], "tuple")})
    return Object("gym.spaces.Box", attributes={"shape": wrap(size)})
