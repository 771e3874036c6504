"""Neighbours, metrics, linear classifiers and k-means, against scikit-learn and autograd."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs
from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from reference.learning import clustering, linear_classifier, metrics, neighbours

SEEDS = st.integers(0, 2**31)


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def labels(seed: int, n: int, classes: int) -> Tensor:
    return torch.randint(classes, (n,), generator=torch.Generator().manual_seed(seed))


def close(ours: Tensor, expected: Tensor, tolerance: float = 1e-10) -> None:
    torch.testing.assert_close(ours, expected, rtol=tolerance, atol=tolerance)


@given(n=st.integers(1, 30), d=st.integers(1, 4), m=st.integers(1, 9), seed=SEEDS, data=st.data())
@settings(max_examples=25)
def test_neighbours_equal_scikit_learn(n: int, d: int, m: int, seed: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    X, y, queries = normal(seed, n, d), labels(seed, n, 3), normal(seed + 1, m, d)
    expected = KNeighborsClassifier(k, algorithm="brute").fit(X.numpy(), y.numpy()).predict(queries.numpy())
    assert neighbours.predict(X, y, queries, k).tolist() == expected.tolist()
    close(neighbours.distances(queries, X), torch.cdist(queries, X), 1e-7)


def test_distances_keep_their_digits_far_from_the_origin(device: torch.device) -> None:
    """In float32 with a mean of 1000, where ||a||^2 + ||b||^2 - 2 a . b gets a third of the neighbours wrong."""
    generator = torch.Generator().manual_seed(0)
    X, queries = (torch.randn(n, 20, generator=generator).add(1000).to(device) for n in (300, 200))
    exact = torch.cdist(queries.double(), X.double())
    torch.testing.assert_close(neighbours.distances(queries, X).double(), exact, rtol=1e-6, atol=0)
    assert torch.equal(neighbours.nearest(X, queries, 1)[:, 0], exact.argmin(1))


def test_distances_in_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    A, B = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    whole = neighbours.distances(A, B)
    monkeypatch.setattr(neighbours, "BLOCK", 50)  # two rows at a time
    torch.testing.assert_close(neighbours.distances(A, B), whole, rtol=0, atol=0)
    assert neighbours.distances(A[:0], B).shape == (0, 7)


def test_the_gradient_of_a_distance_between_equal_rows_is_zero() -> None:
    A = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    B = torch.tensor([[1.0, 2.0]])
    gradient = torch.autograd.grad(neighbours.distances(A, B).sum(), A)[0]
    torch.testing.assert_close(gradient, torch.tensor([[0.0, 0.0], [0.5**0.5, 0.5**0.5]]))


def test_a_tie_goes_to_the_smallest_label_and_equal_distances_to_the_earlier_row() -> None:
    X = torch.tensor([[0.0], [2.0], [2.0]])
    assert neighbours.predict(X, torch.tensor([4, 1, 2]), torch.tensor([[1.0]]), 2).tolist() == [1]
    assert neighbours.nearest(X, torch.tensor([[2.0]]), 2).tolist() == [[1, 2]]


@pytest.mark.parametrize("k", [0, 4])
def test_an_impossible_k_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match="k must be"):
        neighbours.nearest(torch.zeros(3, 1), torch.zeros(1, 1), k)


@given(n=st.integers(1, 40), classes=st.integers(2, 5), seed=SEEDS)
@settings(max_examples=25)
def test_metrics_equal_scikit_learn(n: int, classes: int, seed: int) -> None:
    t, called = labels(seed, n, classes), labels(seed + 1, n, classes)
    matrix = metrics.confusion_matrix(t, called, classes)
    names = list(range(classes))
    assert matrix.tolist() == theirs.confusion_matrix(t, called, labels=names).tolist()
    p, r, f, _ = theirs.precision_recall_fscore_support(t, called, labels=names, zero_division=0)
    close(metrics.precision(matrix), torch.tensor(p))
    close(metrics.recall(matrix), torch.tensor(r))
    close(metrics.f1(matrix), torch.tensor(f))
    assert metrics.macro(metrics.f1(matrix)) == pytest.approx(f.mean())
    assert metrics.accuracy(t, called) == pytest.approx(theirs.accuracy_score(t, called))


def test_rows_are_true_classes() -> None:
    matrix = metrics.confusion_matrix(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert metrics.precision(matrix).tolist() == [1, 0.5, 0]
    assert metrics.recall(matrix).tolist() == [0.5, 1, 0]


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        (linear_classifier.softmax_loss, linear_classifier.softmax_gradient),
        (linear_classifier.hinge_loss, linear_classifier.hinge_gradient),
    ],
)
@given(n=st.integers(1, 9), d=st.integers(1, 6), k=st.integers(2, 5), decay=st.sampled_from([0.0, 0.3]), seed=SEEDS)
def test_gradients_equal_autograd(loss, gradient, n: int, d: int, k: int, decay: float, seed: int) -> None:  # type: ignore[no-untyped-def]
    X, y = normal(seed, n, d), labels(seed, n, k)
    W, b = normal(seed + 1, d, k).requires_grad_(), normal(seed + 2, k).requires_grad_()
    expected = torch.autograd.grad(loss(W, b, X, y, decay), (W, b))
    for ours, other in zip(gradient(W.detach(), b.detach(), X, y, decay), expected, strict=True):
        close(ours, other)


def test_templates_are_the_columns_of_the_weights() -> None:
    model = linear_classifier.LinearClassifier(6, 3)
    with torch.no_grad():
        model.W.copy_(normal(0, 6, 3))
        model.b.copy_(normal(1, 3))
    x = normal(2, 4, 1, 2, 3).float()
    close(model(x), (x.flatten(1) @ model.W + model.b).detach(), 1e-6)
    close(model.templates((2, 3))[1].flatten(), model.W[:, 1].detach())
    assert torch.equal(linear_classifier.predict(x.flatten(1), model.W, model.b), model(x).argmax(1))


@given(n=st.integers(6, 40), d=st.integers(1, 4), k=st.integers(1, 4), seed=SEEDS)
@settings(max_examples=25)
def test_k_means_never_gets_worse_and_equals_scikit_learn(n: int, d: int, k: int, seed: int) -> None:
    X = normal(seed, n, d)
    centres, assigned, course = clustering.kmeans(X, X[:k])
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(course))
    other = KMeans(k, init=X[:k].numpy(), n_init=1, max_iter=300, tol=0, algorithm="lloyd").fit(X.numpy())
    if len(assigned.unique()) == k:  # scikit-learn moves empty clusters, we leave them
        assert course[-1] == pytest.approx(other.inertia_, rel=1e-8)
        close(centres, torch.tensor(other.cluster_centers_), 1e-7)


def test_purity() -> None:
    assert clustering.purity(torch.tensor([0, 0, 1, 1, 1]), torch.tensor([0, 0, 0, 1, 1])) == pytest.approx(0.8)
    assert clustering.purity(torch.tensor([0, 1]), torch.tensor([5, 5])) == 0.5
