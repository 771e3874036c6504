"""One Hebbian update by hand: only on an error, and the bias learns too. Rosenblatt 1958; Bishop, PRML, eq. 4.55."""

from collections.abc import Callable
from fractions import Fraction

from drills.expressions import evaluate
from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, grouped, single_choice, tenths, vector
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

Moved = Callable[..., str]
NONZERO = (-3, -2, -1, 1, 2, 3)


@generator("perceptron-update", topic="perceptron", difficulty=2)
def perceptron_update(source: Source) -> Item:
    """One update of a perceptron, if there is one.

    A fifth of the examples lies on the boundary, where the unit answers -1; of the others half are errors.
    """
    kind = source.choice(["error", "error", "right", "right", "boundary"])
    while True:
        weights = [source.integer(-3, 3), source.choice(NONZERO), source.choice(NONZERO)]
        example = [1, source.choice(NONZERO), source.choice(NONZERO)]
        target, rate = source.choice([-1, 1]), source.choice([Fraction(1, 2), Fraction(2), Fraction(1, 4)])
        total = sum(w * x for w, x in zip(weights, example, strict=True))
        answer = 1 if total > 0 else -1
        if kind == ("boundary" if total == 0 else "right" if answer == target else "error"):
            break

    def moved(step: Fraction | int, bias: bool = True) -> str:
        """The weights after `step` times the example; without the bias's step on demand."""
        after = [Fraction(w) + step * x for w, x in zip(weights, example, strict=True)]
        return _shown(after if bias else [Fraction(weights[0]), *after[1:]])

    update = f"feedforward.hebbian.hebbian_update(array({weights}), array({example}), {target}, {rate})"
    key = _shown([Fraction(evaluate(f"{update}[{number}]")) for number in range(3)])
    mistakes = _after_an_error if answer != target else _after_a_right_answer
    candidates = mistakes(moved, target, rate, total)
    products = " + ".join(f"{grouped(w)} \\cdot {grouped(x)}" for w, x in zip(weights, example, strict=True))
    verdict = (
        f"the example is answered rightly, so nothing changes: $w = {key}$."
        if answer == target
        else f"an error, hence $w + \\eta t x = {vector(weights)} + {_plain(rate)} \\cdot {grouped(target)} \\cdot "
        f"{vector(example)} = {key}$."
    )
    return single_choice(
        key,
        candidates[:1] + source.shuffled(candidates[1:]),
        source="Rosenblatt 1958, The perceptron; Bishop 2006, Pattern recognition and machine learning, eq. 4.55",
        stem=f"A perceptron has the weights $w = {vector(weights)}$, the bias first, and answers $+1$ if $w \\cdot x > 0$, "
        f"else $-1$. It is shown $x = {vector(example)}$ (the leading 1 carries the bias) with target $t = {target}$. "
        f"Which weights does one Hebbian update with $\\eta = {_plain(rate)}$ leave it with?",
        because=f"$w \\cdot x = {products} = {total}$, so the answer is ${answer}$: {verdict}",
        exercise="feedforward/hebbian",
    )


def _after_an_error(moved: Moved, target: int, rate: Fraction, total: int) -> list[tuple[str, Wrong]]:
    unchanged = "You took the example as rightly answered; "
    unchanged += "on the boundary, $w \\cdot x = 0$, the answer is $-1$." if total == 0 else "the signs differ."
    return [
        (moved(0), Wrong(because=unchanged, misconception="perceptron-line-is-positive" if total == 0 else None)),
        (moved(-rate * target), Wrong(
            because="You subtracted $\\eta t x$; that makes $t\\,(w \\cdot x)$ smaller, although it is to become positive.",
            misconception="hebbian-update-pushes-away",
        )),
        (moved(rate * target, bias=False), Wrong(
            because="You left the bias alone; it is the weight of the leading 1 and learns like the others.",
            misconception="hebbian-bias-not-learned",
        )),
        (moved(target), Wrong(
            because="You left out the learning rate, which scales the step.",
            misconception="hebbian-without-the-rate",
        )),
        (moved(2 * rate * target), Wrong(
            because="You used $\\eta (t - y) x$; for answers of $\\pm 1$ that is twice the Hebbian step.",
            misconception="hebbian-error-counted-twice",
        )),
        (moved(rate * (target - total)), Wrong(
            because="You used the linear error $t - w \\cdot x$; the Hebbian step is $\\eta t x$, however large the error.",
            misconception="hebbian-linear-error",
        )),
    ]  # fmt: skip


def _after_a_right_answer(moved: Moved, target: int, rate: Fraction, total: int) -> list[tuple[str, Wrong]]:
    every = "You updated on a right answer; Hebbian learning changes the weights only on an error."
    if total == 0:
        every = (
            "You took $w \\cdot x = 0$ for an error; there the answer is $-1$, which is right here, so nothing changes."
        )
    return [
        (moved(rate * target), Wrong(
            because=every,
            misconception="hebbian-the-line-is-wrong-for-both" if total == 0 else "hebbian-updates-every-example",
        )),
        (moved(-rate * target), Wrong(
            because="You moved the weights away from a rightly answered example; there is nothing to correct.",
            misconception="hebbian-update-pushes-away",
        )),
        (moved(rate * target, bias=False), Wrong(
            because="You updated, and without the bias; the answer is right, so every weight stays.",
            misconception="hebbian-bias-not-learned",
        )),
        (moved(rate * (target - total)), Wrong(
            because="You used the linear error $t - w \\cdot x$, which is seldom zero; the perceptron only looks at the sign.",
            misconception="hebbian-linear-error",
        )),
    ]  # fmt: skip


def _plain(number: Fraction) -> str:
    return f"{float(number):g}"  # halves and quarters are exact


def _shown(numbers: list[Fraction]) -> str:
    return vector([_plain(number) for number in numbers])


@generator("perceptron-bound", topic="perceptron", difficulty=2)
def perceptron_bound(source: Source) -> Item:
    """The convergence theorem's bound on the number of errors."""
    radius, margin = source.integer(2, 9), tenths(source.choice([1, 2, 5]))
    wrong = {
        f"{radius} / {margin} ** 2": Wrong(
            because="You left the radius unsquared. The proof bounds the SQUARED length of the weights, which grows by at "
            "most $R^2$ per error.",
            misconception="perceptron-bound-radius-not-squared",
        ),
        f"{radius} / {margin}": Wrong(because="You left out the squares: the bound is $(R/\\delta)^2$."),
        f"({radius} * {margin}) ** 2": Wrong(
            because="You multiplied by the margin; a LARGER margin makes the problem easier and the bound smaller.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="Novikoff 1962, On convergence proofs on perceptrons",
        stem=f"All inputs of a perceptron are at most {radius} long, and some unit vector separates the two classes with "
        f"a margin of {margin}. Training starts from zero weights. At most how many errors does the convergence "
        "theorem allow?",
        unit="errors",
        convention="the bias is one of the weights, so inputs contain the leading 1",
        tolerance=Tolerance(relative=0.001),
        key=Computed(compute=f"({radius} / {margin}) ** 2"),
        because=f"$R^2 / \\delta^2 = {radius}^2 / {margin}^2 = {float(Fraction(radius) / Fraction(margin)) ** 2:g}$.",
        wrong_values=wrong,
    )
