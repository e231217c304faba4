"""The toy in NumPy: one array a column, a month in a dozen vector operations. Prints household-months a second."""

import argparse
import time

import numpy as np
import toy


class Toy:
    """So many households in villages; `step` lives a month."""

    def __init__(self, households: int, seed: int = 1) -> None:
        self.luck = np.random.default_rng(seed)
        own = np.arange(households)
        first = own // toy.HOUSEHOLDS_A_VILLAGE * toy.HOUSEHOLDS_A_VILLAGE
        size = np.minimum(toy.HOUSEHOLDS_A_VILLAGE, households - first)
        picked = self.luck.random((households, toy.NEIGHBOURS))
        self.neighbours = (first[:, None] + (picked * size[:, None]).astype(np.int64)).astype(np.int32)
        self.sells = self.luck.random(households) < toy.START_SELLERS
        self.trust = np.full(households, toy.START_TRUST)
        self.skill = np.full(households, toy.START_SKILL)
        self.income = np.zeros(households)

    def step(self) -> None:
        """One month: all choices are made on last month's sellers."""
        share = self.sells[self.neighbours].mean(axis=1)
        self.trust += toy.TRUST_PULL * (share - self.trust) * (share > 0)
        self.skill += toy.LEARNING * self.sells * (1.0 - self.skill)
        wish = toy.CONSTANT + toy.BY_TRUST * self.trust + toy.BY_SKILL * self.skill + toy.BY_NEIGHBOURS * share
        draw = self.luck.random(self.sells.size)
        enters = draw < 1.0 / (1.0 + np.exp(-wish))
        quits = draw < toy.QUITTING - toy.QUIT_SKILL * self.skill
        self.sells = np.where(self.sells, ~quits, enters)
        self.income = toy.INCOME + toy.GAIN * self.sells * (1.0 + self.skill)

    def bytes(self) -> int:
        """State, networks included."""
        return sum(a.nbytes for a in (self.neighbours, self.sells, self.trust, self.skill, self.income))


def speed(households: int, months: int, repeats: int = 3) -> float:
    """Household-months a second, the best of so many runs."""
    best = 0.0
    for _ in range(repeats):
        made = Toy(households)
        started = time.thread_time()
        for _ in range(months):
            made.step()
        best = max(best, households * months / (time.thread_time() - started))
    return best


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=80_000)
    parser.add_argument("--months", type=int, default=24)
    asked = parser.parse_args()
    print(f"{speed(asked.households, asked.months) / 1e6:.1f} million household-months/s")
