"""Scaling of features. No feature has the mean 0 or the scale 1, and n and d differ."""

import numpy as np

from autograder import distinct_sizes, points


def case(rng, low=3):
    n, d = distinct_sizes(rng, 2, low=low, high=9)
    return rng.normal(size=(n, d)) * rng.uniform(2, 9, size=d) + rng.uniform(3, 9, size=d)


def means(module, X):
    return module.fit(X)[0]


def scales(module, X):
    return module.fit(X)[1]


def scaled(module, X):
    return module.transform(X, *module.fit(X))


@points(1)
def test_fit_by_hand(check, rng):
    """fit by hand: the feature [1, 5] has the mean 3 and the scale 2"""
    check.value("fit", np.array([[1.0, 5.0], [5.0, 5.0]]), expected=(np.array([3.0, 5.0]), np.array([2.0, 1.0])))
    check.against_reference("fit", case(rng))


@points(1)
def test_there_is_one_mean_for_each_feature(check, rng):
    check.against_reference(means, case(rng))


@points(2)
def test_the_scale_is_the_standard_deviation(check, rng):
    check.against_reference(scales, case(rng))
    check.against_reference(scales, case(rng) / 100)


@points(1)
def test_a_constant_feature_has_the_scale_one(check, rng):
    X = case(rng)
    X[:, 1] = 4.0
    check.against_reference("fit", X)


@points(1)
def test_transform_by_hand(check, rng):
    """transform by hand: (7 - 3) / 2 = 2"""
    check.value(
        "transform", np.array([[7.0, 5.0]]), np.array([3.0, 5.0]), np.array([2.0, 1.0]), expected=np.array([[2.0, 0.0]])
    )
    X = case(rng)
    check.against_reference("transform", X, X.mean(axis=0) + 1, X.std(axis=0) / 2)


@points(2)
def test_new_data_are_scaled_by_the_numbers_given(check, rng):
    X = case(rng)
    check.against_reference("transform", X, rng.uniform(3, 9, X.shape[1]), rng.uniform(2, 9, X.shape[1]))
    check.against_reference("transform", X[:1], rng.uniform(3, 9, X.shape[1]), rng.uniform(2, 9, X.shape[1]))


@points(1)
def test_the_two_functions_fit_together(check, rng):
    """training data come out with mean 0 and standard deviation 1"""
    check.against_reference(scaled, case(rng))


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the arguments are not modified, and nothing is kept from an earlier call"""
    X = case(rng)
    numbers = X.mean(axis=0) + 1, X.std(axis=0)
    check.unchanged("fit", X)
    check.unchanged("transform", X, *numbers)
    check.against_reference("fit", X[::-1] * 2)  # of the same shape
    check.against_reference("transform", X[::-1] * 2, *numbers)
