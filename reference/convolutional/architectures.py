"""The catalogue of architectures: how to build each, its published size, and who published it (topic architectures).

Counts are of learned parameters, batch normalization's scale and shift included, its running statistics not. Multiply-
accumulates are counted on the network itself, for one image.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reference.convolutional.alexnet import alexnet, alexnet_one_gpu
from reference.convolutional.densenet import densenet121
from reference.convolutional.efficientnet import efficientnet_b0
from reference.convolutional.inception import googlenet, googlenet_batchnorm
from reference.convolutional.lenet import LeNet5, SparseConv, digit_codes, lenet
from reference.convolutional.nin import nin, nin_cifar
from reference.convolutional.resnet import resnet18, resnet50, resnext50, wide_resnet50_2, wide_resnet_cifar
from reference.convolutional.separable import mobilenet
from reference.convolutional.vgg import vgg16, vgg19


@dataclass(frozen=True)
class Architecture:
    """One network.

    Attributes:
        parameters: the published count; `source`: who published it, and by which convention.
        auxiliary: of these, parameters that serve training only and are counted apart.
        image: (channels, height, width) that it is built for.
        maps: shape of the last feature maps, None where the network does not separate them.
    """

    name: str
    build: Callable[[], nn.Module]
    parameters: int
    source: str
    image: tuple[int, int, int] = (3, 224, 224)
    maps: tuple[int, int, int] | None = None
    classes: int = 1000
    auxiliary: int = 0


def published_lenet() -> LeNet5:
    """LeNet-5 with the digits as codes."""
    return LeNet5(digit_codes())


ARCHITECTURES = (
    Architecture("LeNet-5", published_lenet, 60_000, "LeCun et al. 1998, II.B", (1, 32, 32), None, 10),
    Architecture("LeNet-5 (course)", lenet, 61_706, "sum of its layers", (1, 32, 32), None, 10),
    Architecture("AlexNet", alexnet, 60_965_224, "Krizhevsky et al. 2012: 60 M; Caffe's", maps=(256, 6, 6)),
    Architecture("AlexNet (one GPU)", alexnet_one_gpu, 61_100_840, "torchvision", maps=(256, 6, 6)),
    Architecture("VGG16", vgg16, 138_357_544, "paper, table 2: 138 M; torchvision", maps=(512, 7, 7)),
    Architecture("VGG19", vgg19, 143_667_240, "paper, table 2: 144 M; torchvision", maps=(512, 7, 7)),
    Architecture("NiN", nin, 7_595_176, "authors' Caffe model: 29 MB of float32", maps=(1000, 6, 6)),
    Architecture("NiN (CIFAR)", nin_cifar, 966_986, "sum of the authors' Caffe layers", (3, 32, 32), (10, 8, 8), 10),
    Architecture(
        "GoogLeNet",
        googlenet,
        6_998_552,
        "sum of the paper's table 1, biases included",
        maps=(1024, 7, 7),
        auxiliary=6_379_728,
    ),
    Architecture(
        "GoogLeNet (batch norm)", googlenet_batchnorm, 6_624_904, "torchvision", maps=(1024, 7, 7), auxiliary=6_379_984
    ),
    Architecture("ResNet-18", resnet18, 11_689_512, "torchvision", maps=(512, 7, 7)),
    Architecture("ResNet-50", resnet50, 25_557_032, "torchvision", maps=(2048, 7, 7)),
    Architecture("Wide ResNet-50-2", wide_resnet50_2, 68_883_240, "paper: 68.9 M; torchvision", maps=(2048, 7, 7)),
    Architecture("WRN-28-10", wide_resnet_cifar, 36_479_194, "paper, table 4: 36.5 M", (3, 32, 32), (640, 8, 8), 10),
    Architecture("ResNeXt-50 32x4d", resnext50, 25_028_904, "paper: 25.0 M; torchvision", maps=(2048, 7, 7)),
    Architecture("DenseNet-121", densenet121, 7_978_856, "torchvision; Keras's trainable ones", maps=(1024, 7, 7)),
    Architecture("MobileNet", mobilenet, 4_231_976, "paper: 4.2 M; Keras's trainable ones", maps=(1024, 7, 7)),
    Architecture("EfficientNet-B0", efficientnet_b0, 5_288_548, "paper: 5.3 M; torchvision", maps=(1280, 7, 7)),
)


def parameter_count(model: nn.Module) -> int:
    """Learned parameters, those of auxiliary classifiers left out."""
    return sum(p.numel() for name, p in model.named_parameters() if not name.startswith("auxiliary"))


def multiply_accumulates(model: nn.Module, image: tuple[int, int, int]) -> int:
    """Products in all convolutions and dense layers for one image. Built on "meta", a model needs no memory for it."""
    device = next(model.parameters()).device
    total = 0

    def count(module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        weights = sum(p.numel() for name, p in module.named_parameters() if name != "bias")
        total += weights * output[0, 0].numel()  # each weight is used once at each position

    counted = (nn.Conv2d, nn.Linear, SparseConv)
    hooks = [module.register_forward_hook(count) for module in model.modules() if isinstance(module, counted)]
    try:
        with torch.no_grad():
            model.eval()(torch.empty(1, *image, device=device))
    finally:
        for hook in hooks:
            hook.remove()
    return total
