"""Backpropagation through two layers · 3 of 5 · 45 minutes · after: hebbian

The gradient of a loss with respect to every weight, in one walk back through the network. No matrix of derivatives is
ever formed: each step of the forward pass has a step back, a matrix product or an entry-by-entry product, and each
intermediate result is used for all weights before it. The forward pass computes outputs and loss; the backward pass carries
the derivative of the loss to the weights; updating them is a third step, which is not part of this exercise.
(Rumelhart, Hinton, Williams 1986)

The network has one hidden layer of tanh units and a linear output. Examples are rows:

    A1 = X W1 + b1        H = tanh(A1)        Y = H W2 + b2        E = sum over examples and outputs of (Y - T)^2

`params` is a dict of arrays: W1 (d, h), b1 (h,), W2 (h, k), b2 (k,).

Run `anndl grade backprop` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import numpy as np


def forward(X, params):
    """Outputs of the network, and what `backward` will need of this pass.

    Args:
        X: (n, d) array, one example per row.
        params: dict with W1 (d, h), b1 (h,), W2 (h, k), b2 (k,).

    Returns:
        (Y, cache): the (n, k) outputs, and a cache of any kind you like: only your own `backward` reads it. Keep all that
        belongs to this pass in it: another forward pass may come before the backward one.

    By hand: X = [[2]], W1 = [[log(2) / 2]], b1 = [0] give A1 = log 2 and H = tanh(log 2) = 0.6; with W2 = [[5]], b2 = [1] the
    output is Y = [[4]].

    >>> params = {"W1": np.array([[np.log(2) / 2]]), "b1": np.zeros(1), "W2": np.array([[5.0]]), "b2": np.ones(1)}
    >>> forward(np.array([[2.0]]), params)[0]
    array([[4.0]])
    """
    raise NotImplementedError("write forward here")


def loss(Y, T):
    """Sum of squared errors, over all examples and outputs: no 1/2, no mean.

    Args:
        Y: (n, k) array of outputs.
        T: (n, k) array of targets.

    Returns:
        A number.

    By hand: Y = [[4, 1]] and T = [[3, 3]] give 1 + 4 = 5.

    >>> loss(np.array([[4.0, 1.0]]), np.array([[3.0, 3.0]]))
    5.0
    """
    raise NotImplementedError("write loss here")


def backward(T, params, cache):
    """Gradient of the loss with respect to every parameter.

    Args:
        T: (n, k) array of targets.
        params: the dict that was given to `forward`.
        cache: what `forward` returned; it can be used again.

    Returns:
        dict with W1, b1, W2, b2, each of the shape of its parameter: the derivatives of the loss, not yet multiplied by any
        learning rate. The arguments stay as they are. A net of 100,000 weights takes milliseconds; moving each weight a little
        to see how the loss changes would take minutes, and checks a gradient but does not compute one.

    By hand, for the example of `forward` and T = [[3]], so that the loss is 1: the output's derivative is 2 (4 - 3) = 2,
    so W2 has the gradient [[1.2]] and b2 [2]. Back through W2 it is 10, and through the tanh 10 (1 - 0.36) = 6.4: b1 has
    the gradient [6.4] and W1 [[12.8]].

    >>> params = {"W1": np.array([[np.log(2) / 2]]), "b1": np.zeros(1), "W2": np.array([[5.0]]), "b2": np.ones(1)}
    >>> Y, cache = forward(np.array([[2.0]]), params)
    >>> backward(np.array([[3.0]]), params, cache)
    {"W1": array([[12.8]]), "b1": array([6.4]), "W2": array([[1.2]]), "b2": array([2.0])}
    """
    raise NotImplementedError("write backward here")
