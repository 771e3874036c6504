"""Continuous bag of words · 3 of 5 · 50 minutes

Words that occur among the same neighbours mean similar things. CBOW makes vectors of that: a word is predicted from the words
around it, by the mean of their vectors and a softmax over the vocabulary, and whatever helps the prediction moves into the
vectors. There is no layer with a non-linearity, which is why it can read billions of words. You cut a text into windows, predict,
derive the gradients, and train. (Mikolov et al. 2013, section 3.1; with the full softmax)

Words are numbers from 0 to V - 1. C (V, m) holds the vector of each word as a neighbour, U (V, m) its vector as a target.

Run `anndl grade cbow` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import numpy as np


def windows(tokens, radius):
    """Every token as a target, with the tokens around it.

    Args:
        tokens: list of words or numbers, the text in order.
        radius: how many tokens on EACH side belong to the context; at the two ends of the text there are fewer.

    Returns:
        List of pairs (target, context), one for each token, in text order. A context is a list in text order, without the
        target's own place; it is empty where there are no neighbours.

    By hand: windows(["a", "b", "a"], 1) = [("a", ["b"]), ("b", ["a", "a"]), ("a", ["b"])].

    >>> windows(["a", "b", "a"], 1)
    [("a", ["b"]), ("b", ["a", "a"]), ("a", ["b"])]
    """
    raise NotImplementedError("write windows here")


def forward(context, C, U):
    """The probability of every word, given its neighbours.

    hidden = mean of the rows C[word] over all words of the context        p = softmax(U hidden)

    Scores of +-1e3 must work. A word that stands twice in the context counts twice; with an empty context hidden is zero.

    Args:
        context: list of word numbers.
        C, U: (V, m) arrays.

    Returns:
        (V,) array of probabilities.

    By hand: C = [[2, 0], [0, 4], [5, 5]] and context = [0, 1] have hidden = [1, 2]; with U = [[log 3, 0], [0, 0], [0, log 2]] the
    scores are log 3, 0, log 4, so p = [3/8, 1/8, 4/8].

    >>> C, U = np.array([[2.0, 0], [0, 4], [5, 5]]), np.log([[3.0, 1], [1, 1], [1, 2]])
    >>> forward([0, 1], C, U)
    array([0.375, 0.125, 0.5])
    """
    raise NotImplementedError("write forward here")


def loss_and_gradients(target, context, C, U):
    """The loss of one prediction, and its derivatives by both tables.

    loss = -log p[target]        error = p - onehot(target)
    dU = error hidden^T          dC[word] = U^T error / (length of the context), once for EACH place where word stands in it

    Args:
        target: word number; context, C, U: as in `forward`. Scores of +-1e3 must work: p[target] may be too small for a float.

    Returns:
        (loss, dC, dU): a number and two (V, m) arrays; the arguments stay as they are.

    By hand, with the example above and target = 2: loss = log 2, error = [3/8, 1/8, -1/2], and both dC[0] and dC[1] are
    [3/16 log 3, -1/4 log 2], while dC[2] is zero.

    >>> C, U = np.array([[2.0, 0], [0, 4], [5, 5]]), np.log([[3.0, 1], [1, 1], [1, 2]])
    >>> loss, dC, dU = loss_and_gradients(2, [0, 1], C, U)
    >>> loss
    0.6931
    >>> dC
    array([[0.2060, -0.1733], [0.2060, -0.1733], [0.0, 0.0]])
    >>> dU
    array([[0.375, 0.75], [0.125, 0.25], [-0.5, -1.0]])
    """
    raise NotImplementedError("write loss_and_gradients here")


def train(tokens, C, U, radius, eta, epochs=1):
    """Stochastic gradient descent along the text: one update of both tables at each position, in text order.

    C <- C - eta dC        U <- U - eta dU        both gradients from the tables as they were before the update

    Args:
        tokens: list of at least two word numbers.
        C, U: (V, m) arrays to start from; they stay as they are.
        radius: reach of the windows, at least 1, as in `windows`.
        eta: learning rate.
        epochs: how many times the text is read.

    Returns:
        (C, U, losses): the trained tables, and a list with one number per epoch: the mean of its losses, each taken before its
        update.

    By hand: tokens = [0, 1], C = [[1], [1]], U = [[0], [0]], radius = 1, eta = 2 log 3. At the first position p = [1/2, 1/2], so
    the loss is log 2, dU = [[-1/2], [1/2]] and dC = 0; U becomes [[log 3], [-log 3]]. At the second p = [0.9, 0.1], so the loss
    is log 10, dU = [[0.9], [-0.9]] and dC = [[1.8 log 3], [0]]. The result is C = [[1 - 3.6 (log 3)^2], [1]],
    U = [[-0.8 log 3], [0.8 log 3]] and losses = [log(20) / 2].

    >>> train([0, 1], np.ones((2, 1)), np.zeros((2, 1)), radius=1, eta=2 * np.log(3))
    (array([[-3.3450], [1.0]]), array([[-0.8789], [0.8789]]), [1.4979])
    """
    raise NotImplementedError("write train here")
