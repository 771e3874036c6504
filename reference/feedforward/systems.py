"""Systems of the chapter feedforward."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.data import images
from reference.data.splits import require
from reference.feedforward import (
    activations,
    backprop,
    gradient_check,
    gradient_descent,
    hebbian,
    kernel_perceptron,
    losses,
    mlp,
    parameter_count,
)
from reference.measure import accuracy, largest_difference, scores
from reference.plots import axes, curves, show_image
from reference.systems import Result, Run, system
from reference.train import fit

XOR = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
XOR_TARGETS = torch.tensor([-1.0, 1.0, 1.0, -1.0], dtype=torch.float64)


@system(
    "hebbian-digits",
    topics=["perceptron"],
    title="Hebbian learning tells 0 from 1 within the bound of the convergence theorem, and never learns XOR",
    data="scikit-learn digits 0 and 1",
    metric="errors made / R²/δ²",
    comparison="<=",
    target=1.0,
    code=["reference/feedforward/hebbian.py"],
)
def hebbian_digits(run: Run) -> Result:
    part = images.digits().train
    two = part.y < 2
    X = hebbian.with_bias(part.x[two].flatten(1).double()).to(run.device)
    t = (2 * part.y[two] - 1).double().to(run.device)
    zero = torch.zeros(X.shape[1], dtype=X.dtype, device=run.device)
    w, epochs, converged = hebbian.train(zero, X, t, 1.0, 100)
    errors = hebbian.count_errors(zero, X, t, 1.0, 100)
    svm = require("sklearn.svm", "scikit-learn").SVC(kernel="linear", C=1e6)  # the widest margin gives the least bound
    svm.fit(X.cpu().numpy(), t.cpu().numpy())
    u = torch.tensor(svm.coef_[0]).to(X)
    u[0] += float(svm.intercept_[0])  # x[0] = 1: its weight and the intercept are the same thing
    bound = hebbian.convergence_bound(u, X, t)
    xor = hebbian.with_bias(XOR).to(run.device)
    xor_epochs, xor_converged = hebbian.train(zero[:3], xor, XOR_TARGETS.to(run.device), 1.0, 1000)[1:]
    course = [
        float(
            (
                hebbian.predict_all(
                    weights_after(X, t, n),
                    X,
                )
                != t
            ).sum()
        )
        for n in range(epochs + 1)
    ]
    figure, (left, right) = axes(2)
    left.plot(course, marker="o")
    left.set(xlabel="epoch", ylabel="misclassified", title=f"{errors} updates, bound {bound:.0f}")
    show_image(right, w[1:].reshape(8, 8), "learned weights", cmap="coolwarm")
    return Result(
        errors / bound if converged and not xor_converged else float("inf"),
        {"errors": errors, "bound R²/δ²": bound, "epochs": epochs, "XOR, epochs without convergence": xor_epochs},
        figure,
    )


def weights_after(X: Tensor, t: Tensor, epochs: int) -> Tensor:
    """The weights after so many epochs from zero."""
    zero = torch.zeros(X.shape[1], dtype=X.dtype, device=X.device)
    return hebbian.train(zero, X, t, 1.0, epochs)[0]


@system(
    "kernel-perceptron",
    topics=["kernels"],
    title="A kernel perceptron solves XOR, and even against odd digits better than a linear one",
    data="XOR; scikit-learn digits, even against odd",
    metric="errors on XOR",
    comparison="==",
    target=0,
    code=["reference/feedforward/kernel_perceptron.py", "reference/feedforward/losses.py"],
)
def kernel_on_xor(run: Run) -> Result:
    X, t = XOR.to(run.device), XOR_TARGETS.to(run.device)
    K = kernel_perceptron.rbf_kernel(X, X, 2.0)
    alpha, epochs, _ = kernel_perceptron.train(K, t, 100)
    wrong = int((kernel_perceptron.predict(alpha, t, K) != t).sum())

    splits = images.digits().to(run.device, torch.float64)
    A, B = splits.train.x.flatten(1), splits.test.x.flatten(1)
    a, b = (1 - 2 * (part.y % 2).double() for part in (splits.train, splits.test))
    passes = run.choose(50, 10)
    shares: dict[str, float | str] = {}
    for name, kernel, other in (
        ("RBF", kernel_perceptron.rbf_kernel(A, A, 0.2), kernel_perceptron.rbf_kernel(A, B, 0.2)),
        ("linear", kernel_perceptron.polynomial_kernel(A, A, 1), kernel_perceptron.polynomial_kernel(A, B, 1)),
    ):
        counts, _, converged = kernel_perceptron.train(kernel, a, passes)
        share = float((kernel_perceptron.predict(counts, a, other) == b).double().mean())
        shares[f"even against odd, {name} kernel: test accuracy"] = share
        shares[f"even against odd, {name} kernel: separated"] = "yes" if converged else f"not in {passes} epochs"

    figure, (left, right) = axes(2)
    side = torch.linspace(-0.5, 1.5, 81, dtype=torch.float64, device=run.device)
    grid = torch.cartesian_prod(side, side)
    f = kernel_perceptron.decision(alpha, t, kernel_perceptron.rbf_kernel(X, grid, 2.0)).reshape(81, 81).T.cpu()
    left.contourf(side.cpu(), side.cpu(), f, levels=[-9, 0, 9], colors=["#f4c7c3", "#c6dbef"])
    left.scatter(X[:, 0].cpu(), X[:, 1].cpu(), c=t.cpu(), cmap="coolwarm_r", edgecolors="black")
    left.set(title="XOR with an RBF kernel", xlabel="$x_1$", ylabel="$x_2$")
    margin = torch.linspace(-2, 2.5, 200, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    for loss in (losses.perceptron, losses.hinge, losses.logistic):
        right.plot(margin, [float(loss(m[None], one)) for m in margin], label=loss.__name__)
    right.set(xlabel="margin t f(x)", ylabel="loss")
    right.legend()
    return Result(wrong, {"epochs on XOR": epochs, **shares}, figure)


@system(
    "universal-approximation",
    topics=["multilayer-perceptron"],
    title="One hidden layer of 40 tanh units fits a function on an interval",
    data="sin(3x) + x²/2 on [-2, 2], 400 points; measured on 4,001",
    metric="largest error",
    comparison="<=",
    target=0.02,
    quick_target=0.5,
    code=["reference/feedforward/mlp.py"],
)
def universal_approximation(run: Run) -> Result:
    def f(x: Tensor) -> Tensor:
        return torch.sin(3 * x) + x**2 / 2

    x = torch.linspace(-2, 2, 400, device=run.device)[:, None]
    model = mlp.MLP([1, 40, 1])
    hidden = model.layers[1]
    assert isinstance(hidden, nn.Linear)
    nn.init.normal_(hidden.weight, std=2)
    with torch.no_grad():  # each unit's turning point lies inside the interval; by default most lie near zero
        hidden.bias.copy_(-hidden.weight[:, 0] * torch.empty(40).uniform_(-2, 2))
    model.to(run.device)
    epochs = run.choose(1500, 100)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    fit(
        model,
        optimizer,
        lambda model, batch: ((model(batch[0]) - batch[1]) ** 2).mean(),
        (x, f(x)),
        run.settings(epochs, batch_size=run.choose(40, 20)),
        scheduler=scheduler,
        directory=run.folder("model"),
    )
    fine = torch.linspace(-2, 2, 4001, device=run.device)[:, None]
    error = float((scores(model, fine, 5000) - f(fine)).abs().max())
    stairs = {}
    fine64 = fine.double().cpu()
    for units in (10, 40, 160):
        built = mlp.forward(fine64, *mlp.staircase(f, -2, 2, units), activation=activations.step)
        stairs[f"largest error of a built staircase of {units} step units"] = float((built - f(fine64)).abs().max())
    figure, (left, right) = axes(2)
    left.plot(fine.cpu(), f(fine).cpu(), label="function")
    left.plot(fine.cpu(), scores(model, fine, 5000).cpu(), "--", label="40 tanh units, trained")
    built = mlp.forward(fine64, *mlp.staircase(f, -2, 2, 10), activation=activations.step)
    right.plot(fine64, f(fine64), label="function")
    right.plot(fine64, built, label="10 step units, built")
    for plot in (left, right):
        plot.set(xlabel="x")
        plot.legend()
    return Result(error, stairs, figure)


@system(
    "boolean-functions",
    topics=["multilayer-perceptron"],
    title="A network of step units realises every boolean function",
    data="all 256 functions of three inputs, 500 random ones of five",
    metric="wrong table entries",
    comparison="==",
    target=0,
    code=["reference/feedforward/mlp.py"],
    cpu_only=True,
)
def boolean_functions(run: Run) -> Result:
    tables = [((number >> torch.arange(8)) & 1).double() for number in range(256)]
    tables += list(torch.randint(2, (500, 32), generator=run.generator()).double())
    wrong, hidden = 0, []
    for table in tables:
        layers = mlp.weights_for_truth_table(table)
        inputs = mlp.truth_inputs(len(table).bit_length() - 1).double()
        wrong += int((mlp.boolean(inputs, layers) != table).sum())
        hidden.append(len(layers[1][0]))
    figure, (plot,) = axes()
    plot.hist(hidden, bins=range(34))
    plot.set(xlabel="hidden units = true rows of the table", ylabel="functions")
    return Result(wrong, {"functions": len(tables), "table entries": sum(map(len, tables))}, figure)


@system(
    "mlp-digits",
    topics=["multilayer-perceptron", "backpropagation"],
    title="A two-layer perceptron reads handwritten digits",
    data="scikit-learn digits, 1,085 / 357 / 355",
    metric="test accuracy",
    comparison=">=",
    target=0.96,
    quick_target=0.8,
    code=["reference/feedforward/mlp.py", "reference/train.py"],
)
def mlp_digits(run: Run) -> Result:
    splits = images.digits().standardized().to(run.device)
    splits = run.choose(splits, splits.small(300))
    model = mlp.MLP([64, 64, 10]).to(run.device)
    history = fit(
        model,
        torch.optim.Adam(model.parameters(), lr=2e-3),
        lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
        (splits.train.x, splits.train.y),
        run.settings(run.choose(100, 10), batch_size=32, monitor="validation_accuracy", mode="max", patience=20),
        validate=lambda model: {"validation_accuracy": accuracy(model, splits.validation)},
        directory=run.folder("model"),
    )
    details = {"epochs": len(history.epochs), "best epoch": history.best_epoch}
    return Result(accuracy(model, splits.test), details, curves(history.epochs), model)


@system(
    "activations-torch",
    topics=["activations"],
    title="Every activation and derivative equals torch's, and stays finite at |x| = 1000",
    data="random numbers, and ±0, ±1, ±30, ±700, ±1000",
    metric="largest difference from torch and autograd",
    comparison="<=",
    target=1e-12,
    code=["reference/feedforward/activations.py"],
)
def activations_torch(run: Run) -> Result:
    extreme = torch.tensor([0.0, 1.0, 30.0, 700.0, 1000.0], dtype=torch.float64)
    x = torch.cat([torch.randn(200, generator=run.generator(), dtype=torch.float64) * 3, extreme, -extreme])
    x = x.to(run.device).requires_grad_()
    pairs: list[tuple[Tensor, Tensor]] = []
    shown = {}
    for name, ours, derivative, theirs in (
        ("sigmoid", activations.sigmoid, activations.sigmoid_derivative, torch.sigmoid),
        ("tanh", activations.tanh, activations.tanh_derivative, torch.tanh),
        ("ReLU", activations.relu, activations.relu_derivative, F.relu),
        ("leaky ReLU", activations.leaky_relu, activations.leaky_relu_derivative, F.leaky_relu),
        ("ELU", activations.elu, activations.elu_derivative, F.elu),
    ):
        reached = theirs(x)
        pairs += [(ours(x), reached), (derivative(x), torch.autograd.grad(reached.sum(), x)[0])]
        shown[name] = (ours, derivative)
    rows = x.reshape(21, 10)
    output, upstream = torch.softmax(rows, 1), torch.randn_like(rows)
    gradient = torch.autograd.grad((output * upstream).sum(), x)[0].reshape(21, 10)
    pairs += [(activations.softmax(rows), output), (activations.softmax_backward(output, upstream), gradient)]
    slope = torch.linspace(0.1, 0.9, 10, dtype=torch.float64, device=run.device).requires_grad_()
    output = F.prelu(rows, slope)
    by_input, by_slope = torch.autograd.grad((output * upstream).sum(), (x, slope))
    ours_input, ours_slope = activations.prelu_backward(rows, slope, upstream)
    pairs += [(activations.prelu(rows, slope), output), (ours_slope, by_slope)]
    pairs += [(ours_input, by_input.reshape(21, 10)), (activations.rrelu(x), F.rrelu(x))]
    figure, plots = axes(2)
    grid = torch.linspace(-4, 4, 401, dtype=torch.float64)
    for name, (ours, derivative) in shown.items():
        plots[0].plot(grid, ours(grid), label=name)
        plots[1].plot(grid, derivative(grid), label=name)
    plots[0].set(title="activation", ylim=(-1.5, 3))
    plots[1].set(title="derivative")
    plots[0].legend()
    return Result(largest_difference(pairs), {"comparisons": len(pairs)}, figure)


@system(
    "losses-torch",
    topics=["losses"],
    title="Every loss and its derivative equals torch's, and stays exact for extreme scores",
    data="random scores, also times 1000",
    metric="largest difference from torch and autograd",
    comparison="<=",
    target=1e-12,
    code=["reference/feedforward/losses.py"],
)
def losses_torch(run: Run) -> Result:
    pairs: list[tuple[Tensor, Tensor]] = []
    for scale in (1.0, 1000.0):
        z = torch.randn(17, 5, generator=run.generator(), dtype=torch.float64) * scale
        z = z.to(run.device).requires_grad_()
        t = torch.rand(17, 5, generator=run.generator(), dtype=torch.float64).to(run.device)
        labels = torch.randint(5, (17,), generator=run.generator()).to(run.device)
        sign = 2 * (t > 0.5).double() - 1
        for loss, gradient, target, theirs in (
            (losses.sse, losses.sse_gradient, t, lambda z, t: F.mse_loss(z, t, reduction="sum")),
            (losses.mse, losses.mse_gradient, t, F.mse_loss),
            (losses.bce, losses.bce_gradient, t, F.binary_cross_entropy_with_logits),
            (losses.cce, losses.cce_gradient, labels, F.cross_entropy),
            (losses.hinge, losses.hinge_gradient, sign, lambda z, t: F.relu(1 - t * z).mean()),
            (losses.perceptron, losses.perceptron_gradient, sign, lambda z, t: F.relu(-t * z).mean()),
            (losses.logistic, losses.logistic_gradient, sign, lambda z, t: -F.logsigmoid(t * z).mean()),
            # torch divides by the number of classes as well
            (
                losses.multiclass_hinge,
                losses.multiclass_hinge_gradient,
                labels,
                lambda z, t: 5 * F.multi_margin_loss(z, t),
            ),
        ):
            value = theirs(z, target)
            pairs += [(loss(z, target), value), (gradient(z, target), torch.autograd.grad(value, z)[0])]
    figure, (plot,) = axes()
    z = torch.linspace(-6, 6, 200, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    plot.plot(z, [float(losses.bce(v[None], one)) for v in z], label="BCE, t = 1, of the score")
    plot.plot(z, [float(losses.mse(torch.sigmoid(v[None]), one)) for v in z], label="MSE of the sigmoid, t = 1")
    plot.set(xlabel="score", ylabel="loss", title="a wrong, saturated sigmoid: MSE is flat")
    plot.legend()
    return Result(largest_difference(pairs), {"comparisons": len(pairs)}, figure)


@system(
    "parameter-counts",
    topics=["parameter-count"],
    title="Parameters counted from the description equal those that torch allocates",
    data="500 random layers and networks",
    metric="wrong counts",
    comparison="==",
    target=0,
    code=["reference/feedforward/parameter_count.py"],
    cpu_only=True,
)
def parameter_counts(run: Run) -> Result:
    generator = run.generator()

    def draw(low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=generator))

    counts: list[tuple[int, int]] = []
    for _ in range(run.choose(500, 50)):
        sizes = [draw(1, 40) for _ in range(draw(2, 6))]
        groups, kernel, biased = draw(1, 4), (draw(1, 6), draw(1, 6)), bool(draw(0, 2))
        inputs, hidden = draw(1, 20), draw(1, 20)
        cell, layer = [("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)][draw(0, 3)]
        chosen: list[tuple[int, nn.Module]] = [
            (parameter_count.mlp_parameters(sizes), mlp.MLP(sizes)),
            (
                parameter_count.convolution_parameters(groups * inputs, groups * hidden, kernel, biased, groups),
                nn.Conv2d(groups * inputs, groups * hidden, kernel, bias=biased, groups=groups),
            ),
            (parameter_count.recurrent_parameters(cell, inputs, hidden, biases=2), layer(inputs, hidden)),  # type: ignore[arg-type]
            (parameter_count.embedding_parameters(inputs, hidden), nn.Embedding(inputs, hidden)),
            (parameter_count.normalization_parameters(hidden), nn.BatchNorm1d(hidden)),
            (parameter_count.attention_parameters(2 * hidden), nn.MultiheadAttention(2 * hidden, 2)),
        ]
        expected, module = chosen[draw(0, len(chosen))]
        counts.append((expected, sum(p.numel() for p in module.parameters())))
    figure, (plot,) = axes()
    plot.loglog([c for c, _ in counts], [t for _, t in counts], ".")
    plot.set(xlabel="counted from the description", ylabel="allocated by torch")
    return Result(sum(ours != theirs for ours, theirs in counts), {"models": len(counts)}, figure)


@system(
    "backprop-autograd",
    topics=["backpropagation"],
    title="Backpropagation by hand, two layers and more, equals autograd; gradient checking sees a planted mistake",
    data="random networks, up to five layers",
    metric="largest difference from autograd in float64",
    comparison="<=",
    target=1e-10,
    code=["reference/feedforward/backprop.py", "reference/feedforward/gradient_check.py"],
)
def backprop_autograd(run: Run) -> Result:
    generator = run.generator()

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(run.device)

    pairs: list[tuple[Tensor, Tensor]] = []
    for _ in range(run.choose(200, 20)):
        sizes = torch.randint(1, 9, (int(torch.randint(2, 7, (), generator=generator)),), generator=generator).tolist()
        weights = [normal(d, h).requires_grad_() for d, h in pairwise(sizes)]
        biases = [normal(h).requires_grad_() for h in sizes[1:]]
        X, T = normal(6, sizes[0]), normal(6, sizes[-1])
        Y, inputs = backprop.deep_forward(X, weights, biases)
        expected = torch.autograd.grad(backprop.loss(Y, T), weights + biases)
        dWs, dbs = backprop.deep_backward(T, weights, inputs)
        pairs += list(zip(dWs + dbs, expected, strict=True))
    X, T = normal(6, 3), normal(6, 2)
    params = {"W1": normal(3, 5), "b1": normal(5), "W2": normal(5, 2), "b2": normal(2)}
    right = backprop.backward(T, params, backprop.forward(X, params)[1])
    H = torch.tanh(X @ params["W1"] + params["b1"])
    forgotten = X.T @ (2 * (H @ params["W2"] + params["b2"] - T) @ params["W2"].T)  # without tanh'

    def f(W1: Tensor) -> Tensor:
        return backprop.loss(backprop.forward(X, {**params, "W1": W1})[0], T)

    steps = [10.0**-k for k in range(1, 12)]
    figure, (plot,) = axes()
    for label, gradient in (("right", right["W1"]), ("tanh' forgotten", forgotten)):
        errors = [gradient_check.gradient_check(f, params["W1"], gradient, h) for h in steps]
        plot.loglog(steps, errors, marker="o", label=label)
    plot.set(xlabel="step h", ylabel="relative error", title="gradient check: truncation, then rounding")
    plot.legend()
    details = {
        "gradients compared": len(pairs),
        "gradient check, right": gradient_check.gradient_check(f, params["W1"], right["W1"]),
        "gradient check, tanh' forgotten": gradient_check.gradient_check(f, params["W1"], forgotten),
    }
    return Result(largest_difference(pairs), details, figure)


@system(
    "gradient-descent",
    topics=["gradient-descent"],
    title="Batch gradient descent recovers least squares; online and mini-batch reach its neighbourhood",
    data="scikit-learn diabetes, 442 patients, 10 features",
    metric="relative distance from the closed form",
    comparison="<=",
    target=1e-6,
    quick_target=0.5,
    code=["reference/feedforward/gradient_descent.py"],
)
def descent_recovers_least_squares(run: Run) -> Result:
    bunch = require("sklearn.datasets", "scikit-learn").load_diabetes()
    X = torch.tensor(bunch.data, dtype=torch.float64, device=run.device)
    X = hebbian.with_bias(X / X.std(0))
    t = torch.tensor(bunch.target, dtype=torch.float64, device=run.device)
    t = (t - t.mean()) / t.std()
    exact = torch.linalg.lstsq(X, t[:, None]).solution[:, 0]
    rate, zero = gradient_descent.largest_rate(X), torch.zeros_like(exact)
    gradient = gradient_descent.least_squares_gradient

    def distance(w: Tensor) -> float:
        return float((w - exact).norm() / exact.norm())

    w, path = gradient_descent.gradient_descent(gradient, zero, X, t, 0.95 * rate, run.choose(10000, 500), len(X))
    figure, (plot,) = axes()
    thinned = sorted({int(1.05**k) for k in range(190) if 1.05**k < len(path)})
    plot.loglog(thinned, [distance(path[epoch]) for epoch in thinned], label="batch")
    details: dict[str, float | int | str] = {"largest stable rate": rate}
    for size in (1, 32):
        _, noisy = gradient_descent.gradient_descent(
            gradient, zero, X, t, 0.01 * rate, run.choose(200, 5), size, run.generator()
        )
        details[f"distance after {len(noisy) - 1} epochs, batches of {size}"] = distance(noisy[-1])
        plot.loglog(range(1, len(noisy)), [distance(v) for v in noisy[1:]], label=f"batches of {size}, rate / 95")
    _, diverging = gradient_descent.gradient_descent(gradient, zero, X, t, 1.05 * rate, 200, len(X))
    details["distance after 200 epochs at 1.05 of the stable rate"] = distance(diverging[-1])
    plot.set(xlabel="epochs", ylabel="relative distance")
    plot.legend()
    return Result(distance(w), details, figure)
