"""Transfer learning and fine-tuning (chapter convolutional, topic transfer-learning).

The convolutional part of a network that was trained on many images describes images in general; for a task with few
examples, keep it and train only a new head. Transfer learning leaves the features frozen, fine-tuning goes on to train
them, with a small learning rate so that what they know is not washed away before the head has learned. Frozen means
the running statistics of batch normalization too, which change in every training pass although no gradient does it.

    head:  scores = W mean(features(x)) + b,  gradient descent on W, b only
    fine-tuning:  theta_head <- theta_head - eta dE/dtheta_head,  theta_body <- theta_body - eta/10 dE/dtheta_body

Course: transfer learning versus fine-tuning, freezing. Source: Yosinski et al., "How transferable are features in deep
neural networks?" (2014).
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def freeze(module: nn.Module) -> nn.Module:
    """Stop learning in `module`: no gradients, and evaluation mode, so that running statistics stay as well."""
    return module.requires_grad_(False).eval()


def unfreeze(module: nn.Module) -> nn.Module:
    """Let `module` learn again."""
    return module.requires_grad_(True).train()


def is_frozen(module: nn.Module) -> bool:
    """Whether `module` has parameters and none of them learns."""
    parameters = list(module.parameters())
    return bool(parameters) and not any(parameter.requires_grad for parameter in parameters)


def trainable_parameters(module: nn.Module) -> int:
    """How many numbers gradient descent may change."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


class Transferred(nn.Module):
    """A body with `features(x)` (n, c, h, w), and a new head for `classes` classes on their global average.

    `train()` leaves a frozen body in evaluation mode.
    """

    def __init__(self, body: nn.Module, channels: int, classes: int) -> None:
        super().__init__()
        self.body = body
        self.classifier = nn.Linear(channels, classes)

    def features(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n c p q"]:
        """The body's maps."""
        return self.body.features(x)  # type: ignore[operator, no-any-return]

    def forward(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n classes"]:
        return self.classifier(self.features(x).mean((2, 3)))  # type: ignore[no-any-return]

    def train(self, mode: bool = True) -> "Transferred":
        super().train(mode)
        if mode and is_frozen(self.body):
            self.body.eval()
        return self


def parameter_groups(model: Transferred, rate: float, body_factor: float = 0.1) -> list[dict[str, Any]]:
    """For an optimizer: the head at `rate`, the body at `body_factor` times it; frozen parameters are left out."""
    groups = [
        {"params": [p for p in model.classifier.parameters() if p.requires_grad], "lr": rate},
        {"params": [p for p in model.body.parameters() if p.requires_grad], "lr": rate * body_factor},
    ]
    return [group for group in groups if group["params"]]


class SameLength(nn.Module):
    """Scales every row to length sqrt(d), so that its entries are of order one; needs no statistics."""

    def forward(self, vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        return F.normalize(vectors, dim=1) * math.sqrt(vectors.shape[1])


def train_head(
    vectors: Float[Tensor, "n d"],
    labels: Tensor,
    classes: int,
    *,
    steps: int = 200,
    rate: float = 1e-3,
    weight_decay: float = 1e-2,
) -> nn.Module:
    """A linear classifier on frozen features that were computed once, each vector scaled to length sqrt(d).

    Scaling by each feature's own deviation, the usual way, needs more examples than there are here: with few of them it
    blows up whatever happens to vary little. All examples are in every step; with few of them that is quick.
    """
    head = nn.Linear(vectors.shape[1], classes).to(vectors)
    optimizer = torch.optim.AdamW(head.parameters(), rate, weight_decay=weight_decay)
    scale = SameLength()
    inputs = scale(vectors)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(head(inputs), labels))
        optimizer.step()
    return nn.Sequential(scale, head)
