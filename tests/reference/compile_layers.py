"""Compiles every layer to a single graph, with its backward pass, and compares; run by test_layers_by_hand.py."""

from __future__ import annotations

import torch

from tests.reference.layers_by_hand import CASES

torch.set_num_threads(1)
for name, case in CASES.items():
    layer, x = case.draw()
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    results = []
    for function in (layer, compiled):
        entering = x.clone().requires_grad_()
        y = function(entering)
        results.append((y, *torch.autograd.grad(y.pow(3).sum(), [entering, *layer.parameters()])))
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-10, msg=lambda text, name=name: f"{name}: {text}")
    print(f"{name}: one graph, equal results")
