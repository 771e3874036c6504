"""Correlation against SciPy and scikit-image; conv2d and pooling against torch, forward and backward, in float64."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal
from skimage import data
from skimage.feature import match_template
from torch.nn import functional as F

from reference.convolutional import conv2d as conv
from reference.convolutional import correlation, pooling

few = settings(max_examples=60, deadline=None)
small = st.integers(1, 3)
pairs = st.tuples(small, small)


def draw(*shape, seed=0, device="cpu"):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(device)


def close(got, wanted):
    torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-10)


@st.composite
def geometries(draw_, dilated=True):
    """(n, groups, c per group, filters per group, size, kernel, stride, padding, dilation), the window fitting."""
    kernel = draw_(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride, dilation = draw_(pairs), draw_(pairs) if dilated else (1, 1)
    padding = tuple(draw_(st.integers(0, k // 2)) for k in kernel)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for d, k, p in zip(dilation, kernel, padding, strict=True)]
    size = tuple(draw_(st.integers(side, side + 5)) for side in least)
    return draw_(small), draw_(small), draw_(small), draw_(small), size, kernel, stride, padding, dilation


@few
@given(geometries(), st.booleans())
def test_conv2d_and_its_gradients_equal_torch(device, geometry, with_bias):
    n, groups, c, f, size, kernel, stride, padding, dilation = geometry
    x, weight = draw(n, groups * c, *size, seed=1, device=device), draw(groups * f, c, *kernel, seed=2, device=device)
    bias = draw(groups * f, seed=3, device=device) if with_bias else None
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    inputs = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
    wanted = F.conv2d(*inputs, bias, **options)
    y = conv.conv2d(x, weight, bias, **options)
    close(y, wanted)
    dy = draw(*y.shape, seed=4, device=device)
    dx, dweight, dbias = conv.conv2d_backward(dy, x, weight, **options)
    close((dx, dweight), torch.autograd.grad(wanted, inputs, dy))
    close(dbias, dy.sum((0, 2, 3)))


@few
@given(geometries(dilated=False))
def test_max_pooling_equals_torch_also_among_equal_maxima(device, geometry):
    n, _, c, _, size, kernel, stride, padding, _ = geometry
    x = draw(n, c, *size, seed=1, device=device).round().requires_grad_()  # many ties
    y, where = pooling.max_pool2d(x.detach(), kernel, stride, padding)
    wanted, index = F.max_pool2d(x, kernel, stride, padding, return_indices=True)
    close(y, wanted)
    assert torch.equal(where, index)
    dy = draw(*y.shape, seed=2, device=device)
    close(pooling.max_pool2d_backward(dy, where, size), torch.autograd.grad(wanted, x, dy)[0])


@few
@given(geometries(dilated=False))
def test_average_pooling_equals_torch(device, geometry):
    n, _, c, _, size, kernel, stride, padding, _ = geometry
    x = draw(n, c, *size, seed=1, device=device).requires_grad_()
    wanted = F.avg_pool2d(x, kernel, stride, padding)
    close(pooling.avg_pool2d(x.detach(), kernel, stride, padding), wanted)
    dy = draw(*wanted.shape, seed=2, device=device)
    gradient = pooling.avg_pool2d_backward(dy, size, kernel, stride, padding)
    close(gradient, torch.autograd.grad(wanted, x, dy)[0])


def test_global_pooling_equals_torch():
    x = draw(2, 3, 4, 5).requires_grad_()
    wanted = F.adaptive_avg_pool2d(x, 1).flatten(1)
    close(pooling.global_average_pool(x), wanted)
    dy = draw(2, 3, seed=2)
    close(pooling.global_average_pool_backward(dy, (4, 5)), torch.autograd.grad(wanted, x, dy)[0])
    y, where = pooling.global_max_pool(x)
    close(y, F.adaptive_max_pool2d(x, 1).flatten(1))
    close(x.flatten(2).gather(2, where.unsqueeze(2)).squeeze(2), y)


def test_the_module_learns_by_the_gradients_derived_by_hand(device):
    layer = conv.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2).to(device).double()
    x = draw(3, 4, 7, 5, device=device).requires_grad_()
    y = layer(x)
    dy = draw(*y.shape, seed=5, device=device)
    got = torch.autograd.grad(y, [x, layer.weight, layer.bias], dy)
    plain = conv.conv2d(x, layer.weight, layer.bias, **layer.geometry)  # autograd through the columns
    close(got, torch.autograd.grad(plain, [x, layer.weight, layer.bias], dy))


def test_impossible_geometries_say_why():
    with pytest.raises(ValueError, match="does not fit"):
        conv.conv2d(draw(1, 2, 3, 9), draw(1, 2, 4, 1))
    with pytest.raises(ValueError, match="groups"):
        conv.conv2d(draw(1, 4, 5, 5), draw(3, 2, 1, 1), groups=2)
    with pytest.raises(ValueError, match="groups"):
        conv.Conv2d(4, 3, 1, groups=2)
    with pytest.raises(ValueError, match="half"):
        pooling.max_pool2d(draw(1, 1, 5, 5), 2, padding=2)


@few
@given(
    st.tuples(*[st.integers(4, 8)] * 2), st.tuples(*[st.integers(1, 4)] * 2), st.sampled_from(["valid", "same", "full"])
)
def test_correlation_and_convolution_equal_scipy(size, kernel_size, mode):
    image, kernel = draw(*size, seed=1), draw(*kernel_size, seed=2)
    close(correlation.correlate(image, kernel, mode).numpy(), signal.correlate2d(image, kernel, mode))
    close(correlation.convolve(image, kernel, mode).numpy(), signal.convolve2d(image, kernel, mode))


def test_correlation_takes_batches():
    images, kernel = draw(2, 3, 6, 7), draw(3, 2, seed=1)
    together = correlation.correlate(images, kernel)
    assert together.shape == (2, 3, 4, 6)
    close(together[1, 2], correlation.correlate(images[1, 2], kernel))


def test_convolution_is_commutative_and_correlation_is_not():
    a, b = draw(5, 4, seed=1), draw(3, 2, seed=2)
    close(correlation.convolve(a, b, "full"), correlation.convolve(b, a, "full"))
    assert not torch.allclose(correlation.correlate(a, b, "full"), correlation.correlate(b, a, "full"))


def test_sobel_points_to_where_it_gets_brighter():
    ramp = torch.arange(6.0, dtype=torch.float64).expand(5, 6)  # brighter to the right
    horizontal, vertical = correlation.sobel(ramp)
    close(horizontal, torch.full((3, 4), 8.0, dtype=torch.float64))
    close(vertical, torch.zeros(3, 4, dtype=torch.float64))
    close(correlation.sobel(ramp.mT)[1], torch.full((4, 3), 8.0, dtype=torch.float64))
    photo = torch.from_numpy(data.camera() / 255.0)
    close(correlation.sobel(photo)[0].numpy(), signal.correlate2d(photo, np.array(correlation.SOBEL_X), "valid"))


def test_normalized_correlation_equals_scikit_image_and_finds_the_template():
    coins = data.coins() / 255.0
    template = coins[170:220, 75:130]
    image = torch.from_numpy(0.3 * coins + 0.2)  # darker and flatter than the template
    score = correlation.normalized_correlation(image, torch.from_numpy(template))
    torch.testing.assert_close(score.numpy(), match_template(image.numpy(), template), rtol=1e-7, atol=1e-7)
    assert correlation.match(image, torch.from_numpy(template)) == (170, 75)
    assert abs(float(score.max()) - 1) < 1e-9


def test_a_window_without_contrast_scores_zero_and_a_flat_template_is_refused():
    image = torch.full((9, 9), 0.7, dtype=torch.float64)
    image[5:, 5:] = draw(4, 4)
    score = correlation.normalized_correlation(image, draw(3, 3, seed=1))
    assert score.isfinite().all()
    assert score[0, 0] == 0
    with pytest.raises(ValueError, match="contrast"):
        correlation.normalized_correlation(image, torch.full((3, 3), 0.1, dtype=torch.float64))
