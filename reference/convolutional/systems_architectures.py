"""Systems of the chapter convolutional about whole architectures: fields, sizes, a step of learning."""

from __future__ import annotations

import torch
from matplotlib.patches import Rectangle
from torch import Tensor, nn
from torch.nn import functional as F

from reference.convolutional import architectures
from reference.convolutional.alexnet import alexnet
from reference.convolutional.efficientnet import InvertedResidual
from reference.convolutional.pretrained import centre_crop
from reference.convolutional.receptive_field import empirical_field, layers_of, receptive_field
from reference.data import images
from reference.plots import axes, show_image
from reference.systems import Result, Run, system

FOLDER = "reference/convolutional"


@system(
    "receptive-fields",
    topics=["receptive-field"],
    title="The receptive field by arithmetic is where gradient arrives; how little of it counts in a random network",
    data="architectures of the catalogue",
    metric="networks where arithmetic and gradient disagree",
    comparison="==",
    target=0,
    code=[f"{FOLDER}/receptive_field.py"],
)
def receptive_fields(run: Run) -> Result:
    names = run.choose(("AlexNet", "NiN", "VGG16", "ResNet-18", "ResNet-50", "MobileNet"), ("AlexNet",))
    known = {entry.name: entry for entry in architectures.ARCHITECTURES}
    wrong, details = 0, {}
    for name in names:
        features = known[name].build().get_submodule("features").to(run.device)
        field = receptive_field(layers_of(features, skip=("shortcut",)))
        side = -(-(field.size + 4 * field.jump) // 32) * 32  # so large that the middle unit sees no padding
        unit = (side // 2 - field.first - field.size // 2) // field.jump
        rows, columns = empirical_field(features.cpu(), (3, side, side), (unit, unit))
        wrong += rows != field.interval(unit) or columns != rows
        details[name] = f"{field.size} pixels, every {field.jump}"
    torch.manual_seed(run.seed)
    network = known["AlexNet"].build().get_submodule("features").eval()
    x = torch.rand(run.choose(8, 1), 3, 323, 323, generator=run.generator(), requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x)[:, :, 4, 4].sum(), x)
    field = receptive_field(layers_of(network))
    figure, plots = axes(2, width=3.4, height=3.2)
    show_image(plots[0], gradient.abs().sum((0, 1)).sqrt(), "AlexNet, random weights: root of |gradient|", cmap="magma")
    first, _ = field.interval(4)
    plots[0].add_patch(Rectangle((first, first), field.size, field.size, fill=False, edgecolor="white"))
    for name in ("AlexNet", "VGG16", "MobileNet"):
        with torch.device("meta"):
            layers = layers_of(known[name].build().get_submodule("features"))
        plots[1].step(
            range(len(layers) + 1), [receptive_field(layers[:n]).size for n in range(len(layers) + 1)], label=name
        )
    plots[1].set_xlabel("layers with a window")
    plots[1].set_ylabel("receptive field in pixels")
    plots[1].legend()
    return Result(float(wrong), details, figure)


@system(
    "architecture-sizes",
    topics=["architectures", "cnn-parameters"],
    title="Parameters of all architectures to the unit, and their multiply-accumulates",
    data="published counts",
    metric="architectures whose parameters or shapes differ from the published ones",
    comparison="==",
    target=0,
    code=[
        f"{FOLDER}/architectures.py",
        *[
            f"{FOLDER}/{name}.py"
            for name in (
                "lenet",
                "alexnet",
                "vgg",
                "nin",
                "inception",
                "residual",
                "resnet",
                "densenet",
                "separable",
                "efficientnet",
            )
        ],
    ],
    cpu_only=True,
)
def architecture_sizes(run: Run) -> Result:
    wrong, details, sizes = 0, {}, {}
    for entry in architectures.ARCHITECTURES[: run.choose(None, 8)]:
        with torch.device("meta"):
            model = entry.build()
            x = torch.empty(2, *entry.image)
        count, macs = architectures.parameter_count(model), architectures.multiply_accumulates(model, entry.image)
        maps = model.get_submodule("features") if entry.maps and not hasattr(model, "middle") else None
        wrong += count != entry.parameters or model(x).shape != (2, entry.classes)
        wrong += maps is not None and maps(x).shape[1:] != entry.maps
        details[entry.name] = f"{count:,} parameters ({entry.source}), {macs / 1e6:,.1f} M multiply-accumulates"
        sizes[entry.name] = (count, macs)
    with torch.device("meta"):
        alexnets = {"published": alexnet(), "without groups": alexnet(groups=1)}
    for name, model in alexnets.items():
        dense = architectures.parameter_count(model.get_submodule("classifier"))
        whole = architectures.parameter_count(model)
        details[f"AlexNet {name}: share of the dense layers"] = f"{100 * dense / whole:.2f} % of {whole:,}"
    figure, (plot,) = axes(1, width=7, height=4.5)
    for name, (count, macs) in sizes.items():
        if macs > 1e8 and "(" not in name:
            plot.scatter(count / 1e6, macs / 1e9, color="tab:blue")
            plot.annotate(name, (count / 1e6, macs / 1e9), fontsize=7, xytext=(3, 3), textcoords="offset points")
    plot.set_xscale("log")
    plot.set_yscale("log")
    plot.set_xlabel("parameters (millions)")
    plot.set_ylabel("multiply-accumulates for one image (thousand millions)")
    return Result(float(wrong), details, figure)


@system(
    "architecture-steps",
    topics=["architectures"],
    title="Every architecture learns: the loss on four photographs before and after a step of gradient descent",
    data="scikit-learn china, flower; scikit-image chelsea, coffee",
    metric="architectures whose loss did not fall",
    comparison="==",
    target=0,
    code=[f"{FOLDER}/architectures.py"],
)
def architecture_steps(run: Run) -> Result:
    photos = torch.cat([centre_crop(images.photo(name)) for name in ("china", "flower", "chelsea", "coffee")])
    photos = (photos - photos.mean()) / photos.std()
    labels = torch.arange(4, device=run.device)
    falls: dict[str, float] = {}
    for entry in architectures.ARCHITECTURES:
        if run.quick and entry.name not in ("LeNet-5 (course)", "MobileNet"):
            continue
        torch.manual_seed(run.seed)
        model = entry.build().to(run.device).train()
        for module in model.modules():  # what is left to chance would blur the comparison
            if isinstance(module, nn.Dropout):
                module.p = 0.0
            elif isinstance(module, InvertedResidual):
                module.drop = 0.0
        x = F.interpolate(photos, entry.image[1:], mode="bilinear", antialias=True)[:, : entry.image[0]].to(run.device)
        sign = -1 if entry.name == "LeNet-5" else 1  # its outputs are distances
        before, gradients = _loss_and_gradients(model, x, labels, sign)
        squared = torch.stack([g.square().sum() for g in gradients]).sum()
        with torch.no_grad():
            for parameter, gradient in zip(_used(model), gradients, strict=True):
                parameter.sub_(0.01 * gradient / squared)  # so small that the gradient promises a fall of 0.01
        falls[entry.name] = before - _loss_and_gradients(model, x, labels, sign)[0]
    figure, (plot,) = axes(1, width=6, height=4)
    plot.barh(list(falls), list(falls.values()))
    plot.invert_yaxis()
    plot.set_xlabel("fall of the loss in one step (0.01 promised)")
    return Result(float(sum(fall <= 0 for fall in falls.values())), falls, figure)


def _used(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that the main classifier's scores depend on."""
    return [p for name, p in model.named_parameters() if not name.startswith("auxiliary")]


def _loss_and_gradients(model: nn.Module, x: Tensor, labels: Tensor, sign: int) -> tuple[float, tuple[Tensor, ...]]:
    loss = F.cross_entropy(sign * model(x), labels)
    gradients = torch.autograd.grad(loss, _used(model))
    return float(loss.detach()), gradients
