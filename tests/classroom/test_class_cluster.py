"""The same tasks on a Dask cluster, a worker of which is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from dask.distributed import LocalCluster

from classroom.grade import on_cluster
from classroom.tasks import Setting, Task
from tests.classroom.class_runs import run, small_class, table


def test_a_worker_killed_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    folder = small_class(tmp_path / "class")
    killed: list[int] = []
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:

        def with_a_murder(
            tasks: Iterable[Task], setting: Setting
        ) -> Generator[tuple[Task, dict[str, Any] | None], None, None]:
            for fallen in on_cluster(cluster.scheduler_address)(tasks, setting):
                if not killed:
                    workers = [nanny.pid for nanny in cluster.workers.values()]
                    assert len(workers) == 2
                    killed.append(workers[0])
                    os.kill(workers[0], signal.SIGKILL)
                yield fallen

        outcome = run(folder, tmp_path / "cluster.sqlite", with_a_murder)
    assert (outcome.graded, outcome.failed, len(killed)) == (8, 0, 1)
    run(folder, tmp_path / "here.sqlite")
    assert table(tmp_path / "cluster.sqlite") == table(tmp_path / "here.sqlite")
