"""Arguments that are no plain data: built next to the submission from data, read back as data after the call.

    Recipe("module", {"layers": [("linear", 2, 8), ("leaky_relu", 0.2), ("linear", 8, 1)], "state": {"0.weight": ...}})
    Recipe("optimizer", {"name": "sgd", "of": 0, "options": {"lr": 0.1}})      of: the module's position or keyword
    Recipe("batches", {"arrays": [...]})      an iterator over prepared tensors
    Recipe("noise", {"arrays": [...]})        noise(n) serves the prepared tensors in order
    Recipe("leaf", {"array": ...})            a tensor whose gradient is wanted

Read back: a module as its state dict of arrays (with the names of the parameters that learn no more under "frozen", where
there are any), an optimizer as the number of its steps, batches as the number consumed, noise as the sizes asked for, a leaf
as {"array", "grad"}, where grad is that of the sum of what the call returned, or says that there is none.
A further kind is one entry in `_BUILDERS` and one case in `read`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.calls import Recipe

if TYPE_CHECKING:
    import torch

Arguments = tuple[list[Any], dict[str, Any]]
NO_GRADIENT = "no gradient"  # stands for the gradient of a leaf that what the call returned does not depend on
_steps: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


class Batches:
    """An iterator over prepared batches that counts what was taken."""

    def __init__(self, batches: Sequence[torch.Tensor]) -> None:
        self._batches = list(batches)
        self.consumed = 0

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> torch.Tensor:
        if self.consumed == len(self._batches):
            raise StopIteration
        self.consumed += 1
        return self._batches[self.consumed - 1]


class Noise:
    """noise(n) -> the next prepared batch of n rows."""

    def __init__(self, batches: Sequence[torch.Tensor]) -> None:
        self._batches = list(batches)
        self.sizes: list[int] = []

    def __call__(self, n: int) -> torch.Tensor:
        if len(self.sizes) == len(self._batches):
            raise RuntimeError(f"noise was asked for more than {len(self._batches)} batches")
        batch = self._batches[len(self.sizes)]
        self.sizes.append(int(n))
        if n != len(batch):
            raise ValueError(f"noise was asked for {n} rows where a batch has {len(batch)}")
        return batch


def build_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    """Replace the recipes among a call's arguments by live objects; optimizers last, since they need their modules.

    Raises:
        ValueError: a recipe of unknown kind, or one that cannot be followed; the suite is wrong, not the submission.
    """
    live: dict[Any, Any] = dict(enumerate(args)) | dict(kwargs)
    recipes = {key: value for key, value in live.items() if isinstance(value, Recipe)}
    for key, recipe in sorted(recipes.items(), key=lambda item: item[1].kind == "optimizer"):
        if recipe.kind not in _BUILDERS:
            raise ValueError(f"there is no recipe of kind {recipe.kind!r}")
        live[key] = _BUILDERS[recipe.kind](recipe.data, live)
    return [live[i] for i in range(len(args))], {key: live[key] for key in kwargs}


def read_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    """Replace what `build_arguments` built by data; other arguments stay as they are."""
    return [read(value) for value in args], {key: read(value) for key, value in kwargs.items()}


def read(value: Any) -> Any:
    """Return the data of one live argument."""
    import torch

    if isinstance(value, torch.nn.Module):
        state: dict[str, Any] = {name: _array(tensor) for name, tensor in value.state_dict().items()}
        frozen = [name for name, parameter in value.named_parameters() if not parameter.requires_grad]
        return state | ({"frozen": frozen} if frozen else {})
    if isinstance(value, torch.optim.Optimizer):
        return _steps.get(value, 0)
    if isinstance(value, Batches):
        return value.consumed
    if isinstance(value, Noise):
        return list(value.sizes)
    if isinstance(value, torch.Tensor) and value.is_leaf and value.requires_grad:
        return {"array": _array(value), "grad": NO_GRADIENT if value.grad is None else _array(value.grad)}
    return value


def fill_gradients(value: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Fill the gradients of the leaves among the arguments from the sum of what a call returned, where it is a tensor."""
    import torch

    leaves = [
        leaf
        for leaf in (*args, *kwargs.values())
        if isinstance(leaf, torch.Tensor) and leaf.is_leaf and leaf.requires_grad
    ]
    if leaves and isinstance(value, torch.Tensor) and value.requires_grad:
        gradients = torch.autograd.grad(value.sum(), leaves, retain_graph=True, allow_unused=True)
        for leaf, gradient in zip(leaves, gradients, strict=True):
            leaf.grad = gradient


def _module(data: Mapping[str, Any], live: Mapping[Any, Any]) -> torch.nn.Module:
    import torch
    from torch import nn

    makers: dict[str, Callable[..., torch.nn.Module]] = {
        "linear": nn.Linear,
        "conv2d": nn.Conv2d,
        "conv_transpose2d": nn.ConvTranspose2d,
        "batch_norm1d": nn.BatchNorm1d,
        "batch_norm2d": nn.BatchNorm2d,
        "layer_norm": nn.LayerNorm,
        "embedding": nn.Embedding,
        "relu": nn.ReLU,
        "leaky_relu": nn.LeakyReLU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "softplus": nn.Softplus,
        "dropout": nn.Dropout,
        "flatten": nn.Flatten,
        "max_pool2d": nn.MaxPool2d,
        "adaptive_avg_pool2d": nn.AdaptiveAvgPool2d,
    }
    unknown = [layer[0] for layer in data["layers"] if layer[0] not in makers]
    if unknown:
        raise ValueError(f"there is no layer of kind {unknown[0]!r}")
    module = nn.Sequential(*(makers[kind](*arguments) for kind, *arguments in data["layers"]))
    state = {name: _tensor(array) for name, array in data.get("state", {}).items()}
    if any(tensor.dtype == torch.float64 for tensor in state.values()):
        module = module.double()
    if state:
        module.load_state_dict(state)
    for name, array in data.get("gradients", {}).items():  # what an earlier step has left
        module.get_parameter(name).grad = _tensor(array)
    for index in data.get("frozen", []):
        module[index].requires_grad_(False)
    return module


def _optimizer(data: Mapping[str, Any], live: Mapping[Any, Any]) -> torch.optim.Optimizer:
    import torch

    makers: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "sgd": torch.optim.SGD,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "rmsprop": torch.optim.RMSprop,
        "adagrad": torch.optim.Adagrad,
    }
    optimizer = makers[data["name"]](live[data["of"]].parameters(), **data.get("options", {}))
    _steps[optimizer] = 0

    def count(self: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        _steps[self] = _steps.get(self, 0) + 1

    optimizer.register_step_post_hook(count)
    return optimizer


def _tensor(array: Any) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.array(getattr(array, "array", array)))


def _array(tensor: torch.Tensor) -> np.ndarray:
    return np.array(tensor.detach().cpu().numpy())


_BUILDERS: dict[str, Callable[[Mapping[str, Any], Mapping[Any, Any]], Any]] = {
    "module": _module,
    "optimizer": _optimizer,
    "batches": lambda data, live: Batches([_tensor(a) for a in data["arrays"]]),
    "noise": lambda data, live: Noise([_tensor(a) for a in data["arrays"]]),
    "leaf": lambda data, live: _tensor(data["array"]).requires_grad_(True),
}
