"""Items that show a bug are run: as printed the code is wrong in the way that the stem says, with the fix it is right.

The checks are written down by what each function must do, without the reference.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from drills.bank import load_bank
from drills.items import SpotTheBug

ITEMS = {item.id: item for item in load_bank().items.values() if isinstance(item, SpotTheBug)}
Names = dict[str, Any]


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def run(code: str) -> Names:
    names: Names = {"np": np, "sigmoid": sigmoid, "logsigmoid": torch.nn.functional.logsigmoid}
    exec(code, names)
    return names


def fixed(item: SpotTheBug) -> str:
    """The code with the wrong line replaced, as it is indented."""
    lines = item.code.splitlines()
    line = lines[item.key - 1]
    lines[item.key - 1] = line[: len(line) - len(line.lstrip())] + item.fix
    return "\n".join(lines)


def gradient(f: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """Central differences; x is put back."""
    found = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        old = x[place]
        x[place] = old + 1e-5
        up = f(x)
        x[place] = old - 1e-5
        found[place] = (up - f(x)) / 2e-5
        x[place] = old
    return found


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


def close(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-4, atol=1e-6))


def causal_mask(names: Names) -> bool:
    """The output at a position does not change with later positions, but with earlier ones."""
    attend, weights = names["causal_attention"], [0.2 * draw(4, 3), 0.3 * draw(4, 3), draw(4, 3)]
    X = draw(5, 4)
    later, earlier = X.copy(), X.copy()
    later[3:] += 1
    earlier[0] += 1
    out = attend(X, *weights)
    return close(attend(later, *weights)[:3], out[:3]) and not close(attend(earlier, *weights)[2], out[2])


def central_difference(names: Names) -> bool:
    x = draw(3)
    return close(names["numerical_gradient"](lambda v: float((v**3).sum()), x), 3 * x**2)


def doubled_difference(names: Names) -> bool:
    """What the stem says of the printed code: every entry is twice as large."""
    x = draw(3)
    return close(names["numerical_gradient"](lambda v: float((v**3).sum()), x), 6 * x**2)


def backward(names: Names) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The gradients of the two-layer net as the function gives them, and by differences."""
    X, T, p = draw(6, 3), draw(6, 2) + 1, [draw(3, 4), draw(4), draw(4, 2), draw(2)]

    def loss(at: np.ndarray, which: int) -> float:
        W1, b1, W2, b2 = [at if place == which else value for place, value in enumerate(p)]
        return float(((np.tanh(X @ W1 + b1) @ W2 + b2 - T) ** 2).sum())

    H = np.tanh(X @ p[0] + p[1])
    given = names["backward"](X, H, H @ p[2] + p[3], T, p[2])
    return list(given), [gradient(lambda at, which=which: loss(at, which), p[which].copy()) for which in range(4)]


def backprop(names: Names) -> bool:
    return all(map(close, *backward(names)))


def first_layer_only(names: Names) -> bool:
    """What the stem says of the printed code: W1 and b1 fail the check, W2 and b2 pass."""
    return list(map(close, *backward(names))) == [False, False, True, True]


def cross_entropy(names: Names) -> bool:
    """The mean of the examples' own losses."""
    Z, labels = draw(5, 3), np.array([0, 2, 1, 1, 0])
    own = [np.log(np.exp(z).sum()) - z[label] for z, label in zip(Z, labels, strict=True)]
    return close(names["cross_entropy"](Z, labels), np.mean(own))


def softmax_gradient(names: Names) -> bool:
    X, labels, W, b = draw(6, 4), np.array([0, 2, 1, 1, 0, 2]), draw(4, 3), draw(3)

    def loss(W: np.ndarray, b: np.ndarray) -> float:
        Z = X @ W + b
        return float((np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(6), labels]).mean())

    dW, db = names["gradient"](X, labels, W, b)
    return close(dW, gradient(lambda at: loss(at, b), W)) and close(db, gradient(lambda at: loss(W, at), b))


OR = [np.array([1.0, *x]) for x in product((0, 1), repeat=2)], np.array([-1, 1, 1, 1])


def separates(w: np.ndarray) -> bool:
    return all((1 if w @ x > 0 else -1) == t for x, t in zip(*OR, strict=True))


def hebbian(names: Names) -> bool:
    """From zero weights it finds a line that separates OR."""
    return separates(names["train"](np.zeros(3), *OR, 0.5, 50))


def hebbian_from_zero(names: Names) -> bool:
    return separates(names["train"](np.zeros(3), *OR, 0.5))


def cbow(names: Names) -> bool:
    """Gradients for a context that holds a word twice."""
    target, context, C, U = 1, [0, 3, 3], draw(5, 2), draw(5, 2) + 1

    def loss(C: np.ndarray, U: np.ndarray) -> float:
        scores = U @ C[context].mean(axis=0)
        return float(np.log(np.exp(scores).sum()) - scores[target])

    dC, dU = names["gradients"](target, context, C, U)
    return close(dC, gradient(lambda at: loss(at, U), C)) and close(dU, gradient(lambda at: loss(C, at), U))


class Scale(torch.nn.Module):
    """A network of one weight."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x


def gan_discriminator(names: Names) -> bool:
    """A step raises the logits of real examples against those of generated ones, and leaves the generator alone."""
    D, G = Scale(0.1), Scale(1.0)
    names["discriminator_step"](
        D, G, torch.full((8,), 2.0), torch.full((8,), -1.0), torch.optim.SGD(D.parameters(), 0.1)
    )
    logits = D(torch.tensor([2.0, -1.0]))
    loss = torch.nn.functional.softplus(torch.stack([-logits[0], logits[1]])).sum()
    before = torch.nn.functional.softplus(torch.tensor([-0.2, -0.1])).sum()
    expected = 0.1 + 0.1 * (2 * torch.sigmoid(torch.tensor(-0.2)) + torch.sigmoid(torch.tensor(-0.1)))
    return bool(loss < before) and close(D.weight.detach(), expected) and G.weight.grad is None


def gan_generator(names: Names) -> bool:
    """A step moves the generator so that its samples get larger logits."""
    D, G = Scale(0.5), Scale(1.0)
    noise = torch.full((8,), -1.0)
    before = float(D(G(noise)).mean())
    try:
        names["generator_step"](D, G, noise, torch.optim.SGD(G.parameters(), 0.1))
    except RuntimeError:  # no path to the generator: PyTorch may refuse
        return False
    return float(D(G(noise)).mean()) > before


def cross_validation(names: Names) -> bool:
    """For columns that say nothing the estimate is not below the variance of the targets."""

    class Line:
        def predict(self, X: np.ndarray) -> np.ndarray:
            return np.c_[X, np.ones(len(X))] @ self.w

    def fit(X: np.ndarray, t: np.ndarray) -> Line:
        line = Line()
        line.w = np.linalg.lstsq(np.c_[X, np.ones(len(X))], t, rcond=None)[0]
        return line

    def top_correlated(X: np.ndarray, t: np.ndarray, count: int) -> np.ndarray:
        return np.argsort(-np.abs((X - X.mean(0)).T @ (t - t.mean())))[:count]

    names.update(fit=fit, top_correlated=top_correlated)
    rng = np.random.default_rng(0)
    X, t = rng.normal(size=(60, 500)), rng.normal(size=60)
    places = np.arange(60)
    folds = [(np.flatnonzero(places % 5 != k), np.flatnonzero(places % 5 == k)) for k in range(5)]
    return bool(names["cv_error"](X, t, folds) > t.var())


def bptt(names: Names) -> bool:
    h0, Wh, targets = draw(3), 0.5 * draw(3, 3), draw(4, 3) + 1

    def states(Wh: np.ndarray) -> np.ndarray:
        h, found = h0, []
        for t in range(4):
            h = np.tanh(h @ Wh + 0.1 * t)
            found.append(h)
        return np.array(found)

    H = states(Wh)
    given = names["recurrent_gradient"](H, h0, 2 * (H - targets), Wh)
    return close(given, gradient(lambda at: float(((states(at) - targets) ** 2).sum()), Wh.copy()))


def lstm(names: Names) -> bool:
    x, h, c = draw(1, 2), draw(1, 3), draw(1, 3) - 1
    p = {f"W{gate}": draw(5, 3) + place for place, gate in enumerate("figo")}
    p |= {f"b{gate}": draw(3) - place for place, gate in enumerate("figo")}
    z = np.concatenate([h, x], axis=-1)
    f, i, o = (sigmoid(z @ p[f"W{gate}"] + p[f"b{gate}"]) for gate in "fio")
    cell = f * c + i * np.tanh(z @ p["Wg"] + p["bg"])
    return all(map(close, names["step"](x, h, c, p), (o * np.tanh(cell), cell)))


def dropout(names: Names) -> bool:
    """The gradient check of the layer: the units that were off get no error, the others theirs, scaled."""

    class Layer:
        rng, p = np.random.default_rng(1), 0.5

    layer = Layer()
    names["forward"](layer, np.ones((4, 6)))
    return close(names["backward"](layer, np.ones((4, 6))), layer.mask / 0.5)


def he(names: Names) -> bool:
    """The mean square of the activations stays about the same through ten layers."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(500, 200))
    Y = X
    for W, b in names["init"]([200] * 11, rng):
        Y = np.maximum(0, Y @ W + b)
    return 0.3 < (Y**2).mean() / (X**2).mean() < 3


def batch_norm(names: Names) -> bool:
    """After training a prediction does not depend on the other examples."""

    class Norm:
        mean, var, eps, gamma, beta = np.zeros(3), np.ones(3), 1e-5, 2.0, 1.0

    norm, call = Norm(), names["__call__"]
    for _ in range(50):
        call(norm, draw(20, 3) * 2 + 4, True)
    alone, together = call(norm, draw(1, 3), False), call(norm, np.r_[draw(1, 3), draw(4, 3) + 9], False)
    return close(alone[0], together[0]) and close(call(norm, norm.mean[None], False), [[1.0] * 3])


def adam(names: Names) -> bool:
    """Under a constant gradient every step is the learning rate."""
    w, m, s = 1.0, 0.0, 0.0
    for t in range(1, 4):
        w, m, s = names["adam_step"](w, 4.0, m, s, t, 0.1)
    return close(w, 0.7)


def adam_after_one(names: Names) -> bool:
    """What the stem says of the printed code: the first step is right, the second gives NaN."""
    w, m, s = names["adam_step"](1.0, 4.0, 0.0, 0.0, 1, 0.1)
    with np.errstate(invalid="ignore"):
        return close(w, 0.9) and bool(np.isnan(names["adam_step"](w, 4.0, m, s, 2, 0.1)[0]))


def output_size(names: Names) -> bool:
    """Positions counted by moving the kernel, also where it just fits."""

    def counted(n: int, k: int, s: int, p: int, d: int) -> int:
        return sum(start + d * (k - 1) < n + 2 * p for start in range(0, n + 2 * p, s))

    cases = [case for case in product((5, 8), (2, 3, 5), (1, 2), (0, 1), (1, 2)) if counted(*case) > 0]
    assert any(n + 2 * p == d * (k - 1) + 1 for n, k, s, p, d in cases)
    try:
        return all(names["output_size"](*case) == counted(*case) for case in cases)
    except ValueError:
        return False


CHECKS: dict[str, Callable[[Names], bool]] = {
    "bug-causal-mask": causal_mask, "bug-central-difference": central_difference, "bug-backprop-tanh-twice": backprop,
    "bug-cross-entropy-from-probabilities": cross_entropy, "bug-linear-softmax-gradient": softmax_gradient,
    "bug-hebbian-own-answer": hebbian, "bug-hebbian-stuck-at-zero": hebbian_from_zero, "bug-cbow-gradient": cbow,
    "bug-gan-discriminator-step": gan_discriminator, "bug-gan-generator-step": gan_generator,
    "bug-columns-chosen-before-the-folds": cross_validation, "bug-bptt-loop": bptt, "bug-lstm-step": lstm,
    "bug-dropout-backward": dropout, "bug-he-initialization": he, "bug-batch-norm-at-test": batch_norm,
    "bug-adam-bias-correction": adam, "bug-output-size-function": output_size,
}  # fmt: skip
# what the stem says of the printed code, where that is more than that it is wrong
SYMPTOMS: dict[str, Callable[[Names], bool]] = {
    "bug-central-difference": doubled_difference,
    "bug-backprop-tanh-twice": first_layer_only,
    "bug-adam-bias-correction": adam_after_one,
    "bug-hebbian-stuck-at-zero": lambda names: not names["train"](np.zeros(3), *OR, 0.5).any(),
}


def test_every_bug_is_run():
    assert set(CHECKS) == set(ITEMS)


@pytest.mark.parametrize("name", ITEMS)
def test_the_printed_code_is_wrong_and_the_fixed_one_right(name: str):
    assert not CHECKS[name](run(ITEMS[name].code))
    assert CHECKS[name](run(fixed(ITEMS[name])))


@pytest.mark.parametrize("name", SYMPTOMS)
def test_the_stem_says_what_the_printed_code_does(name: str):
    assert SYMPTOMS[name](run(ITEMS[name].code))
    assert not SYMPTOMS[name](run(fixed(ITEMS[name])))


@pytest.mark.parametrize("seed", range(20))
def test_hebbian_with_its_own_answer_never_separates_from_zero(seed: int):
    """The stem says never: the weights stay minus a sum of what separating weights must be positive on."""
    rng = np.random.default_rng(seed)
    X = np.c_[np.ones(12), rng.normal(size=(12, 2))]
    t = np.where(X @ rng.normal(size=3) > 0, 1, -1)
    if len(set(t)) == 2:
        w = run(ITEMS["bug-hebbian-own-answer"].code)["train"](np.zeros(3), X, t, 0.3, 200)
        assert any((1 if w @ x > 0 else -1) != target for x, target in zip(X, t, strict=True))
