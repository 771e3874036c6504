"""Machine learning foundations: likelihood, priors, validation, neighbours, linear classifiers."""
