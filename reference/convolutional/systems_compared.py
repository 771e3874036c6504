"""Systems of the chapter convolutional that are closed by comparison: with SciPy, torch, the papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from matplotlib.patches import Rectangle
from torch import Tensor, nn
from torch.nn import functional as F

from reference.convolutional import conv2d, correlation, pooling
from reference.convolutional.conv_as_matrix import connections, conv_matrix
from reference.convolutional.convolutionalize import convolutionalize
from reference.convolutional.lenet import lenet
from reference.convolutional.network_summary import network_summary, total
from reference.convolutional.output_size import output_size
from reference.data import images
from reference.data.splits import require
from reference.measure import largest_difference
from reference.plots import axes, show_image
from reference.systems import Result, Run, system

FOLDER = "reference/convolutional"
VGG16_LAYERS: list[dict[str, Any]] = [
    layer
    for count, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
    for layer in [
        *[{"type": "conv", "filters": filters, "kernel": 3, "padding": 1}] * count,
        {"type": "pool", "kernel": 2},
    ]
] + [{"type": "flatten"}, *[{"type": "dense", "units": units} for units in (4096, 4096, 1000)]]


@system(
    "correlation-photos",
    topics=["correlation"],
    title="Filters on photographs: Sobel edges, and a coin found by normalised correlation in a darker picture",
    data="scikit-image camera, coins",
    metric="largest difference from SciPy and scikit-image",
    comparison="<=",
    target=1e-7,
    code=[f"{FOLDER}/correlation.py"],
)
def correlation_photos(run: Run) -> Result:
    data = require("skimage.data", "scikit-image")
    signal = require("scipy.signal", "scipy")
    match_template = require("skimage.feature", "scikit-image").match_template
    camera = torch.tensor(data.camera() / 255.0, device=run.device)
    coins = torch.tensor(data.coins() / 255.0, device=run.device)
    kernel = torch.randn(5, 4, dtype=torch.float64, generator=run.generator()).to(run.device)
    pairs = []
    for mode in ("valid", "same", "full"):
        for ours, theirs in ((correlation.correlate, signal.correlate2d), (correlation.convolve, signal.convolve2d)):
            wanted = torch.tensor(theirs(camera.cpu().numpy(), kernel.cpu().numpy(), mode))
            pairs.append((ours(camera, kernel, mode).cpu(), wanted))
    template, darker = coins[170:220, 75:130], 0.3 * coins + 0.2
    score = correlation.normalized_correlation(darker, template)
    pairs.append((score.cpu(), torch.tensor(match_template(darker.cpu().numpy(), template.cpu().numpy()))))
    row, column = correlation.match(darker, template)

    figure, plots = axes(4, width=3, height=2.6)
    show_image(plots[0], camera, "a photograph")
    show_image(plots[1], correlation.gradient_magnitude(camera), "Sobel: strength of the edges")
    show_image(plots[2], darker, "where is the bright coin?", vmin=0, vmax=1)
    plots[2].add_patch(Rectangle((column, row), 55, 50, fill=False, edgecolor="red", linewidth=2))
    show_image(plots[3], score, "normalised correlation", cmap="magma")
    return Result(largest_difference(pairs), {"coin found at": f"row {row}, column {column}"}, figure)


def random_geometry(rng: np.random.Generator) -> dict[str, Any]:
    """A window that fits, with stride, padding, dilation and groups."""
    kernel = [int(rng.integers(1, 5)) for _ in range(2)]
    stride, dilation = ([int(rng.integers(1, 4)) for _ in range(2)] for _ in range(2))
    padding = [int(rng.integers(0, k // 2 + 1)) for k in kernel]
    size = [d * (k - 1) + 1 + int(rng.integers(0, 9)) for d, k in zip(dilation, kernel, strict=True)]
    return {
        "size": tuple(size),
        "kernel": tuple(kernel),
        "stride": tuple(stride),
        "padding": tuple(padding),
        "dilation": tuple(dilation),
        "groups": int(rng.integers(1, 4)),
    }


@system(
    "output-sizes",
    topics=["output-size", "cnn-parameters"],
    title="Output sizes by arithmetic equal torch's; where VGG16 keeps its parameters and where it computes",
    data="random shapes; VGG16",
    metric="disagreements with torch",
    comparison="==",
    target=0,
    code=[f"{FOLDER}/output_size.py", f"{FOLDER}/network_summary.py"],
    cpu_only=True,
)
def output_sizes(run: Run) -> Result:
    rng = np.random.default_rng(run.seed)
    tries, wrong = run.choose(2000, 200), 0
    for _ in range(tries):
        g = random_geometry(rng)
        shape = F.conv2d(
            torch.empty(1, 1, *g["size"], device="meta"),
            torch.empty(1, 1, *g["kernel"], device="meta"),
            stride=g["stride"],
            padding=g["padding"],
            dilation=g["dilation"],
        ).shape[2:]
        values = zip(g["size"], g["kernel"], g["stride"], g["padding"], g["dilation"], strict=True)
        wrong += tuple(output_size(*v) for v in values) != tuple(shape)
    rows = network_summary((3, 224, 224), VGG16_LAYERS)
    parameters, macs = total(rows)
    shown = [row for row in rows if row.parameters]
    figure, plots = axes(2, width=4.5)
    for plot, name, whole in ((plots[0], "parameters", parameters), (plots[1], "macs", macs)):
        plot.bar(
            range(1, len(shown) + 1),
            [100 * getattr(row, name) / whole for row in shown],
            color=["tab:blue" if row.type == "conv" else "tab:orange" for row in shown],
        )
        plot.set_xlabel("layer of VGG16 (blue: conv, orange: dense)")
        plot.set_ylabel(f"% of {'multiply-accumulates' if name == 'macs' else 'parameters'}")
    conv = sum(row.parameters for row in rows if row.type == "conv")
    details = {
        "random geometries": tries,
        "VGG16 parameters": f"{parameters:,}",
        "VGG16 parameters in conv layers": f"{100 * conv / parameters:.1f} %",
        "VGG16 multiply-accumulates in conv layers": f"{100 * sum(r.macs for r in rows if r.type == 'conv') / macs:.1f} %",
    }
    return Result(float(wrong), details, figure)


@system(
    "conv2d-gradients",
    topics=["conv-layer"],
    title="The convolutional layer and its backward pass by hand, with stride, padding, dilation and groups",
    data="random shapes, float64",
    metric="largest difference from torch's conv2d and autograd",
    comparison="<=",
    target=1e-10,
    code=[f"{FOLDER}/conv2d.py"],
)
def conv2d_gradients(run: Run) -> Result:
    rng, generator = np.random.default_rng(run.seed), run.generator()

    def compared() -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(run.choose(300, 30)):
            g = random_geometry(rng)
            groups = g["groups"]
            options = {key: g[key] for key in ("stride", "padding", "dilation", "groups")}
            x = _normal(generator, run, 2, 2 * groups, *g["size"]).requires_grad_()
            weight = _normal(generator, run, 3 * groups, 2, *g["kernel"]).requires_grad_()
            bias = _normal(generator, run, 3 * groups).requires_grad_()
            wanted = F.conv2d(x, weight, bias, **options)
            dy = _normal(generator, run, *wanted.shape)
            with torch.no_grad():
                yield conv2d.conv2d(x, weight, bias, **options), wanted
                ours = conv2d.conv2d_backward(dy, x, weight, **options)
            yield from zip(ours, torch.autograd.grad(wanted, [x, weight, bias], dy), strict=True)

    reached = largest_difference(compared())
    photo = images.photo("chelsea").mean(1, keepdim=True).double().to(run.device)
    sobel = torch.tensor(correlation.SOBEL_X, dtype=torch.float64, device=run.device)[None, None]
    figure, plots = axes(3, width=2.7, height=2.0)
    show_image(plots[0], photo[0], "a photograph")
    for plot, dilation in ((plots[1], 1), (plots[2], 6)):
        y = conv2d.conv2d(photo, sobel, padding=dilation, dilation=dilation)[0]
        show_image(plot, y, f"the same 9 weights, dilation {dilation}", vmin=-2, vmax=2)
    return Result(reached, {"geometries": run.choose(300, 30)}, figure)


@system(
    "pooling-gradients",
    topics=["pooling"],
    title="Max, average and global pooling and their backward passes",
    data="random shapes with equal maxima, float64",
    metric="largest difference from torch",
    comparison="<=",
    target=1e-10,
    code=[f"{FOLDER}/pooling.py"],
)
def pooling_gradients(run: Run) -> Result:
    rng, generator = np.random.default_rng(run.seed), run.generator()

    def compared() -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(run.choose(300, 30)):
            g = random_geometry(rng)
            size, window = g["size"], (g["kernel"], g["stride"], g["padding"])
            x = _normal(generator, run, 2, 3, *size).round().requires_grad_()
            wanted, average, overall = F.max_pool2d(x, *window), F.avg_pool2d(x, *window), x.mean((2, 3))
            dy, dg = _normal(generator, run, *wanted.shape), _normal(generator, run, 2, 3)
            with torch.no_grad():
                y, where = pooling.max_pool2d(x, *window)
                yield y, wanted
                yield pooling.avg_pool2d(x, *window), average
                yield pooling.global_average_pool(x), overall
                ours = (
                    pooling.max_pool2d_backward(dy, where, size),
                    pooling.avg_pool2d_backward(dy, size, *window),
                    pooling.global_average_pool_backward(dg, size),
                )
            for mine, output, d in zip(ours, (wanted, average, overall), (dy, dy, dg), strict=True):
                yield mine, torch.autograd.grad(output, x, d)[0]

    reached = largest_difference(compared())
    photo = images.photo("chelsea").mean(1, keepdim=True).double()[:, :, 60:204, 120:264]
    y, where = pooling.max_pool2d(photo, 12)
    figure, plots = axes(4, width=2.6, height=2.6)
    show_image(plots[0], photo[0], "144 x 144", vmin=0, vmax=1)
    show_image(plots[1], y[0], "max pooling, 12 x 12", vmin=0, vmax=1)
    show_image(plots[2], pooling.avg_pool2d(photo, 12)[0], "average pooling, 12 x 12", vmin=0, vmax=1)
    routed = pooling.max_pool2d_backward(torch.ones_like(y), where, (144, 144))
    show_image(plots[3], F.max_pool2d(routed, 3, 1, 1)[0], "pixels that get max pooling's gradient")
    return Result(reached, {"geometries": run.choose(300, 30)}, figure)


@system(
    "conv-as-matrix",
    topics=["cnn-parameters"],
    title="A convolution is a sparse matrix with shared entries; a dense layer is a convolution",
    data="integers; scikit-image camera through LeNet-5 with random weights",
    metric="largest difference between the two forms",
    comparison="<=",
    target=1e-12,
    code=[f"{FOLDER}/conv_as_matrix.py", f"{FOLDER}/convolutionalize.py"],
    cpu_only=True,
)
def conv_as_matrix(run: Run) -> Result:
    generator = run.generator()
    weight = torch.randint(1, 10, (3, 2, 3, 2), generator=generator).double()
    x = torch.randint(-9, 10, (4, 2, 6, 5), generator=generator).double()
    matrix = conv_matrix(weight, (6, 5), padding=1)
    pairs = [(x.flatten(1) @ matrix.mT, F.conv2d(x, weight, padding=1).flatten(1))]

    network = lenet().double()
    features, classifier = network[:6], nn.Sequential(*list(network.children())[6:])
    whole = convolutionalize(features, classifier, (16, 5, 5))
    camera = torch.tensor(require("skimage.data", "scikit-image").camera() / 255.0)[None, None]
    with torch.no_grad():
        heat = whole(camera)  # one pass; the crops below are what it replaces
        step = run.choose(13, 60)
        for row in range(0, heat.shape[2], step):
            for column in range(0, heat.shape[3], step):
                crop = camera[:, :, 4 * row : 4 * row + 32, 4 * column : 4 * column + 32]
                pairs.append((heat[:, :, row, column], network(crop)))
    figure, plots = axes(3, width=3.2, height=2.8)
    plots[0].imshow(conv_matrix(torch.arange(1.0, 10).view(1, 1, 3, 3), (6, 6)).numpy(), cmap="viridis")
    plots[0].set_title("3x3 on 6x6: 16 rows, 9 weights in each", fontsize=9)
    show_image(plots[1], camera[0], "512 x 512")
    show_image(plots[2], heat[0, 0], f"a score of LeNet-5: {heat.shape[2]} x {heat.shape[3]}, one pass")
    details = {
        "entries of the matrix": matrix.numel(),
        "connections": connections(matrix),
        "weights": weight.numel(),
        "crops compared": len(pairs) - 1,
    }
    return Result(largest_difference(pairs), details, figure)


def _normal(generator: torch.Generator, run: Run, *shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator).to(run.device)
