"""Systems that are closed by comparison: with autograd, torch.nn, statsmodels and brute force."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from reference.data import series
from reference.data.splits import require
from reference.plots import axes
from reference.recurrent import bptt, gru, kalman, layers, lstm, viterbi
from reference.systems import Result, Run, system

DOUBLE = torch.float64


def _draw(run: Run, generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=generator).to(run.device)


def _largest(got: Iterable[Tensor], wanted: Iterable[Tensor]) -> float:
    """Largest absolute difference, over 1 + the size of the wanted value."""
    pairs = [(a.detach(), b.detach()) for a, b in zip(got, wanted, strict=True)]
    return max(float(((a - b).abs() / (1 + b.abs())).max()) for a, b in pairs)


def _bars(differences: Mapping[str, float], target: float) -> Figure:
    """Differences on a logarithmic axis, with the target; an exact zero is drawn as 1e-17."""
    figure, (plot,) = axes(width=6, height=0.6 + 0.22 * len(differences))
    plot.barh(list(differences), [max(value, 1e-17) for value in differences.values()])
    plot.axvline(target, color="C3", linestyle=":")
    plot.set_xscale("log")
    plot.set_xlim(left=1e-18)
    plot.set_xlabel("largest difference (dotted: the target)")
    plot.invert_yaxis()
    return figure


@system(
    "bptt-autograd",
    topics=["bptt"],
    title="Backpropagation through time by hand, full and truncated, against autograd",
    data="random sequences and weights, float64",
    metric="largest difference of any gradient, relative to 1 + its size",
    comparison="<=",
    target=1e-10,
    code=["reference/recurrent/bptt.py"],
)
def bptt_autograd(run: Run) -> Result:
    generator, worst = run.generator(), {"full": 0.0} | {f"window {w}": 0.0 for w in range(1, 9)}
    for _ in range(run.choose(30, 5)):
        n, steps, d, h, k = torch.randint(1, 9, (5,), generator=generator).tolist()
        shapes = {"Wx": (d, h), "Wh": (h, h), "bh": (h,), "Wy": (h, k), "by": (k,)}
        params = {name: _draw(run, generator, *shape).requires_grad_() for name, shape in shapes.items()}
        X, T, h0 = (_draw(run, generator, *s) for s in ((n, steps, d), (n, steps, k), (n, h)))
        Y, H = bptt.forward(X, h0, params)
        leaves = list(params.values())
        wanted = torch.autograd.grad(bptt.loss(Y, T), leaves)
        with torch.no_grad():
            worst["full"] = max(worst["full"], _largest(bptt.bptt(X, T, h0, params).values(), wanted))
        # truncated: the error of step t sees a graph that begins `window` replicas back, with the state as a constant
        before = torch.cat([h0.unsqueeze(1), H.detach()], dim=1)
        for window in range(1, steps + 1):
            error = torch.zeros((), dtype=DOUBLE, device=run.device)
            for t in range(steps):
                first = max(0, t - window + 1)
                Y, _ = bptt.forward(X[:, first : t + 1], before[:, first], params)
                error = error + bptt.loss(Y[:, -1:], T[:, t : t + 1])
            wanted = torch.autograd.grad(error, leaves)
            with torch.no_grad():
                got = bptt.bptt(X, T, h0, params, window=window).values()
            name = f"window {window}"
            worst[name] = max(worst[name], _largest(got, wanted))
    return Result(max(worst.values()), details=worst, figure=_bars(worst, 1e-10))


@system(
    "recurrent-torch",
    topics=["rnn", "lstm"],
    title="RNN, LSTM and GRU, stacked and bidirectional, against torch.nn, forward and backward",
    data="random sequences and weights, float64",
    metric="largest difference of outputs, states and input gradients, relative to 1 + their size",
    comparison="<=",
    target=1e-10,
    code=["reference/recurrent/layers.py", "reference/recurrent/kernels.py", "reference/recurrent/rnn.py"],
)
def recurrent_torch(run: Run) -> Result:
    generator, differences = run.generator(), {}
    for kind, depth, bidirectional in product(("RNN", "LSTM", "GRU"), (1, 2, 3), (False, True)):
        n, steps, d, h = torch.randint(1, 12, (4,), generator=generator).tolist()
        theirs: nn.RNNBase = getattr(nn, kind)(
            d, h, depth, batch_first=True, bidirectional=bidirectional, dtype=DOUBLE, device=run.device
        )
        mine = getattr(layers, kind)(d, h, depth, bidirectional=bidirectional).to(run.device, DOUBLE)
        mine.load_torch(theirs)
        X = _draw(run, generator, n, steps, d).requires_grad_()
        got, state = mine(X)
        wanted, their_state = theirs(X)
        ends = their_state if isinstance(their_state, tuple) else (their_state,)
        (dX,) = torch.autograd.grad(got.square().sum(), X)
        (their_dX,) = torch.autograd.grad(wanted.square().sum(), X)
        name = f"{kind}, {depth} layer{'s' if depth > 1 else ''}{', bidirectional' if bidirectional else ''}"
        differences[name] = _largest([got, *state, dX], [wanted, *ends, their_dX])
    return Result(max(differences.values()), details=differences, figure=_bars(differences, 1e-10))


@system(
    "gates-backward",
    topics=["lstm"],
    title="The backward passes of LSTM and GRU by hand against autograd",
    data="random sequences and weights, float64",
    metric="largest difference of any gradient, relative to 1 + its size",
    comparison="<=",
    target=1e-10,
    code=["reference/recurrent/lstm.py", "reference/recurrent/gru.py"],
)
def gates_backward(run: Run) -> Result:
    generator, worst = run.generator(), {"LSTM": 0.0, "GRU": 0.0}
    for _ in range(run.choose(30, 5)):
        n, steps, d, h = torch.randint(1, 9, (4,), generator=generator).tolist()
        X, h0, c0, dH = (_draw(run, generator, *s) for s in ((n, steps, d), (n, h), (n, h), (n, steps, h)))
        for kind, names in (("LSTM", "figo"), ("GRU", "zrg")):
            params = {f"W{name}": _draw(run, generator, h + d, h) for name in names}
            params |= {f"b{name}": _draw(run, generator, h) for name in names}
            leaves = {"X": X, "h0": h0} | ({"c0": c0} if kind == "LSTM" else {}) | params
            leaves = {name: leaf.clone().requires_grad_() for name, leaf in leaves.items()}
            start = (leaves["X"], leaves["h0"])
            H = lstm.forward(*start, leaves["c0"], leaves)[0] if kind == "LSTM" else gru.forward(*start, leaves)
            wanted = dict(zip(leaves, torch.autograd.grad(H, list(leaves.values()), dH), strict=True))
            got = lstm.backward(dH, X, h0, c0, params) if kind == "LSTM" else gru.backward(dH, X, h0, params)
            worst[kind] = max(worst[kind], _largest([got[name] for name in wanted], wanted.values()))
    return Result(max(worst.values()), details=worst, figure=_bars(worst, 1e-10))


@system(
    "kalman-statsmodels",
    topics=["state-space"],
    title="A Kalman filter follows level and slope of the CO2 concentration",
    data="weekly CO2 at Mauna Loa (statsmodels)",
    metric="largest difference from statsmodels' filter: states, covariances, log-likelihood, relative to 1 + their size",
    comparison="<=",
    target=1e-8,
    code=["reference/recurrent/kalman.py"],
)
def kalman_statsmodels(run: Run) -> Result:
    observed = series.co2()[: run.choose(None, 100)]
    A = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=DOUBLE)  # level += slope
    C = torch.tensor([[1.0, 0.0]], dtype=DOUBLE)
    Q, R = torch.diag(torch.tensor([0.05, 0.001], dtype=DOUBLE)), torch.tensor([[0.3]], dtype=DOUBLE)
    mean, covariance = torch.tensor([float(observed[0]), 0.0], dtype=DOUBLE), torch.eye(2, dtype=DOUBLE)
    parts = [part.to(run.device) for part in (observed.unsqueeze(1), mean, covariance, A, C, Q, R)]
    mine = kalman.kalman_filter(*parts)

    theirs: Any = require("statsmodels.tsa.statespace.kalman_filter", "statsmodels").KalmanFilter(1, 2)
    theirs.tolerance = 0  # no switch to the steady state
    theirs.bind(np.asfortranarray(observed.numpy()[None]))
    theirs["design"], theirs["transition"], theirs["selection"] = C.numpy(), A.numpy(), np.eye(2)
    theirs["state_cov"], theirs["obs_cov"] = Q.numpy(), R.numpy()
    theirs.initialize_known(mean.numpy(), covariance.numpy())
    result = theirs.filter()
    wanted = [
        torch.tensor(result.filtered_state.T.copy()),
        torch.tensor(result.filtered_state_cov.transpose(2, 0, 1).copy()),
        torch.tensor(result.llf),
    ]
    difference = _largest([part.cpu() for part in mine], wanted)

    figure, (level, slope) = axes(2)
    last = slice(-300, None)
    level.plot(observed[last], ".", markersize=2, color="grey", label="measured, ppm")
    level.plot(mine.means[last, 0].cpu(), label="filtered level")
    level.legend()
    slope.plot(52 * mine.means[last, 1].cpu(), label="filtered slope, ppm per year")
    slope.legend()
    for plot in (level, slope):
        plot.set_xlabel("week")
    return Result(difference, details={"log-likelihood": float(mine.log_likelihood)}, figure=figure)


@system(
    "viterbi-brute-force",
    topics=["state-space"],
    title="Viterbi's path and the likelihood against all paths",
    data="random hidden Markov models, up to 4 states and 6 steps",
    metric="largest difference of log-probabilities from brute force",
    comparison="<=",
    target=1e-10,
    code=["reference/recurrent/viterbi.py"],
)
def viterbi_brute_force(run: Run) -> Result:
    generator, paths = run.generator(), 0
    worst = {"log p of the best path": 0.0, "log p of the path returned": 0.0, "likelihood": 0.0}
    for _ in range(run.choose(60, 10)):
        k, v, steps = (int(torch.randint(1, top, (1,), generator=generator)) for top in (5, 6, 7))
        model = viterbi.HMM(*(_draw(run, generator, *s).log_softmax(-1) for s in ((k,), (k, k), (k, v))))
        symbols = torch.randint(v, (4, steps), generator=generator).to(run.device)
        every = torch.tensor(list(product(range(k), repeat=steps)), device=run.device)
        scores = model.initial[every[:, 0]] + model.transition[every[:, :-1], every[:, 1:]].sum(1)
        scores = scores + torch.stack([model.emission[every, row].sum(1) for row in symbols])  # (4, paths)
        path, log_p = viterbi.viterbi(symbols, model)
        numbers = (path * k ** torch.arange(steps - 1, -1, -1, device=run.device)).sum(1)  # which path it is
        found = scores.gather(1, numbers.unsqueeze(1)).squeeze(1)
        likelihood = viterbi.log_likelihood(symbols, model)
        best = scores.max(1).values
        comparisons = ((log_p, best), (found, best), (likelihood, scores.logsumexp(1)))
        for name, (got, wanted) in zip(worst, comparisons, strict=True):
            worst[name] = max(worst[name], _largest([got], [wanted]))
        paths += scores.numel()
    return Result(max(worst.values()), details=worst | {"paths compared": paths}, figure=_bars(worst, 1e-10))
