"""Data parallelism: the same script, started by torchrun, in as many processes as there are devices.

Every process holds the whole model and works on its share of each mini-batch; the gradients are averaged before each
update, so that all copies stay equal and equal to what one process would have computed (batch statistics excepted).

    torchrun --nproc-per-node 2 -m reference.cli train NAME
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
import torch.distributed as dist


@contextmanager
def process_group(device: torch.device) -> Iterator[torch.device]:
    """Join torchrun's processes, if there are any, and yield this process's device."""
    if "RANK" not in os.environ or dist.is_initialized():
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
        dist.barrier()  # whoever leaves while another still talks to it takes the other down
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """This process's number; 0 without torchrun."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def size() -> int:
    """The number of processes; 1 without torchrun."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def wait() -> None:
    """Until all processes are here."""
    if size() > 1:
        dist.barrier()


def agree(value: Any) -> Any:
    """The value of process 0, in every process."""
    if size() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def gather(value: Any) -> list[Any]:
    """The values of all processes, by rank."""
    if size() == 1:
        return [value]
    values: list[Any] = [None] * size()
    dist.all_gather_object(values, value)
    return values


def total(values: list[float], device: torch.device) -> list[float]:
    """The sums of `values` over the processes."""
    if size() == 1:
        return values
    tensor = torch.tensor(values, dtype=torch.float64, device=device)
    dist.all_reduce(tensor)
    return cast(list[float], tensor.tolist())
