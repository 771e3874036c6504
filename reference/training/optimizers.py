"""Optimizers: what is done with a gradient once it is known.

Momentum adds up past gradients with geometrically falling weights, which damps oscillation and speeds up consistent
directions; Nesterov looks at where that would lead. Adagrad, RMSprop and Adadelta divide each coordinate by the size of
its own past gradients, so that rare and small ones get larger steps; Adam and its relatives do both, and correct for
averages that start at zero.

    momentum   v <- mu v + g                w <- w - eta v
    Nesterov   v <- mu v + g                w <- w - eta (g + mu v)
    Adagrad    s <- s + g^2                 w <- w - eta g / (sqrt(s) + eps)
    RMSprop    s <- rho s + (1 - rho) g^2   w <- w - eta g / (sqrt(s) + eps)
    Adadelta   s as RMSprop; d = g sqrt(u + eps) / sqrt(s + eps);   u <- rho u + (1 - rho) d^2;   w <- w - eta d
    Adam       m <- b1 m + (1 - b1) g;  s <- b2 s + (1 - b2) g^2
               w <- w - eta m / (1 - b1^t) / (sqrt(s / (1 - b2^t)) + eps)
    AdaMax     s <- max(b2 s, |g| + eps)    w <- w - eta m / (1 - b1^t) / s
    Nadam      Adam with Nesterov's look ahead, b1 warmed up: mu_t = b1 (1 - 0.96^(t psi) / 2)

In Adagrad the sum only grows: the effective learning rate falls to zero. Velocity is torch's form: eta outside the sum.
Sources: Polyak 1964; Nesterov 1983; Duchi 2011; Tieleman and Hinton 2012; Zeiler 2012; Kingma and Ba 2015 (Adam,
AdaMax); Dozat 2016. Defaults are torch's. Course: training, topic `optimizers`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch
from torch import Tensor

State = dict[str, Any]  # of one parameter; {} before the first step


class Rule(Protocol):
    """(w, g, state, hyperparameters) -> (new w, new state), element by element, the arguments unchanged."""

    def __call__(self, w: Tensor, g: Tensor, state: State, **hyperparameters: float) -> tuple[Tensor, State]: ...


def sgd(w: Tensor, g: Tensor, state: State, eta: float = 0.01) -> tuple[Tensor, State]:
    """w - eta g."""
    return w - eta * g, state


def momentum(w: Tensor, g: Tensor, state: State, eta: float = 0.01, mu: float = 0.9) -> tuple[Tensor, State]:
    """The velocity accumulates all past gradients, weighted by powers of mu."""
    v = mu * state.get("v", 0) + g
    return w - eta * v, {"v": v}


def nesterov(w: Tensor, g: Tensor, state: State, eta: float = 0.01, mu: float = 0.9) -> tuple[Tensor, State]:
    """Momentum plus a correction by the newest gradient: the form that needs the gradient at w only."""
    v = mu * state.get("v", 0) + g
    return w - eta * (g + mu * v), {"v": v}


def adagrad(w: Tensor, g: Tensor, state: State, eta: float = 0.01, eps: float = 1e-10) -> tuple[Tensor, State]:
    """Divides by the root of the sum of all squared gradients."""
    s = state.get("s", 0) + g**2
    return w - eta * g / (s.sqrt() + eps), {"s": s}


def rmsprop(
    w: Tensor, g: Tensor, state: State, eta: float = 0.01, rho: float = 0.99, eps: float = 1e-8
) -> tuple[Tensor, State]:
    """Adagrad with a moving average in place of the sum, so that the rate does not die."""
    s = rho * state.get("s", 0) + (1 - rho) * g**2
    return w - eta * g / (s.sqrt() + eps), {"s": s}


def adadelta(
    w: Tensor, g: Tensor, state: State, eta: float = 1.0, rho: float = 0.9, eps: float = 1e-6
) -> tuple[Tensor, State]:
    """RMSprop times the root of the average squared step, which gives the step the unit of w."""
    s = rho * state.get("s", 0) + (1 - rho) * g**2
    u = state.get("u", torch.zeros_like(w))
    d = g * (u + eps).sqrt() / (s + eps).sqrt()
    return w - eta * d, {"s": s, "u": rho * u + (1 - rho) * d**2}


def adam(
    w: Tensor, g: Tensor, state: State, eta: float = 1e-3, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8
) -> tuple[Tensor, State]:
    """Momentum and RMSprop, each divided by the total weight that its average has so far."""
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0) + (1 - b1) * g
    s = b2 * state.get("s", 0) + (1 - b2) * g**2
    step = m / (1 - b1**t) / ((s / (1 - b2**t)).sqrt() + eps)
    return w - eta * step, {"t": t, "m": m, "s": s}


def adamax(
    w: Tensor, g: Tensor, state: State, eta: float = 2e-3, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8
) -> tuple[Tensor, State]:
    """Adam with the largest recent |g| in place of the root mean square; a maximum needs no correction."""
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0) + (1 - b1) * g
    s = torch.maximum(b2 * state.get("s", torch.zeros_like(w)), g.abs() + eps)
    return w - eta * m / (1 - b1**t) / s, {"t": t, "m": m, "s": s}


def nadam(
    w: Tensor,
    g: Tensor,
    state: State,
    eta: float = 2e-3,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    psi: float = 4e-3,
) -> tuple[Tensor, State]:
    """Adam whose momentum already contains the newest gradient with the weight of the next step."""
    t = state.get("t", 0) + 1
    now, following = (b1 * (1 - 0.5 * 0.96 ** (step * psi)) for step in (t, t + 1))
    product = state.get("product", 1.0) * now
    m = b1 * state.get("m", 0) + (1 - b1) * g
    s = b2 * state.get("s", 0) + (1 - b2) * g**2
    ahead = (1 - now) / (1 - product) * g + following / (1 - product * following) * m
    return w - eta * ahead / ((s / (1 - b2**t)).sqrt() + eps), {"t": t, "product": product, "m": m, "s": s}


RULES: dict[str, Callable[..., tuple[Tensor, State]]] = {
    rule.__name__: rule for rule in (sgd, momentum, nesterov, adagrad, rmsprop, adadelta, adam, adamax, nadam)
}


class Optimizer(torch.optim.Optimizer):
    """Any of the rules above as a torch optimizer, for the training loop and torch's schedulers.

    Args:
        params: tensors, or dicts as torch.optim takes them, with hyperparameters of their own per group.
        rule: a name of `RULES`.
        hyperparameters: the rule's, by name. In `param_groups` eta is called `lr`, as schedulers expect.

    Raises:
        ValueError: there is no such rule, or the rule has no such hyperparameter.
    """

    def __init__(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], rule: str, **hyperparameters: float
    ) -> None:
        if rule not in RULES:
            raise ValueError(f"no rule is called {rule!r}; there are: {', '.join(RULES)}")
        self.rule = RULES[rule]
        arguments = inspect.signature(self.rule).parameters.values()
        known = {each.name: each.default for each in arguments if each.default is not inspect.Parameter.empty}
        if unknown := hyperparameters.keys() - known.keys():
            raise ValueError(f"{rule} has no {', '.join(sorted(unknown))}; its hyperparameters: {', '.join(known)}")
        chosen = known | hyperparameters
        self.names = [name for name in chosen if name != "eta"]
        super().__init__(params, {"lr": chosen.pop("eta"), **chosen, "rule": rule})

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:  # type: ignore[override]
        """Update every parameter that has a gradient; a closure computes loss and gradients first, and is returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            hyperparameters = {name: group[name] for name in self.names}
            for w in group["params"]:
                if w.grad is not None:
                    updated, state = self.rule(w, w.grad, self.state[w], eta=group["lr"], **hyperparameters)
                    w.copy_(updated)
                    self.state[w] = state
        return loss
