"""The perceptron and Hebbian learning · 1 of 5 · 25 minutes

A threshold unit answers +1 on one side of a line and -1 on the other. Hebbian learning moves the line each time the unit is
wrong: it strengthens the weights of inputs that agree with the wanted answer, and weakens the others. Where some line separates
the two classes this ends after finitely many errors; on XOR, which no line separates, it never ends.
(Rosenblatt 1958; Bishop, PRML, eq. 4.54 and 4.55)

This course calls it Hebbian learning; elsewhere it is the perceptron rule, and "Hebbian" an update made after right answers too.

Every example begins with x[0] = 1, so w[0] is the bias and needs no code of its own.

Run `anndl grade hebbian` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import numpy as np


def predict(w, x):
    """Answer of the unit: +1 where w . x > 0, else -1.

    A point on the line itself, w . x = 0, is answered with -1.

    Args:
        w: (d,) array of weights; w[0] is the bias.
        x: (d,) array, one example; x[0] = 1.

    Returns:
        The integer 1 or -1.

    By hand: w = [-3, 2, 1] answers 1 to x = [1, 1, 2] (w . x = 1) and -1 to x = [1, 1, 1] (w . x = 0).

    >>> w = np.array([-3.0, 2.0, 1.0])
    >>> predict(w, np.array([1.0, 1.0, 2.0])), predict(w, np.array([1.0, 1.0, 1.0]))
    (1, -1)
    """
    ### BEGIN SOLUTION
    return 1 if np.dot(w, x) > 0 else -1  # np.sign would answer 0 on the line
    ### END SOLUTION


def hebbian_update(w, x, t, eta):
    """One step of Hebbian learning, on one example.

    w <- w + eta t x    where the unit answers wrongly; a right answer leaves the weights as they are

    Args:
        w: (d,) array of weights.
        x: (d,) array, one example; x[0] = 1.
        t: the wanted answer, +1 or -1.
        eta: learning rate, a positive number.

    Returns:
        (d,) array of the new weights, `w` itself where nothing changes; the caller's `w` stays as it is.

    By hand: w = [-3, 2, 1], x = [1, 1, 1], t = 1, eta = 0.5. The unit answers -1, which is wrong, so the weights become
    [-2.5, 2.5, 1.5]. With t = -1 the answer is right, and they stay [-3, 2, 1].

    >>> hebbian_update(np.array([-3.0, 2.0, 1.0]), np.array([1.0, 1.0, 1.0]), 1, 0.5)
    array([-2.5, 2.5, 1.5])
    """
    ### BEGIN SOLUTION
    if predict(w, x) == t:
        return w
    return w + eta * t * x  # a new array: w += ... would change the caller's weights
    ### END SOLUTION


def train(w, X, t, eta, max_epochs):
    """Train online, the examples in the order given, until an epoch (one pass over all of them) without an error.

    Args:
        w: (d,) array, the weights to begin with.
        X: (n, d) array, one example per row; X[:, 0] = 1.
        t: (n,) array of +1 and -1, the wanted answers.
        eta: learning rate.
        max_epochs: at least 1; give up after so many passes.

    Returns:
        (w, epochs, converged): the (d,) weights; how many passes were made, the clean one included; whether there was a
        clean pass. Without one: the weights at the end, max_epochs, False. The arguments stay as they are.

    By hand, for the logical OR with w = [0, 0, 0] and eta = 0.5: X = [[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]] and
    t = [-1, 1, 1, 1] have one error in the first epoch (the second example, w becomes [0.5, 0, 0.5]), two in the second, one in
    the third and none in the fourth: the result is ([0, 0.5, 0.5], 4, True).

    >>> X = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    >>> train(np.zeros(3), X, np.array([-1, 1, 1, 1]), 0.5, 10)
    (array([0.0, 0.5, 0.5]), 4, True)
    """
    ### BEGIN SOLUTION
    for epoch in range(1, max_epochs + 1):
        errors = 0
        for x, target in zip(X, t, strict=True):
            errors += predict(w, x) != target
            w = hebbian_update(w, x, target, eta)  # the next example meets the new weights: online learning
        if errors == 0:
            return w, epoch, True
    return w, max_epochs, False
    ### END SOLUTION
