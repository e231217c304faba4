"""A cluster as an executor: Dask's scheduler and workers in the place of the pool, for the same code and bytes."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

LOCAL = "local"


class ClusterError(RuntimeError):
    """There is no such cluster, or no Dask. One line."""


@contextmanager
def executor(address: str, workers: int | None = None) -> Iterator[tuple[Executor, int]]:
    """An executor over a Dask cluster and its number of workers; the cluster is left as it was found.

    address: "local" (one that is started here, `workers` processes of one thread), or a scheduler's, such as
    "tcp://10.0.0.1:8786", or the path of its scheduler file (.json). Raises ClusterError.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ClusterError("--cluster needs Dask: pip install 'villagesim[cluster]'") from None
    from villagesim.study.pool import ALONE, available, interrupt_held

    if address == LOCAL:
        with interrupt_held():
            started = LocalCluster(workers or available(), threads_per_worker=1, processes=True,
                                   dashboard_address=None, env=ALONE, silence_logs="ERROR")
        with started as cluster, Client(cluster) as client:
            yield client.get_executor(pure=False), workers or available()
        return
    try:
        client = Client(**({"scheduler_file": address} if address.endswith(".json") else {"address": address}),
                        timeout="10s")
    except (OSError, ValueError) as error:
        raise ClusterError(f"--cluster {address}: no Dask scheduler answers there ({type(error).__name__})") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ClusterError(f"--cluster {address}: the scheduler has no workers yet")
        yield client.get_executor(pure=False), threads
