"""THE MODEL: one file a step of the month, in the order of the month."""

from typing import NamedTuple

from villagesim.mechanisms.accounts import AccountsParameters
from villagesim.mechanisms.brand import BrandParameters
from villagesim.mechanisms.choice import ChoiceParameters
from villagesim.mechanisms.employment import EmploymentParameters
from villagesim.mechanisms.influence import InfluenceParameters
from villagesim.mechanisms.logistics import LogisticsParameters
from villagesim.mechanisms.policy import PolicyParameters
from villagesim.mechanisms.sales import SalesParameters
from villagesim.mechanisms.traders import TradersParameters
from villagesim.mechanisms.training import TrainingParameters
from villagesim.mechanisms.workforce import WorkforceParameters


class Parameters(NamedTuple):
    """The parameters of every mechanism."""

    policy: PolicyParameters = PolicyParameters()
    workforce: WorkforceParameters = WorkforceParameters()
    training: TrainingParameters = TrainingParameters()
    influence: InfluenceParameters = InfluenceParameters()
    choice: ChoiceParameters = ChoiceParameters()
    sales: SalesParameters = SalesParameters()
    logistics: LogisticsParameters = LogisticsParameters()
    traders: TradersParameters = TradersParameters()
    employment: EmploymentParameters = EmploymentParameters()
    brand: BrandParameters = BrandParameters()
    accounts: AccountsParameters = AccountsParameters()
