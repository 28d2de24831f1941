"""Published language models: their hidden size, and the shapes of what they return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import family
from repairnn.frontends.source.torch.drawing import as_tensor, draw
from repairnn.frontends.source.values import Known, Listing, Object, Unknown, Value, known
from repairnn.semantics.ir import Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Beginnings of the names of models, longer ones first where one begins another, with their hidden sizes.
#: Source: the configurations published with the models.
HIDDEN = {
    "bert-base": 768, "bert-large": 1024, "roberta-base": 768, "roberta-large": 1024, "distilbert-base": 768,
    "distilroberta-base": 768, "xlm-roberta-base": 768, "xlm-roberta-large": 1024, "albert-base": 768,
    "albert-large": 1024, "google/electra-small": 256, "google/electra-base": 768, "microsoft/deberta-base": 768,
    "microsoft/deberta-v3-base": 768, "microsoft/deberta-v3-large": 1024, "gpt2-medium": 1024, "gpt2-large": 1280,
    "gpt2-xl": 1600, "gpt2": 768,
}  # fmt: skip
#: Classes whose second output is one vector for each sequence.
POOLING = ("BertModel", "RobertaModel", "AlbertModel", "XLMRobertaModel", "AutoModel")


class Answer(Listing):
    """What such a model returns, by position and by name."""

    def attribute(self, machine: Machine, name: str) -> Value:
        names = {"last_hidden_state": 0, "pooler_output": 1}
        if name in names and names[name] < len(self.items):
            return self.items[names[name]]
        return Unknown(f"{name} of a language model")


@dataclass(eq=False)
class LanguageModel(Value):
    """A model that ``from_pretrained`` loads; its inside is not read."""

    name: str
    hidden: int
    pools: bool

    def attribute(self, machine: Machine, name: str) -> Value:
        if name == "config":
            sizes: dict[str, Value] = {key: Known(self.hidden) for key in ("hidden_size", "dim", "n_embd")}
            return Object("transformers.PretrainedConfig", attributes=sizes)
        return Unknown(f"{name} of {self.name}")

    def call(self, machine: Machine, call: Call) -> Value:
        tokens = as_tensor(machine, call.get(0, "input_ids"), "input_ids")
        shape = tokens.shape(machine) if tokens is not None else None
        if tokens is None or shape is None or len(shape) != 2:
            return Unknown(f"what {self.name} returns")
        shapes: list[Shape] = [(*shape, self.hidden), (shape[0], self.hidden)]
        outputs: list[Value] = []
        for key, one in enumerate(shapes[: 1 + self.pools]):
            made = draw(machine, "opaque", {"output_shapes": (one,)}, [tokens], spelling=self.name, name=self.name,
                        site=Site(call.span), key=key)[0]  # fmt: skip
            made.dtype = "float32"
            outputs.append(made)
        return Answer(outputs, "tuple")


@family("transformers.")
def load(machine: Machine, path: str, call: Call) -> Value | None:
    """``BertModel.from_pretrained("bert-base-uncased")``."""
    name, _, method = path.removeprefix("transformers.").rpartition(".")
    title = known(call.get(0, "pretrained_model_name_or_path"), str)
    hidden = next((size for start, size in HIDDEN.items() if isinstance(title, str) and title.startswith(start)), None)
    if method != "from_pretrained" or not name.endswith("Model") or hidden is None:
        return None
    return LanguageModel(name, hidden, name in POOLING and "distil" not in str(title), span=call.span)
