"""The toy in Mesa: an agent a household with its own list of neighbours. Prints household-months a second."""

import argparse
import math
import random
import time

import mesa
import toy


class Household(mesa.Agent):
    """A household of the toy; months are synchronous, so it first looks and then acts."""

    def __init__(self, model: mesa.Model) -> None:
        super().__init__(model)
        self.neighbours: list[Household] = []
        self.sells = model.luck.random() < toy.START_SELLERS
        self.trust, self.skill, self.income = toy.START_TRUST, toy.START_SKILL, 0.0

    def look(self) -> None:
        """How many of its neighbours sell."""
        self.share = sum(other.sells for other in self.neighbours) / toy.NEIGHBOURS

    def act(self) -> None:
        """Trust, skill, the choice to sell or to quit, income."""
        if self.share > 0:
            self.trust += toy.TRUST_PULL * (self.share - self.trust)
        draw = self.model.luck.random()
        if self.sells:
            self.skill += toy.LEARNING * (1.0 - self.skill)
            self.sells = draw >= toy.QUITTING - toy.QUIT_SKILL * self.skill
        else:
            wish = (toy.CONSTANT + toy.BY_TRUST * self.trust + toy.BY_SKILL * self.skill
                    + toy.BY_NEIGHBOURS * self.share)
            self.sells = draw < 1.0 / (1.0 + math.exp(-wish))
        self.income = toy.INCOME + toy.GAIN * self.sells * (1.0 + self.skill)


class Toy(mesa.Model):
    """So many households in villages."""

    def __init__(self, households: int, seed: int = 1) -> None:
        super().__init__()
        self.luck = random.Random(seed)
        everyone = [Household(self) for _ in range(households)]
        for first in range(0, households, toy.HOUSEHOLDS_A_VILLAGE):
            village = everyone[first:first + toy.HOUSEHOLDS_A_VILLAGE]
            for one in village:
                one.neighbours = self.luck.choices(village, k=toy.NEIGHBOURS)

    def step(self) -> None:
        """One month: all look, then all act."""
        self.agents.do("look")
        self.agents.do("act")


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
    parser.add_argument("--households", type=int, default=10_000)
    parser.add_argument("--months", type=int, default=12)
    asked = parser.parse_args()
    print(f"{speed(asked.households, asked.months) / 1e6:.2f} million household-months/s")
