"""Every module and function of the installed PyTorch that a model is made of has a declaration."""

from __future__ import annotations

import inspect

import pytest

torch = pytest.importorskip("torch")

from repairnn.semantics.registry import spelled, spellings  # noqa: E402

#: Modules that hold others: front ends look inside them.
CONTAINERS = {"Container", "DataParallel", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList",
              "Sequential"}  # fmt: skip
#: Bases of the recurrent modules; they have no ``forward`` of their own.
ABSTRACT = {"RNNBase", "RNNCellBase"}
#: Names of ``torch.nn.functional`` that are no operations on a model's tensors, or need what a model does not have.
NOT_OPERATIONS = {"assert_int_or_pair", "boolean_dispatch", "handle_torch_function", "has_torch_function",
                  "has_torch_function_unary", "has_torch_function_variadic", "grouped_mm", "scaled_grouped_mm",
                  "scaled_mm", "multi_head_attention_forward"}  # fmt: skip
#: Functions without a declaration yet.
MISSING_FUNCTIONS = {"conv_tbc", "embedding_bag", "linear_cross_entropy", "pdist"}


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


#: What appears in the ``forward`` of models, as methods and as functions.
METHODS = words(
    """
    view reshape flatten unflatten permute transpose t T mT swapaxes movedim squeeze unsqueeze chunk split unbind
    matmul mm bmm add sub mul div pow maximum minimum mean sum max min argmax argmin norm std var prod amax amin any
    all logsumexp median select narrow gather scatter index_select expand expand_as repeat repeat_interleave tile
    roll flip where masked_fill topk sort cumsum cumprod softmax log_softmax relu sigmoid tanh exp log sqrt abs neg
    clamp contiguous clone detach float double half long int bool to cuda cpu type_as view_as new_zeros diagonal
    triu tril unfold __getitem__ __add__ __sub__ __mul__ __truediv__ __pow__ __matmul__ __radd__ __rsub__ __rmul__
    __rtruediv__ eq ne lt le gt ge add_ mul_ relu_ squeeze_ unsqueeze_ masked_fill_ logical_and logical_not nonzero
    masked_select
    """
)
FUNCTIONS = words(
    """
    reshape flatten unflatten permute transpose swapaxes movedim squeeze unsqueeze cat concat stack hstack vstack
    chunk split unbind matmul mm bmm einsum tensordot add sub mul div pow maximum minimum mean sum max min argmax
    argmin norm pad interpolate index_select gather narrow select tile repeat_interleave roll flip where masked_fill
    topk sort cumsum softmax log_softmax relu leaky_relu gelu dropout max_pool1d max_pool2d max_pool3d avg_pool1d
    avg_pool2d avg_pool3d adaptive_avg_pool2d adaptive_max_pool2d conv1d conv2d conv3d conv_transpose2d linear
    embedding batch_norm layer_norm group_norm one_hot pixel_shuffle unfold fold grid_sample affine_grid normalize
    scaled_dot_product_attention zeros_like ones_like randn_like zeros ones rand randn full arange eye linspace
    cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss binary_cross_entropy binary_cross_entropy_with_logits
    kl_div ctc_loss cosine_similarity cdist
    """
)


def modules() -> list[str]:
    """Every class of ``torch.nn`` that is a module."""
    return [
        name for name, value in vars(torch.nn).items() if inspect.isclass(value) and issubclass(value, torch.nn.Module)
    ]


def test_every_module_is_declared() -> None:
    missing = {name for name in modules() if spelled("torch", name) is None}
    assert missing == (CONTAINERS | ABSTRACT) & set(modules())


def test_nearly_all_modules_are_layers() -> None:
    declared = [name for name in modules() if spelled("torch", name) is not None]
    assert len(declared) >= len(modules()) - len(CONTAINERS) - len(ABSTRACT)


def test_every_functional_name_is_declared() -> None:
    functional = torch.nn.functional
    names = {
        name
        for name in dir(functional)
        if name[0].islower() and not name.endswith("_") and callable(getattr(functional, name))
        and not inspect.isclass(getattr(functional, name))
    }  # fmt: skip
    missing = {name for name in names if spelled("torch", name, "function") is None}
    assert missing - NOT_OPERATIONS == MISSING_FUNCTIONS & names


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_tensors_are_declared(name: str) -> None:
    assert hasattr(torch.Tensor, name)
    assert spelled("torch", name, "method") is not None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_tensors_are_declared(name: str) -> None:
    assert hasattr(torch, name) or hasattr(torch.nn.functional, name)
    assert spelled("torch", name, "function") is not None


def test_every_name_exists_in_pytorch() -> None:
    places = {"layer": (torch.nn,), "function": (torch, torch.nn.functional), "method": (torch.Tensor,)}
    ours = {("method", "getitem"), ("function", "getitem")}  # what an index is called
    invented = [
        (form, name)
        for form, name in spellings("torch")
        if (form, name) not in ours and not any(hasattr(place, name) for place in places[form])
    ]
    assert not invented


def test_parameters_of_modules_are_pytorch_s() -> None:
    """Names and order of a module's parameters are those of the installed constructor."""
    for (form, name), (_, spelling) in spellings("torch", "layer").items():
        signature = inspect.signature(getattr(torch.nn, name).__init__)
        kinds = [p.kind for p in signature.parameters.values()]
        if inspect.Parameter.VAR_POSITIONAL in kinds or form != "layer":
            continue
        theirs = [
            p.name for p in list(signature.parameters.values())[1:] if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        ]
        plain = [p for p in spelling.parameters if p not in ("device", "dtype")]
        assert plain == theirs[: len(plain)], name
        assert set(theirs[len(plain) :]) <= {"device", "dtype", "size_average", "reduce", "min_value", "max_value"}, (
            name
        )
