"""The training loop: resuming, several processes, early stopping, clipping, precision, compile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference import checkpoint
from reference.train import (
    CHECKPOINT,
    CURVES,
    METRICS,
    Batch,
    History,
    Learner,
    Loss,
    Precision,
    Sampler,
    Settings,
    fit,
)
from reference.training.optimizers import Optimizer
from tests.reference.small_run import data, train_small

ROOT = Path(__file__).resolve().parents[2]


def weights(model: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("step", [1, 5, 8, 19], ids=lambda s: f"after-step-{s}")
def test_interrupted_and_resumed_is_bitwise_the_same_as_not_interrupted(step: int, tmp_path: Path) -> None:
    """With dropout, Adam, a schedule and random transforms; 5 steps make an epoch, so 5 is the end of one."""
    whole, history = train_small(dropout=0.3)

    def interrupt(number: int) -> None:
        if number == step:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train_small(tmp_path, dropout=0.3, watch=interrupt)
    torch.rand(7)  # a resumed process would have other random states
    resumed, resumed_history = train_small(tmp_path, dropout=0.3)
    assert torch.equal(weights(resumed), weights(whole))
    assert resumed_history.epochs == history.epochs
    lines = (tmp_path / METRICS).read_text().splitlines()
    assert [json.loads(line) for line in lines] == history.epochs
    assert (tmp_path / CURVES).exists()


def test_a_killed_run_goes_on_from_its_last_periodic_checkpoint(tmp_path: Path) -> None:
    def crash(number: int) -> None:
        if number == 14:
            raise RuntimeError("power cut")

    whole, _ = train_small(dropout=0.3)
    with pytest.raises(RuntimeError, match="power cut"):
        train_small(tmp_path, dropout=0.3, watch=crash, checkpoint_every=3)
    assert checkpoint.load(tmp_path / CHECKPOINT)["where"]["step"] == 3  # of the third epoch
    resumed, _ = train_small(tmp_path, dropout=0.3, checkpoint_every=3)
    assert torch.equal(weights(resumed), weights(whole))


def test_a_finished_run_can_be_made_longer(tmp_path: Path) -> None:
    whole, _ = train_small(epochs=4)
    train_small(tmp_path, epochs=2)
    longer, history = train_small(tmp_path, epochs=4)
    assert torch.equal(weights(longer), weights(whole))
    assert history.of("epoch") == [1, 2, 3, 4]


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    train_small(tmp_path, epochs=1)
    with pytest.raises(checkpoint.CheckpointError, match="batch_size"):
        train_small(tmp_path, epochs=2, batch_size=4)
    _, history = train_small(tmp_path, epochs=2, batch_size=4, resume=False)
    assert len(history.epochs) == 2


def linear_run(directory: Path | None, **changed: Any) -> tuple[nn.Module, History]:
    """A run whose parts can be exchanged one by one."""
    torch.manual_seed(0)
    parts: dict[str, Any] = {
        "model": nn.Sequential(nn.Linear(3, 2), nn.Tanh()),
        "x": torch.randn(200, 3, generator=torch.Generator().manual_seed(1)),
        "rate": 1e-3,
        "make": torch.optim.Adam,
        "loss": squared,
        "schedule": 0.9,
        "transform": None,
        "epochs": 2,
        **changed,
    }
    optimizer = parts["make"](parts["model"].parameters(), lr=parts["rate"])
    history = fit(
        parts["model"],
        optimizer,
        parts["loss"],
        (parts["x"],),
        Settings(parts["epochs"]),
        scheduler=torch.optim.lr_scheduler.ExponentialLR(optimizer, parts["schedule"]),
        transform=parts["transform"],
        directory=directory,
    )
    return parts["model"], history


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run that has ended."""
    folder = tmp_path_factory.mktemp("run")
    linear_run(folder)
    return folder


POWER = 2


def power(y: Tensor) -> Tensor:
    return y.abs() ** POWER


def squared(model: nn.Module, batch: Batch) -> Tensor:
    return power(model(batch[0])).mean()


def penalised(strength: float) -> Loss:
    return lambda model, batch: squared(model, batch) + strength * sum(p.square().sum() for p in model.parameters())


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("optimizer", {"rate": 0.5}),
        ("optimizer", {"make": torch.optim.AdamW}),
        ("scheduler", {"schedule": 0.5}),
        ("loss", {"loss": lambda model, batch: model(batch[0]).abs().mean()}),
        ("data", {"x": torch.randn(200, 3, generator=torch.Generator().manual_seed(2))}),
        ("data", {"x": torch.randn(201, 3, generator=torch.Generator().manual_seed(1))}),
        ("model", {"model": nn.Sequential(nn.Linear(3, 2), nn.Sigmoid())}),
        ("model", {"model": nn.Sequential(nn.Linear(3, 4), nn.Tanh())}),
        ("transform", {"transform": lambda batch, generator: (batch[0] + 1,)}),
    ],
)
def test_resuming_refuses_what_has_changed_and_names_it(part: str, changed: dict[str, Any], finished: Path) -> None:
    """Also after the last epoch, where nothing would be trained and the old weights came back without a word."""
    with pytest.raises(checkpoint.CheckpointError, match=rf"differs in: {part}"):
        linear_run(finished, **changed)


def test_a_loss_is_known_by_what_it_captures_and_calls_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linear_run(tmp_path / "a", loss=penalised(0.1))
    with pytest.raises(checkpoint.CheckpointError, match=r"differs in: loss\."):
        linear_run(tmp_path / "a", loss=penalised(0.2))
    linear_run(tmp_path / "b")
    monkeypatch.setattr(sys.modules[__name__], "POWER", 4)  # used by what the loss calls
    with pytest.raises(checkpoint.CheckpointError, match=r"differs in: loss\."):
        linear_run(tmp_path / "b")


def test_rerunning_the_same_run_trains_nothing_and_keeps_the_weights(tmp_path: Path) -> None:
    trained, history = linear_run(tmp_path)
    again, same = linear_run(tmp_path)
    assert torch.equal(weights(again), weights(trained))
    assert same.epochs == history.epochs
    longer, more = linear_run(tmp_path, epochs=3)
    assert len(more.epochs) == 3
    assert not torch.equal(weights(longer), weights(trained))


def test_a_run_of_our_own_optimizer_is_known_by_its_rule(tmp_path: Path) -> None:
    def make(rule: str) -> Any:
        return lambda parameters, lr: Optimizer(parameters, rule, eta=lr)

    linear_run(tmp_path, make=make("momentum"))
    with pytest.raises(checkpoint.CheckpointError, match="optimizer"):
        linear_run(tmp_path, make=make("nesterov"))


def test_no_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="no examples"):
        linear_run(None, x=torch.zeros(0, 3))


class Stays(torch.Tensor):
    """A loss on a device, where reading the number waits for all that was asked of the device before."""

    read = 0

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in (torch.Tensor.item, torch.Tensor.__float__, torch.Tensor.tolist, torch.Tensor.cpu):
            cls.read += 1
        return super().__torch_function__(function, types, args, kwargs or {})


def test_the_loss_of_a_step_is_not_read_within_an_epoch() -> None:
    model = nn.Linear(3, 1)
    Stays.read = 0
    history = fit(
        model,
        torch.optim.SGD(model.parameters(), 0.0),
        lambda model, batch: model(batch[0]).square().mean().as_subclass(Stays),  # type: ignore[arg-type]
        (torch.randn(130, 3),),
        Settings(epochs=2, batch_size=1),
    )
    assert len(history.epochs) == 2
    assert Stays.read == 2  # of 260 steps; the sum of the losses is read instead, once an epoch


def test_two_processes_equal_one(tmp_path: Path) -> None:
    """37 examples: batches of 8 end with 5, of 12 with a single one, for which the second process has nothing."""
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, torch\n"
        "from reference import distributed\n"
        "from tests.reference.small_run import train_small\n"
        "torch.set_num_threads(1)\n"
        "with distributed.process_group(torch.device('cpu')):\n"
        "    for batch_size in (8, 12):\n"
        "        model, history = train_small(batch_size=batch_size, clip_norm=0.5)\n"
        "        if distributed.rank() == 0:\n"
        "            result = {'model': model.state_dict(), 'loss': history.of('train_loss')}\n"
        "            torch.save(result, f'{sys.argv[1]}/{batch_size}.pt')\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for _ in range(2):  # torch's gloo threads now and then abort a process that has already finished its work
        finished = subprocess.run(
            [*command, str(script), str(tmp_path)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if "terminate called without an active exception" not in finished.stderr:
            break
    assert finished.returncode == 0, finished.stderr
    for batch_size in (8, 12):
        two = torch.load(tmp_path / f"{batch_size}.pt", weights_only=True)
        one, history = train_small(batch_size=batch_size, clip_norm=0.5)
        for name, tensor in one.state_dict().items():
            torch.testing.assert_close(two["model"][name], tensor, rtol=1e-10, atol=1e-12)
        assert two["loss"] == pytest.approx(history.of("train_loss"), rel=1e-10)


def test_early_stopping_waits_and_goes_back_to_the_best_weights() -> None:
    values = iter([3.0, 2.0, 2.5, 2.0, 2.1, 9.0])  # the best is epoch 2: equal in epoch 4 is not better
    model = nn.Linear(1, 1)
    seen: list[Tensor] = []

    def validate(model: nn.Module) -> dict[str, float]:
        seen.append(weights(model).clone())
        return {"error": next(values)}

    history = fit(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1),
        lambda model, batch: ((model(batch[0]) - batch[1]) ** 2).mean(),
        (torch.randn(8, 1), torch.randn(8, 1)),
        Settings(epochs=6, patience=3, monitor="error"),
        validate=validate,
    )
    assert len(history.epochs) == 5
    assert history.stopped_early
    assert history.best_epoch == 2
    assert torch.equal(weights(model), seen[1])
    assert not torch.equal(seen[1], seen[4])


def test_early_stopping_resumes_with_its_patience_and_best_weights(tmp_path: Path) -> None:
    def run(directory: Path | None, epochs: int) -> tuple[nn.Module, int]:
        model, history = train_small(directory, epochs=epochs, patience=2, monitor="epoch", mode="min")
        return model, len(history.epochs)

    whole, length = run(None, 9)  # the epoch's number grows, so the first is the best and patience ends after three
    assert length == 3
    run(tmp_path, 2)
    resumed, length = run(tmp_path, 9)
    assert length == 3
    assert torch.equal(weights(resumed), weights(whole))


def test_early_stopping_names_the_metrics_that_there_are() -> None:
    with pytest.raises(KeyError, match="'loss'"):
        train_small(patience=1, monitor="accuracy")


def test_gradients_are_clipped_to_the_norm_all_parameters_together() -> None:
    model = nn.Linear(3, 2)
    before = weights(model).clone()
    fit(
        model,
        torch.optim.SGD(model.parameters(), lr=1.0),
        lambda model, batch: 100 * (model(batch[0]) ** 2).mean(),
        (torch.randn(8, 3),),
        Settings(epochs=1, batch_size=8, clip_norm=0.25),
    )
    assert (weights(model) - before).norm().item() == pytest.approx(0.25, rel=1e-4)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_computes_in_half_and_keeps_float32_weights(precision: Precision, device: torch.device) -> None:
    model = nn.Linear(6, 2).to(device)
    types = set()

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        output = model(batch[0])
        types.add(output.dtype)
        return F.cross_entropy(output, batch[1])

    x, y = data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    settings = Settings(epochs=15, precision=precision, device=device, clip_norm=10.0)
    history = fit(model, optimizer, loss, (x.float().to(device), y.to(device)), settings)
    assert types == {getattr(torch, precision)}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert history.of("train_loss")[-1] < 0.6 * history.of("train_loss")[0]


@pytest.mark.slow
def test_a_compiled_model_learns_the_same() -> None:
    plain, history = train_small(epochs=2)
    compiled, other = train_small(epochs=2, compile=True)
    assert other.of("train_loss") == pytest.approx(history.of("train_loss"), rel=1e-9)
    torch.testing.assert_close(weights(compiled), weights(plain), rtol=1e-9, atol=1e-11)


def test_an_update_of_ones_own_and_further_states(tmp_path: Path) -> None:
    """As a GAN does it: two optimizers, of which the second comes back from the checkpoint as well."""

    def run(epochs: int, directory: Path | None) -> tuple[Tensor, Tensor]:
        torch.manual_seed(0)
        first, second = nn.Linear(2, 1), nn.Linear(2, 1)
        one = torch.optim.Adam(first.parameters(), lr=0.1)
        two = torch.optim.Adam(second.parameters(), lr=0.1)

        def update(learner: Learner, batch: Batch, weight: float) -> float:
            for model, optimizer, sign in ((first, one, 1), (second, two, -1)):
                optimizer.zero_grad()
                torch.autograd.backward(((model(batch[0]) - sign) ** 2).mean())
                optimizer.step()
            return 0.0

        generator = torch.Generator().manual_seed(1)
        x = torch.randn(10, 2, generator=generator)
        others = {"second": second, "optimizer of the second": two}
        settings = Settings(epochs=epochs, batch_size=4)
        fit(first, one, lambda m, b: b[0].sum(), (x,), settings, update=update, also_save=others, directory=directory)
        return weights(first), weights(second)

    whole = run(4, None)
    run(2, tmp_path)
    resumed = run(4, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(whole, resumed, strict=True))


def test_the_order_of_examples_depends_on_seed_and_epoch_alone() -> None:
    sampler = Sampler(10, 4, seed=0)
    first = [rows.tolist() for _, rows in sampler.epoch(0)]
    assert [len(rows) for rows in first] == [4, 4, 2]
    assert sorted(row for rows in first for row in rows) == list(range(10))
    assert [rows.tolist() for _, rows in sampler.epoch(0, first_step=1)] == first[1:]
    assert [rows.tolist() for _, rows in sampler.epoch(1)] != first
    assert [rows.tolist() for _, rows in Sampler(10, 4, seed=1).epoch(0)] != first


def test_a_random_state_survives_the_file(tmp_path: Path) -> None:
    import random

    import numpy as np

    checkpoint.seed_everything(4)
    np.random.normal()  # leaves a second Gaussian in NumPy's cache
    checkpoint.save(tmp_path / "state.pt", checkpoint.random_states())
    drawn = random.random(), np.random.normal(), float(torch.rand(()))
    checkpoint.restore_random_states(checkpoint.load(tmp_path / "state.pt"))
    assert (random.random(), np.random.normal(), float(torch.rand(()))) == drawn
