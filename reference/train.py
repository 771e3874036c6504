"""The one training loop: every system of the reference trains through `fit`.

It owns what is the same for all of them: batches in a reproducible order, mixed precision, clipping, early stopping,
checkpoints from which a run resumes bit for bit, several processes, a log and a picture. What differs is handed in: a
model, an optimizer, a loss and a validation function; where one loss is not enough (a GAN), an `update` of one's own.
"""

from __future__ import annotations

import json
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from reference import checkpoint, distributed
from reference.fingerprint import fingerprint
from reference.plots import curves, save_figure

Precision = Literal["float32", "bfloat16", "float16"]
Batch = tuple[Tensor, ...]
Loss = Callable[[nn.Module, Batch], Tensor]
Validate = Callable[[nn.Module], dict[str, float]]
Transform = Callable[[Batch, torch.Generator], Batch]

CHECKPOINT, METRICS, CURVES = "checkpoint.pt", "metrics.jsonl", "curves.png"
LOOK_EVERY = 50
"""Steps between two looks at what is on the device: each look waits for it."""


@runtime_checkable
class Stateful(Protocol):
    """Anything to be checkpointed: optimizers, schedulers, modules, scalers."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any: ...


@runtime_checkable
class Steppable(Stateful, Protocol):
    """A learning-rate scheduler, stepped once per epoch."""

    def step(self) -> None: ...


@dataclass(frozen=True)
class Settings:
    """How to train; nothing here changes what is learned from, only how.

    Attributes:
        epochs: at most so many passes over the training data.
        batch_size: over all processes together.
        seed: of the order of examples and of the transforms; models are initialised before.
        clip_norm: gradients are scaled down to this norm, all parameters together.
        monitor, mode: the validation metric that early stopping watches, and which way is better.
        patience: stop after so many epochs without a new best value, and go back to the best weights; None: never.
        checkpoint_every: also save after so many steps; otherwise after every epoch and when interrupted.
    """

    epochs: int
    batch_size: int = 64
    seed: int = 0
    device: torch.device | str = "cpu"
    precision: Precision = "float32"
    compile: bool = False
    clip_norm: float | None = None
    monitor: str = "loss"
    mode: Literal["min", "max"] = "min"
    patience: int | None = None
    checkpoint_every: int | None = None
    resume: bool = True
    progress: bool = False


@dataclass
class History:
    """What was measured, one dict per epoch: `epoch`, `train_loss`, and whatever `validate` returned."""

    epochs: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    stopped_early: bool = False

    def of(self, name: str) -> list[float]:
        """The course of one metric."""
        return [row[name] for row in self.epochs]


@dataclass(frozen=True)
class Sampler:
    """The order of examples: a permutation per epoch that depends on the seed and the epoch alone."""

    length: int
    batch_size: int
    seed: int

    @property
    def steps(self) -> int:
        """Batches per epoch; the last one may be smaller."""
        return math.ceil(self.length / self.batch_size)

    def epoch(
        self, epoch: int, first_step: int = 0, device: torch.device | str = "cpu"
    ) -> Iterator[tuple[int, Tensor]]:
        """Step number and row numbers of each batch, from `first_step` on; all rows go to the device at once."""
        generator = torch.Generator().manual_seed(_mix(self.seed, epoch))
        order = torch.randperm(self.length, generator=generator).to(device)
        for step in range(first_step, self.steps):
            yield step, order[step * self.batch_size : (step + 1) * self.batch_size]


def _mix(*numbers: int) -> int:
    """One seed out of several, different for (1, 2) and (2, 1)."""
    mixed = 0
    for number in numbers:
        mixed = (mixed * 1_000_003 + number + 1) % (2**63 - 1)
    return mixed


@dataclass
class Learner:
    """What an `update` works with: the model as wrapped for several processes, optimizer, precision, clipping."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    loss: Loss
    settings: Settings
    scaler: torch.amp.GradScaler

    def autocast(self) -> Any:
        """The context of the forward pass: half precision where it is asked for."""
        if self.settings.precision == "float32":
            return nullcontext()
        device = torch.device(self.settings.device).type
        return torch.autocast(device, getattr(torch, self.settings.precision))

    def update(self, batch: Batch, weight: float = 1.0) -> Tensor:
        """One step of gradient descent; `weight` corrects for unequal shares of a batch between processes.

        The loss that comes back stays on its device: reading it would wait for the step to end.
        """
        self.optimizer.zero_grad(set_to_none=True)
        with self.autocast():
            loss = self.loss(self.model, batch)
        torch.autograd.backward(self.scaler.scale(loss if weight == 1 else loss * weight))
        if self.settings.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss.detach()


Update = Callable[[Learner, Batch, float], Tensor | float]


def fit(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Loss,
    data: Sequence[Tensor],
    settings: Settings,
    *,
    validate: Validate | None = None,
    scheduler: Steppable | None = None,
    transform: Transform | None = None,
    update: Update = Learner.update,
    also_save: Mapping[str, Stateful] | None = None,
    directory: Path | None = None,
) -> History:
    """Train `model` in place.

    Args:
        model: on the settings' device.
        optimizer: of the model's parameters.
        loss: (model, batch) -> the MEAN loss over the examples of the batch.
        data: tensors with one row per example, such as (inputs, targets); best on the device already.
        validate: model -> metrics, called after each epoch in evaluation mode and without gradients.
        scheduler: stepped after each epoch.
        transform: (batch, generator) -> batch, such as augmentation; the generator (on the CPU) makes it reproducible.
        update: (learner, batch, weight) -> loss, in place of one ordinary step.
        also_save: further objects with a state, such as a second optimizer.
        directory: where checkpoint, metrics and curves go; None writes nothing.

    Returns:
        The metrics of every epoch. With `patience`, the model has the weights of the best epoch.

    Raises:
        KeyboardInterrupt: after Ctrl-C, once the running step is done and saved; calling again goes on from there.
        CheckpointError: the checkpoint in `directory` is of a run with other settings, data, model, optimizer or loss.
        ValueError: there is nothing to train on.
    """
    if not len(data[0]):
        raise ValueError("there are no examples to train on")
    device = torch.device(settings.device)
    scaler = torch.amp.GradScaler(device.type, enabled=settings.precision == "float16")
    learner = Learner(_wrapped(model, settings), optimizer, loss, settings, scaler)
    sampler = Sampler(len(data[0]), settings.batch_size, settings.seed)
    history, best = History(), _Best(settings)
    stateful: dict[str, Stateful] = {"model": model, "optimizer": optimizer, "scaler": scaler, **(also_save or {})}
    if scheduler is not None:
        stateful["scheduler"] = scheduler
    path = directory / CHECKPOINT if directory is not None else None
    run = (
        fingerprint(settings, data, stateful, {"loss": loss, "transform": transform, "update": update}) if path else {}
    )
    epoch, step, stop = 0, 0, False
    running = torch.zeros((), dtype=torch.float64, device=data[0].device)  # loss times examples, this process's share

    def save() -> None:
        if path is not None:
            where = {"epoch": epoch, "step": step, "stopped": history.stopped_early}
            _save(path, run, stateful, history, best, where, float(running))

    if path is not None and settings.resume and path.exists():
        where, so_far = _load(path, run, stateful, history, best)
        epoch, step, history.stopped_early = where["epoch"], where["step"], where["stopped"]
        running.fill_(so_far)
        if settings.progress and (epoch >= settings.epochs or history.stopped_early):
            tqdm.write(f"{path}: finished already, after {epoch} epochs; nothing is trained", file=sys.stderr)

    _log(directory, history.epochs, "w")
    with _interruptible() as interrupted:
        while epoch < settings.epochs and not history.stopped_early:
            model.train()
            bar = tqdm(
                sampler.epoch(epoch, step, data[0].device),
                desc=f"epoch {epoch + 1}/{settings.epochs}",
                initial=step,
                total=sampler.steps,
                leave=False,
                disable=not settings.progress or distributed.rank() > 0 or not sys.stderr.isatty(),
            )
            for number, rows in bar:
                batch, weight = _share(data, rows)
                if transform is not None:
                    seed = _mix(settings.seed, epoch, number, distributed.rank())
                    batch = transform(batch, torch.Generator().manual_seed(seed))
                running += update(learner, batch, weight) * (weight * len(rows) / distributed.size())
                step = number + 1
                if step % LOOK_EVERY == 0 and not bar.disable:
                    bar.set_postfix(loss=f"{float(running) / (step * settings.batch_size):.4f}", refresh=False)
                if distributed.size() == 1:
                    stop = interrupted()
                elif step % LOOK_EVERY == 0 or step == sampler.steps:  # noted anywhere, all stop at the same step
                    stop = any(distributed.gather(interrupted()))
                if stop and step < sampler.steps:
                    save()
                    raise KeyboardInterrupt(f"interrupted in epoch {epoch + 1}, step {step}")
                if settings.checkpoint_every and step % settings.checkpoint_every == 0 and step < sampler.steps:
                    save()
            (total,) = distributed.total([float(running)], device)
            metrics = {"epoch": float(epoch + 1), "train_loss": total / sampler.length}
            if validate is not None:
                model.eval()
                with torch.no_grad():
                    metrics |= distributed.agree(validate(model))
            history.epochs.append(metrics)
            if scheduler is not None:
                scheduler.step()
            history.stopped_early = best.is_over(metrics, model)
            epoch, step = epoch + 1, 0
            running.zero_()
            save()
            _log(directory, history.epochs[-1:], "a")
            if stop:
                raise KeyboardInterrupt(f"interrupted after epoch {epoch}")
    best.restore(model)
    history.best_epoch = best.epoch or len(history.epochs)
    model.eval()
    _draw(directory, history)
    return history


def _wrapped(model: nn.Module, settings: Settings) -> nn.Module:
    """The model as the loss sees it: compiled and, with several processes, synchronised."""
    wrapped: nn.Module = model
    if settings.compile:
        wrapped = torch.compile(wrapped)  # type: ignore[assignment]
    if distributed.size() > 1:
        wrapped = DistributedDataParallel(wrapped)
    return wrapped


def _share(data: Sequence[Tensor], rows: Tensor) -> tuple[Batch, float]:
    """This process's rows of a batch and their weight, so that the mean over processes is the mean over the batch."""
    rank, size = distributed.rank(), distributed.size()
    if size == 1:
        return tuple(tensor[rows.to(tensor.device)] for tensor in data), 1.0
    mine = rows[rank::size]
    weight = size * len(mine) / len(rows)
    if len(mine) == 0:  # a last batch smaller than the number of processes: all must take part, with no weight
        mine = rows[:1]
    return tuple(tensor[mine.to(tensor.device)] for tensor in data), weight


class _Best:
    """Early stopping: the best value so far, its epoch and its weights."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.value: float | None = None
        self.epoch = 0
        self.weights: dict[str, Tensor] | None = None

    def is_over(self, metrics: dict[str, float], model: nn.Module) -> bool:
        """Take note of an epoch; True when patience has run out."""
        if self.settings.patience is None:
            return False
        if self.settings.monitor not in metrics:
            raise KeyError(f"validate returns {sorted(metrics)}, but early stopping monitors {self.settings.monitor!r}")
        value, epoch = metrics[self.settings.monitor], int(metrics["epoch"])
        sign = 1 if self.settings.mode == "min" else -1
        if self.value is None or sign * value < sign * self.value:
            self.value, self.epoch = value, epoch
            self.weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        return epoch - self.epoch >= self.settings.patience

    def restore(self, model: nn.Module) -> None:
        """Go back to the best weights, if any were kept."""
        if self.weights is not None:
            model.load_state_dict(self.weights)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM only leave a note while the loop runs, so that no step is cut in half."""
    seen = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield seen.is_set
        return

    def note(number: int, frame: FrameType | None) -> None:
        if seen.is_set():  # the second time is meant: leave at once
            raise KeyboardInterrupt
        seen.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield seen.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _save(
    path: Path,
    run: dict[str, str],
    stateful: Mapping[str, Stateful],
    history: History,
    best: _Best,
    where: dict[str, Any],
    running: float,
) -> None:
    """Write the checkpoint from process 0, with the random states and running losses of all."""
    states, losses = distributed.gather(checkpoint.random_states()), distributed.gather(running)
    if distributed.rank() == 0:
        checkpoint.save(
            path,
            {
                "run": run,
                "where": where,
                "history": history.epochs,
                "best": {"value": best.value, "epoch": best.epoch, "weights": best.weights},
                "states": {name: thing.state_dict() for name, thing in stateful.items()},
                "random": states,
                "running": losses,
            },
        )
    distributed.wait()


def _load(
    path: Path, run: dict[str, str], stateful: Mapping[str, Stateful], history: History, best: _Best
) -> tuple[dict[str, Any], float]:
    """Restore everything that `_save` wrote and return where the run stood and this process's running loss."""
    state = checkpoint.load(path)
    before = state.get("run", {})
    if before != run:
        different = sorted(key for key in before.keys() | run.keys() if before.get(key) != run.get(key))
        raise checkpoint.CheckpointError(
            f"{path} is from another run, which differs in: {', '.join(different)}. Start afresh (--fresh, or "
            "Settings(resume=False)) or use another directory"
        )
    for name, thing in stateful.items():
        thing.load_state_dict(state["states"][name])
    history.epochs = state["history"]
    best.value, best.epoch, best.weights = (state["best"][key] for key in ("value", "epoch", "weights"))
    rank, losses = distributed.rank(), state["running"]
    if rank < len(state["random"]):  # resumed with more processes, the new ones keep their own
        checkpoint.restore_random_states(state["random"][rank])
    if len(losses) != distributed.size():  # with another number of processes, the first takes all
        losses = [sum(losses)] + [0.0] * (distributed.size() - 1)
    return state["where"], losses[rank]


def _log(directory: Path | None, rows: list[dict[str, float]], mode: Literal["a", "w"]) -> None:
    """One JSON line per epoch; a resumed run begins with the lines of its checkpoint, so that none is there twice."""
    if directory is not None and distributed.rank() == 0:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / METRICS).open(mode, encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def _draw(directory: Path | None, history: History) -> None:
    """The picture of the metrics."""
    if directory is not None and distributed.rank() == 0:
        save_figure(curves(history.epochs), directory / CURVES)
