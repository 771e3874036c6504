"""Everything by loops over examples, units and inputs; lists come back."""

import math


def sigmoid(a):
    return 1 / (1 + math.exp(-a)) if a >= 0 else math.exp(a) / (1 + math.exp(a))


def gates(x, h, params):
    out = []
    for name, squash in (("f", sigmoid), ("i", sigmoid), ("g", math.tanh), ("o", sigmoid)):
        W, b = params["W" + name], params["b" + name]
        rows = []
        for example in range(len(x)):
            z = [*h[example], *x[example]]
            rows.append([squash(b[j] + sum(z[k] * W[k][j] for k in range(len(z)))) for j in range(len(b))])
        out.append(rows)
    return tuple(out)


def step(x, h, c, params):
    f, i, g, o = gates(x, h, params)
    cell = [[f[a][u] * c[a][u] + i[a][u] * g[a][u] for u in range(len(c[a]))] for a in range(len(c))]
    return [[o[a][u] * math.tanh(cell[a][u]) for u in range(len(cell[a]))] for a in range(len(cell))], cell


def forward(X, h0, c0, params):
    H, C = [], []
    for sequence, h, c in zip(X, h0, c0, strict=False):
        h, c, states, cells = [h], [c], [], []
        for x in sequence:
            h, c = step([x], h, c, params)
            states.append(h[0])
            cells.append(c[0])
        H.append(states)
        C.append(cells)
    return H, C
