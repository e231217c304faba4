"""Who gains what by the goods that traders buy, over months: T10.trader."""

from typing import Any

from villagesim.outcomes import FEN_PER_YUAN
from villagesim.tables import World


class Chain:
    """An observer, called with (month, world) after each month from month 0 on: profits of traders and of farmers.

    A trader's profit is what its goods fetch at the wholesale market, less what it paid for them and its running cost,
    its own living among it: one that earns a wage has none. The farmers' profit is what traders paid, less inputs by
    the part of all goods sold that went to traders, before their own labour. Debts and their interest are left out.
    `traders` and `farmers` are totals [yuan].
    """

    def __init__(self) -> None:
        self.traders, self.farmers = 0.0, 0.0

    def __call__(self, month: int, world: World, _: Any = None) -> None:
        """Take in the month that has just been lived."""
        if month < 0:
            return
        own, middle = world.households, world.traders
        paid = float(own.trader_income.sum())
        self.traders += (float(middle.resale.sum()) - paid - float(middle.running_cost.sum())) / FEN_PER_YUAN
        bought = float(middle.volume[middle.active == 1].sum()) / FEN_PER_YUAN
        sold = float(own.online_value.sum() + own.offline_value.sum())
        inputs = float(own.farm_cost.sum()) * (bought / sold if sold > 0 else 0.0)
        self.farmers += (paid - inputs) / FEN_PER_YUAN

    @property
    def share(self) -> float:
        """Traders' part of what they and the farmers gain [share]; NaN where both together gain nothing."""
        whole = self.traders + self.farmers
        return self.traders / whole if whole > 0 else float("nan")
