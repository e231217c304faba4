"""Work handed to processes that really die: what was not at fault is done, and what can't be done is said."""

import os
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context, process

import pytest

from villagesim.study import pool


def _work(item):
    if item == "fatal":
        os._exit(1)
    return item


def test_a_fatal_piece_of_work_costs_no_other_piece():
    done, lost = [], {}
    pool.each(_work, ["one", "fatal", "two", "three"], lambda item, _: done.append(item),
              lambda item, error: lost.update({item: error}), 2)
    assert sorted(done) == ["one", "three", "two"]
    assert isinstance(lost.pop("fatal"), pool.ProcessDiedError)
    assert not lost


def test_an_executor_that_breaks_down_ends_the_work_and_fails_no_piece():
    with ProcessPoolExecutor(1, get_context("spawn")) as broken:
        for work in (["fatal", "one", "two", "three"], ["one"]):
            with pytest.raises(pool.PoolError, match="broke down with"):
                pool.each(_work, work, lambda *_: None, pytest.fail, 1, broken)


def test_a_process_that_is_only_starting_starts_no_others(monkeypatch):
    monkeypatch.setattr(process.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(pool.PoolError, match=r"put the call under `if __name__ == .__main__.:`"):
        pool.each(_work, ["one"], lambda *_: None, pytest.fail, 1)


def test_what_is_gathered_keeps_its_order_and_what_fails_is_raised():
    told = []
    assert pool.gather(abs, [-3, 2, -1, 5], 2, lambda done, total: told.append((done, total))) == [3, 2, 1, 5]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(TypeError, match="bad operand"):
        pool.gather(abs, [1, "two"], 1)


class _SaysNothing(Executor):
    """Two threads whose futures never say that they run and are always cancelled, as Dask's are."""

    def __init__(self, threads):
        self.threads = threads

    def submit(self, work, item):
        said = Future()

        def tell(done):
            if not said.cancelled():
                said.set_result(done.result())

        self.threads.submit(work, item).add_done_callback(tell)
        return said


def test_what_runs_is_finished_on_ctrl_c_also_where_the_executor_does_not_say_what_runs():
    done = []

    def finish(item, _):
        done.append(item)
        if item == 0:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as threads, pytest.raises(KeyboardInterrupt):
        pool.each(_slow, range(20), finish, pytest.fail, 2, _SaysNothing(threads))
    assert sorted(done) == [0, 1, 2]


def _slow(item):
    time.sleep(0.05 * item)
    return item
