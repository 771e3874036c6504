"""Plain loops over plain numbers, no NumPy at all."""


def predict(w, x):
    total = 0.0
    for weight, value in zip(w, x):
        total += weight * value
    if total > 0:
        return 1
    return -1


def hebbian_update(w, x, t, eta):
    new = [float(weight) for weight in w]
    if predict(w, x) != t:
        for i in range(len(new)):
            new[i] += eta * t * x[i]
    return new


def train(w, X, t, eta, max_epochs):
    weights = list(w)
    epochs = 0
    while epochs < max_epochs:
        epochs += 1
        clean = True
        for i in range(len(X)):
            before = weights
            weights = hebbian_update(weights, X[i], t[i], eta)
            if weights != before:
                clean = False
        if clean:
            return weights, epochs, True
    return weights, max_epochs, False
