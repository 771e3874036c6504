"""Transfer, saliency, activation maximisation, top patches, retrieval, and the ImageNet network."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from reference.convolutional import pretrained, transfer
from reference.convolutional.receptive_field import Field
from reference.convolutional.resnet import small_resnet
from reference.convolutional.retrieval import nearest, precision_at_k
from reference.convolutional.saliency import maximize_activation, saliency, top_patches
from reference.convolutional.systems_trained import shift
from reference.data import images


class Body(nn.Module):
    """A convolution with batch normalization, as a stand-in for a large network."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU())

    def features(self, x):
        return self.layers(x)


def learn(model, groups=None, steps=5):
    torch.manual_seed(0)
    x, y = torch.randn(8, 1, 7, 6), torch.arange(8) % 3
    optimizer = torch.optim.SGD(groups or [p for p in model.parameters() if p.requires_grad], 0.1)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def test_a_frozen_body_stays_as_it_is_running_statistics_included():
    model = transfer.Transferred(Body(), 6, 3)
    transfer.freeze(model.body)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    learn(model)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"classifier.weight", "classifier.bias"}
    assert transfer.trainable_parameters(model) == 6 * 3 + 3
    assert transfer.is_frozen(model.body)


def test_an_unfrozen_body_learns():
    model = transfer.Transferred(Body(), 6, 3)
    transfer.unfreeze(transfer.freeze(model.body))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    learn(model)
    assert not any(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_parameter_groups_slow_the_body_down_and_leave_out_what_is_frozen():
    model = transfer.Transferred(Body(), 6, 3)
    head, body = transfer.parameter_groups(model, 0.5, 0.1)
    assert (head["lr"], body["lr"]) == (0.5, 0.05)
    assert len(head["params"]) + len(body["params"]) == len(list(model.parameters()))
    transfer.freeze(model.body)
    assert [group["lr"] for group in transfer.parameter_groups(model, 0.5)] == [0.5]


def test_the_head_separates_few_examples_although_most_features_are_noise():
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(60) % 2

    def vectors():
        x = torch.rand(60, 400, generator=g) * 1e-3  # noise, which scaling by each feature's deviation would blow up
        x[:, :2] += torch.eye(2)[labels] * torch.rand(60, 1, generator=g).add(0.5) * 9
        return x

    few, others = vectors()[:4], vectors()
    head = transfer.train_head(few, labels[:4], 2)
    assert torch.equal(head(others).argmax(1), labels)
    torch.testing.assert_close(head[0](others).square().mean(1), torch.ones(60))
    torch.testing.assert_close(head(others * 7), head(others))  # brightness of the features does not matter


def test_saliency_of_a_linear_model_is_its_weights():
    g = torch.Generator().manual_seed(0)
    weight = torch.randn(3, 2 * 4 * 5, generator=g)
    model = nn.Sequential(nn.Flatten(), nn.Linear(40, 3, bias=False))
    model[1].weight.data = weight
    x = torch.randn(2, 2, 4, 5, generator=g)
    expected = weight[[2, 0]].view(2, 2, 4, 5).abs().amax(1)
    torch.testing.assert_close(saliency(model, x, torch.tensor([2, 0])), expected)
    predicted = (x.flatten(1) @ weight.T).argmax(1)
    torch.testing.assert_close(saliency(model, x), weight[predicted].view(2, 2, 4, 5).abs().amax(1))
    assert not x.requires_grad


def test_maximisation_points_along_the_gradient_and_the_penalty_bounds_it():
    w = torch.tensor([3.0, 4.0]).view(1, 1, 1, 2)
    start = torch.zeros(2, 1, 1, 2)
    x = maximize_activation(lambda image: (w * image).sum((1, 2, 3)), start, steps=4, rate=0.5, penalty=0.0)
    torch.testing.assert_close(x, (w / 5 * 2.0).expand(2, -1, -1, -1))
    assert torch.equal(start, torch.zeros(2, 1, 1, 2))
    x = maximize_activation(lambda image: (w * image).sum((1, 2, 3)), start, steps=400, rate=0.01, penalty=2.5)
    torch.testing.assert_close(
        x.flatten(1).norm(dim=1), torch.ones(2), atol=0.02, rtol=0
    )  # w.x - 2.5 |x|^2: |x| = |w|/5


def test_maximisation_keeps_to_the_range_and_smooths():
    g = torch.Generator().manual_seed(0)
    w = torch.randn(1, 1, 9, 9, generator=g)
    options = {"steps": 30, "rate": 1.0, "penalty": 0.0}
    rough = maximize_activation(lambda image: (w * image).sum((1, 2, 3)), torch.zeros(1, 1, 9, 9), **options)
    smooth = maximize_activation(
        lambda image: (w * image).sum((1, 2, 3)), torch.zeros(1, 1, 9, 9), smoothing=2, bounds=(-1.0, 2.0), **options
    )

    def roughness(x):
        return float(x.diff(dim=3).square().mean() / x.square().mean())

    assert roughness(smooth) < roughness(rough) / 2
    assert float(smooth.min()) >= -1
    assert float(smooth.max()) <= 2


def test_top_patches_are_the_windows_below_the_strongest_units():
    maps = torch.zeros(3, 2, 4, 5)
    maps[0, 1, 1, 2], maps[2, 1, 3, 4], maps[1, 0, 0, 0] = 5.0, 7.0, 99.0
    first, second = top_patches(maps, 1, Field(size=4, jump=2, first=-1), (9, 10), count=2)
    assert (first.image, first.activation, first.rows, first.columns) == (2, 7.0, (5, 8), (7, 9))  # cut at the edge: 10
    assert (second.image, second.activation, second.rows, second.columns) == (0, 5.0, (1, 4), (3, 6))


def test_retrieval_goes_by_angle():
    collection = torch.tensor([[10.0, 0.0], [0.1, 0.1], [0.0, 3.0], [-1.0, 0.0]])
    rows, cosines = nearest(torch.tensor([[2.0, 1.9]]), collection, 3)
    assert rows.tolist() == [[1, 0, 2]]
    assert float(cosines[0, 1]) == pytest.approx(2 / math.hypot(2, 1.9))
    labels = torch.tensor([0, 1, 0, 0])
    assert float(precision_at_k(rows, torch.tensor([0]), labels)) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="4"):
        nearest(torch.zeros(1, 2), collection, 5)


def test_shifting_moves_whole_images():
    x = torch.full((50, 1, 9, 9), -0.4)
    x[:, 0, 4, 4] = 2.0
    y = torch.arange(50)
    moved, labels = shift((x, y), torch.Generator().manual_seed(0))
    places = (moved[:, 0] == 2.0).nonzero()
    assert torch.equal(labels, y)
    assert torch.equal(places[:, 0], y)
    assert set(places[:, 1].tolist()) == set(places[:, 2].tolist()) == {2, 3, 4, 5, 6}
    assert moved.unique().tolist() == pytest.approx([-0.4, 2.0])


def test_the_imagenet_network_knows_a_cat_and_a_cup():
    network = pretrained.imagenet_network()
    assert sum(p.numel() for p in network.parameters()) == 4_652_008
    photos = torch.cat([pretrained.centre_crop(images.photo(name)) for name in ("chelsea", "coffee")])
    with torch.no_grad():
        scores, maps = network(photos), network.features(photos)
    assert scores.argmax(1).tolist() == [285, 967]  # Egyptian cat, espresso
    assert maps.shape == (2, 1280, 7, 7)
    torch.testing.assert_close(network.classifier(maps.mean((2, 3))), scores)  # what class activation maps rest on
    vectors = pretrained.latent_vectors(network, photos, side=64, batch_size=1)
    torch.testing.assert_close(vectors, pretrained.latent_vectors(network, photos, side=64), rtol=1e-4, atol=1e-4)
    grey = photos.mean(1, keepdim=True)
    with torch.no_grad():
        torch.testing.assert_close(network(grey), network(grey.expand(-1, 3, -1, -1)))


def test_the_small_resnet_sees_any_size():
    network = small_resnet(4, in_channels=2, width=4, depths=(1, 2, 1)).eval()
    assert network(torch.randn(2, 2, 28, 20)).shape == (2, 4)
    assert network.features(torch.randn(2, 2, 28, 20)).shape == (2, 16, 7, 5)
