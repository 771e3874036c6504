"""Linear classifiers for images: one template per class, compared by an inner product.

Every class has a weight per pixel and channel, a picture of its own, and its score is the inner product with the image
plus a bias; geometrically, a hyperplane per class that cuts the space of images in two. The hinge loss is content once
the right score leads by a margin; cross-entropy turns scores into probabilities and always wants more.

    S = X W + b                     P = softmax(S)
    E = 1/n sum_n -log P[n, label_n] + decay ||W||^2
    dE/dS = (P - onehot) / n        dE/dW = X^T dE/dS + 2 decay W        dE/db = sum_n dE/dS

Source: Bishop, PRML, section 4.3.4. Course: learning, topic `linear-classifier`.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from reference.feedforward.losses import cce, cce_gradient, multiclass_hinge, multiclass_hinge_gradient

Loss = Literal["softmax", "hinge"]


def scores(X: Float[Tensor, "n d"], W: Float[Tensor, "d k"], b: Float[Tensor, " k"]) -> Float[Tensor, "n k"]:
    """A score per image and class."""
    return X @ W + b


def predict(X: Float[Tensor, "n d"], W: Float[Tensor, "d k"], b: Float[Tensor, " k"]) -> Int[Tensor, " n"]:
    """The class with the highest score."""
    return scores(X, W, b).argmax(1)


def softmax_loss(
    W: Float[Tensor, "d k"],
    b: Float[Tensor, " k"],
    X: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    decay: float = 0.0,
) -> Float[Tensor, ""]:
    """Mean cross-entropy plus decay ||W||^2; the bias does not decay."""
    return cce(scores(X, W, b), labels) + decay * (W**2).sum()


def softmax_gradient(
    W: Float[Tensor, "d k"],
    b: Float[Tensor, " k"],
    X: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    decay: float = 0.0,
) -> tuple[Float[Tensor, "d k"], Float[Tensor, " k"]]:
    """The gradients of `softmax_loss` for W and b."""
    dS = cce_gradient(scores(X, W, b), labels)
    return X.T @ dS + 2 * decay * W, dS.sum(0)


def hinge_loss(
    W: Float[Tensor, "d k"],
    b: Float[Tensor, " k"],
    X: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    decay: float = 0.0,
) -> Float[Tensor, ""]:
    """Mean multi-class hinge loss with margin 1 plus decay ||W||^2."""
    return multiclass_hinge(scores(X, W, b), labels) + decay * (W**2).sum()


def hinge_gradient(
    W: Float[Tensor, "d k"],
    b: Float[Tensor, " k"],
    X: Float[Tensor, "n d"],
    labels: Int[Tensor, " n"],
    decay: float = 0.0,
) -> tuple[Float[Tensor, "d k"], Float[Tensor, " k"]]:
    """The gradients of `hinge_loss` for W and b."""
    dS = multiclass_hinge_gradient(scores(X, W, b), labels)
    return X.T @ dS + 2 * decay * W, dS.sum(0)


class LinearClassifier(nn.Module):
    """Scores of flattened images; starts from zero weights, which is no problem as the loss is convex."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.zeros(features, classes))
        self.b = nn.Parameter(torch.zeros(classes))

    def forward(self, x: Float[Tensor, "n ..."]) -> Float[Tensor, "n k"]:
        return scores(x.flatten(1), self.W, self.b)

    def templates(self, shape: tuple[int, ...]) -> Float[Tensor, "k ..."]:
        """The weights of each class as an image of `shape`."""
        return self.W.detach().T.reshape(-1, *shape)
