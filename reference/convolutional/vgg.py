"""VGG16 and VGG19 (chapter convolutional, topic architectures).

Only 3x3 convolutions and 2x2 pooling, deeper and deeper: two 3x3 see as much as one 5x5, three as much as one 7x7, with
fewer parameters and more nonlinearities. Channels double where the map halves. The name counts the layers with weights:
13 convolutions and 3 dense layers make 16.

    k stacked 3x3 on c channels: field 2 k + 1, 9 k c^2 weights;   one (2k+1)x(2k+1): (2k+1)^2 c^2 weights

Course: VGG16, "138 M parameters, 11 % of them in the convolutions". Source: Simonyan and Zisserman, "Very deep
convolutional networks for large-scale image recognition" (2015), table 1 (D, E) and table 2: 138 M and 144 M. To the
unit 138,357,544 and 143,667,240, as documented by torchvision; 14,714,688 of VGG16's, 10.6 %, are in convolutions.
First in localization and second in classification at ImageNet 2014.
"""

from collections import OrderedDict

from torch import nn

STAGES = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # convolutions before each pooling; table 1, columns D and E
FILTERS = (64, 128, 256, 512, 512)


def vgg(depth: int, classes: int = 1000) -> nn.Sequential:
    """VGG of `depth` 16 or 19 for (n, 3, 224, 224); `.features` gives (n, 512, 7, 7).

    Raises:
        KeyError: another depth.
    """
    layers: list[nn.Module] = []
    channels = 3
    for count, filters in zip(STAGES[depth], FILTERS, strict=True):
        for _ in range(count):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(inplace=True)]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    classifier = nn.Sequential(
        nn.Flatten(),
        nn.Linear(512 * 7 * 7, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(4096, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(4096, classes),
    )
    return nn.Sequential(OrderedDict(features=nn.Sequential(*layers), classifier=classifier))


def vgg16(classes: int = 1000) -> nn.Sequential:
    """Column D."""
    return vgg(16, classes)


def vgg19(classes: int = 1000) -> nn.Sequential:
    """Column E."""
    return vgg(19, classes)
