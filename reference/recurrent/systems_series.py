"""Systems on real series: memoryless models against persistence, scheduled sampling in free-running forecasts."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference.data import series
from reference.plots import axes
from reference.recurrent import autoregressive, scheduled_sampling
from reference.recurrent.layers import GRU
from reference.systems import Result, Run, system
from reference.train import Batch, fit


def _rms(error: Tensor) -> float:
    return float(error.square().mean().sqrt())


class WindowNetwork(nn.Module):
    """A feed-forward network on the last values: it sees them relative to the last one and predicts the change."""

    def __init__(self, order: int, hidden: int, scale: float) -> None:
        super().__init__()
        self.order, self.scale = order, scale
        self.net = nn.Sequential(nn.Linear(order, hidden), nn.Tanh(), nn.Linear(hidden, 1)).double()

    def forward(self, windows: Tensor) -> Tensor:
        """The next value (m,) after each window (m, order)."""
        last = windows[:, -1:]
        change: Tensor = self.net((windows - last) / self.scale)
        return (last + self.scale * change).squeeze(1)


def _feedforward(run: Run, values: Tensor, train: int, order: int, name: str) -> Tensor:
    """Predictions of every value that has `order` values before it, by a network fitted to the first `train` values."""
    X, y = series.windows(values.to(run.device), order)
    fitted = int(0.9 * (train - order))  # the rest of the training stretch decides when to stop
    scale = float(values[:train].std() if name == "sunspots" else values[:train].diff().std() * 4)
    model = WindowNetwork(order, 16, scale).to(run.device)

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        return F.mse_loss(model(batch[0]), batch[1]) / scale**2

    fit(
        model,
        torch.optim.Adam(model.parameters(), 0.003, weight_decay=1e-4),
        loss,
        (X[:fitted], y[:fitted]),
        run.settings(run.choose(300, 40), batch_size=32, patience=40),
        validate=lambda model: {"loss": float(loss(model, (X[fitted : train - order], y[fitted : train - order])))},
        directory=run.folder(name),
    )
    with torch.no_grad():
        predictions: Tensor = model(X).cpu()
    return predictions


@system(
    "memoryless-series",
    topics=["memoryless"],
    title="Autoregressive and feed-forward models forecast one step of two real series",
    data="sunspots (yearly) and CO2 (weekly), statsmodels",
    metric="largest root mean squared test error of the two models on the two series, as a share of persistence's",
    comparison="<=",
    target=0.9,
    quick_target=1.0,
    code=["reference/recurrent/autoregressive.py"],
)
def memoryless_series(run: Run) -> Result:
    details: dict[str, float | int | str] = {}
    ratios = []
    figure, plots = axes(2, width=5)
    for plot, (name, values, unit) in zip(
        plots, (("sunspots", series.sunspots(), "spots"), ("CO2", series.co2(), "ppm")), strict=True
    ):
        known = int(0.9 * len(values))  # training and validation stretch; the last tenth is the test
        chosen = int(0.8 * len(values))

        def error(weights: Tensor, until: int, after: int, values: Tensor = values) -> float:
            order = len(weights) - 1
            return _rms(autoregressive.predict(values[:until], weights)[after - order :] - values[after:until])

        orders = run.choose((2, 4, 9, 12, 16, 24, 60), (2, 9))
        order = min(orders, key=lambda p: error(autoregressive.fit(values[:chosen], p), known, chosen))
        weights = autoregressive.fit(values[:known], order)
        ahead = {
            "autoregressive": autoregressive.predict(values, weights),
            "feed-forward": _feedforward(run, values, known, order, name),
            "persistence": autoregressive.persistence(values, order),
        }
        errors = {model: _rms(p[known - order :] - values[known:]) for model, p in ahead.items()}
        details[f"{name}: order, chosen on validation"] = order
        for model, value in errors.items():
            details[f"{name}: {model}, {unit}"] = value
        ratios += [errors[model] / errors["persistence"] for model in ("autoregressive", "feed-forward")]
        plot.plot(values[known:], color="grey", label=f"{name} ({unit})")
        for model in ("autoregressive", "feed-forward"):
            plot.plot(ahead[model][known - order :], linewidth=1, label=model)
        plot.set_xlabel("step of the test stretch")
        plot.legend(fontsize=7)
    return Result(max(ratios), details=details, figure=figure)


class Forecaster(nn.Module):
    """A GRU that predicts the next value and, with output feedback, the values after it."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layer, self.output = GRU(1, hidden), nn.Linear(hidden, 1)

    def forward(self, known: Tensor, truth: Tensor, probability: float, u: Tensor) -> Tensor:
        """Predictions (n, m) of `truth` (n, m), which follows on `known` (n, T).

        From the second value on the input is the true value before it with `probability`, else the prediction;
        u (n, m) are the uniform numbers that decide. Probability 0 is free running, 1 teacher forcing.
        """
        H, state = self.layer(known.unsqueeze(2))
        value = known[:, -1] + self.output(H[:, -1]).squeeze(1)
        predictions = [value]
        for t in range(1, truth.shape[1]):
            fed = scheduled_sampling.choose(truth[:, t - 1], value, probability, u[:, t])
            H, state = self.layer(fed.view(-1, 1, 1), state)
            value = fed + self.output(H[:, 0]).squeeze(1)
            predictions.append(value)
        return torch.stack(predictions, dim=1)


@system(
    "scheduled-sampling",
    topics=["beam-search"],
    title="A network that forecasts on its own for a year, trained with and without scheduled sampling",
    data="El Nino sea surface temperatures, monthly (statsmodels)",
    metric="error of 12-month free-running test forecasts, as a share of that after sampling always; mean of the seeds",
    comparison="<=",
    target=0.95,
    quick_target=1.2,
    code=["reference/recurrent/scheduled_sampling.py", "reference/recurrent/layers.py"],
)
def scheduled(run: Run) -> Result:
    """As in the paper, sampling from the start is much worse than a schedule. That the schedule beats teacher forcing,
    as it does for the paper's captions, is not claimed here: on this series the two differ less than the seeds do."""
    values = series.el_nino().float()
    train, _, test = (len(part) for part in series.in_time(values))
    first_test = len(values) - test
    mean, scale = values[:train].mean(), values[:train].std()
    normal = ((values - mean) / scale).to(run.device)
    known, ahead = 36, 12
    spans = normal.unfold(0, known + ahead, 1)
    fitted = spans[: train - known - ahead + 1]
    tested = spans[first_test - known :]  # every forecast lies in the test stretch
    epochs, seeds = run.choose(15, 3), run.choose(3, 1)
    batch_size = 32
    total = epochs * -(-len(fitted) // batch_size)

    def forecast(model: nn.Module) -> Tensor:
        nothing = torch.zeros(len(tested), ahead, device=run.device)
        with torch.no_grad():
            predictions: Tensor = model(tested[:, :known], tested[:, known:], 0.0, nothing)
        return predictions

    by_month: dict[str, list[Tensor]] = {"teacher forcing": [], "scheduled sampling": [], "always sampling": []}
    for seed in range(run.seed, run.seed + seeds):
        for name, months in by_month.items():
            torch.manual_seed(seed)
            model = Forecaster(32).to(run.device)
            steps_made = 0
            generator = torch.Generator().manual_seed(seed)

            def loss(
                model: nn.Module, batch: Batch, name: str = name, generator: torch.Generator = generator
            ) -> Tensor:
                nonlocal steps_made
                slope = 1 / (0.75 * total)
                probability = {
                    "teacher forcing": 1.0,
                    "scheduled sampling": scheduled_sampling.linear_decay(steps_made, slope, 0.5),
                    "always sampling": 0.0,
                }[name]
                steps_made += 1
                u = torch.rand(len(batch[0]), ahead, generator=generator).to(run.device)
                return F.mse_loss(model(batch[0][:, :known], batch[0][:, known:], probability, u), batch[0][:, known:])

            fit(
                model,
                torch.optim.Adam(model.parameters(), 0.003),
                loss,
                (fitted,),
                run.settings(epochs, batch_size=batch_size, seed=seed, clip_norm=1.0),
            )
            months.append((forecast(model) - tested[:, known:]).square().mean(0).sqrt().cpu() * float(scale))

    rms = {name: torch.stack(months) for name, months in by_month.items()}
    overall = {name: float(months.square().mean(1).sqrt().mean()) for name, months in rms.items()}
    persistence = (tested[:, known - 1 : known] - tested[:, known:]).square().mean(0).sqrt().cpu() * float(scale)
    figure, (plot,) = axes(width=5)
    for name, errors in rms.items():
        plot.plot(range(1, ahead + 1), errors.mean(0), label=name)
    plot.plot(range(1, ahead + 1), persistence, ":", color="grey", label="persistence")
    plot.set_xlabel("months ahead")
    plot.set_ylabel("error, degrees Celsius")
    plot.legend(fontsize=8)
    details: dict[str, float | int | str] = {f"{name}, degrees": value for name, value in overall.items()}
    spread = rms["teacher forcing"].square().mean(1).sqrt()
    details["teacher forcing, worst less best seed, degrees"] = float(spread.max() - spread.min())
    details |= {"persistence, degrees": _rms(persistence), "seeds": seeds}
    return Result(overall["scheduled sampling"] / overall["always sampling"], details=details, figure=figure)
