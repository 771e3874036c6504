"""A GPU without a GPU: nothing mixes devices, and the training loop rarely waits. See pretend_cuda.py for what is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from reference.recurrent.beam_search import beam_search
from reference.recurrent.viterbi import HMM, baum_welch
from reference.systems import Run, System, all_systems
from reference.train import Settings, fit
from reference.training.dropout import Dropout
from reference.training.optimizers import Optimizer
from tests.reference.layers_by_hand import CASES, Case
from tests.reference.pretend_cuda import on_cuda, pretend_cuda


def test_the_pretended_gpu_sees_what_a_real_one_refuses() -> None:
    with pretend_cuda() as found:
        x = torch.ones(3, device="cuda")
        y = (x * 2 + torch.tensor(1.0)).view(1, 3)  # a single number may come from the CPU
        assert y.device.type == torch.zeros_like(y).device.type == "cuda"
        assert x.cpu().device.type == "cpu"
        assert nn.Linear(3, 2).to("cuda")(x).is_cuda
        assert x[torch.tensor([0, 2])].is_cuda
        assert found.mixes == []
        assert x + torch.ones(3) is not None
        assert torch.zeros(3)[torch.zeros(2, dtype=torch.long, device="cuda")] is not None
        assert nn.Linear(3, 2)(x) is not None
        x.numpy()
        torch.rand(2, device="cuda", generator=torch.Generator())
    assert len(found.mixes) == 5
    assert found.mixes[0].startswith("tests/reference/test_devices.py:")
    assert "numpy" in found.mixes[3].lower()
    assert "generator" in found.mixes[4]


def test_the_pretended_gpu_counts_what_waits() -> None:
    with pretend_cuda() as found:
        x = torch.arange(4.0, device="cuda")
        assert float(x.sum()) == 6
        assert x.tolist() == [0, 1, 2, 3]
        assert x[x > 1].shape == (2,)
        assert bool((x >= 0).all())
        assert torch.ones(2).tolist() == [1, 1]  # on the CPU nothing waits
    assert found.waits == {"float": 1, "tolist": 1, "indexing with a mask": 1, "bool": 1}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_layer_stays_on_its_device(case: Case) -> None:
    with pretend_cuda() as found:
        layer, x = case.draw(device="cuda")
        y = layer(x.requires_grad_())
        assert on_cuda(y)
        assert all(on_cuda(g) for g in torch.autograd.grad(y.square().sum(), [x, *layer.parameters()]))
        layer.eval()
        assert on_cuda(layer(x))
    assert found.mixes == []
    assert not found.waits


@pytest.mark.parametrize("rule", ["momentum", "nadam"])
def test_an_epoch_waits_a_few_times_whatever_its_length(rule: str) -> None:
    waits = []
    for examples in (20, 200):
        with pretend_cuda() as found:
            model = nn.Sequential(nn.Linear(3, 4), Dropout(0.3), nn.Linear(4, 2)).to("cuda")
            x, y = torch.randn(examples, 3).to("cuda"), torch.arange(examples).to("cuda") % 2
            fit(
                model,
                Optimizer(model.parameters(), rule),
                lambda model, batch: F.cross_entropy(model(batch[0]), batch[1]),
                (x, y),
                Settings(epochs=2, batch_size=4, device="cuda"),
                validate=lambda model, x=x, y=y: {"loss": float(F.cross_entropy(model(x), y))},
            )
        assert found.mixes == []
        waits.append(sum(found.waits.values()))
    assert waits == [4, 4]  # per epoch the sum of the losses, and the validation's number


def test_decoding_and_hidden_markov_models_stay_on_their_device() -> None:
    with pretend_cuda() as found:
        table = torch.randn(5, 5, generator=torch.Generator().manual_seed(0)).to("cuda").log_softmax(1)

        def model(prefixes: torch.Tensor) -> torch.Tensor:
            last = prefixes[:, -1] if prefixes.shape[1] else torch.zeros(len(prefixes), dtype=torch.long)
            return table[last.to("cuda")]

        beam_search(model, 3, 4, stop=0)
        hmm = HMM(table[0], table, table)
        baum_welch(torch.randint(5, (3, 7)).to("cuda"), hmm)
    assert found.mixes == []


@pytest.mark.slow
@pytest.mark.parametrize("system", all_systems(), ids=lambda system: system.name)
def test_a_system_mixes_no_devices_and_computes_where_it_says(system: System, tmp_path: Path) -> None:
    with pretend_cuda() as found:
        result = system(Run(quick=True, device=torch.device("cuda"), directory=tmp_path))
    assert found.mixes == []
    assert (found.marked == 0) == system.cpu_only, "cpu_only says that nothing is computed on the device"
    assert system.holds(result.reached, quick=True)
