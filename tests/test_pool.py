"""Work handed to processes that really die: what was not at fault is done, and what can't be done is said."""

import os
from concurrent.futures import ProcessPoolExecutor
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
