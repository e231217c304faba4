"""What a scenario may set about a county: every number with its unit, meaning, range, source and evidence grade."""

from typing import Annotated, NamedTuple

from villagesim.declare import Quantity

_SWEPT = "assumption: varied over its range in experiments/"
_CAI = "Cai, de Janvry, Sadoulet 2015, microdata of rice villages"
# Calendar years in which a run that follows the published series may start.
FIRST_YEAR, LAST_YEAR = 2015, 2025
_FITTED = "calibrated to clustering .32 and reciprocity .27 of " + _CAI


def _km(meaning: str, low: float, high: float) -> Quantity:
    return Quantity("km", meaning, low, high, _SWEPT, "C")


def _share(meaning: str, source: str = _SWEPT, grade: str = "C", low: float = 0.0, high: float = 1.0,
           plausible: tuple[float, float] | None = None) -> Quantity:
    return Quantity("share", meaning, low, high, source, grade, plausible=plausible)


def _one(meaning: str, low: float, high: float, source: str = _SWEPT, grade: str = "C") -> Quantity:
    return Quantity("1", meaning, low, high, source, grade)


class WorldSettings(NamedTuple):
    """The county in month 0. The defaults are a small hill county."""

    townships: Annotated[int, Quantity("township", "townships", 1, 200, _SWEPT, "C")] = 4
    villages: Annotated[int, Quantity("village", "villages", 1, 10000, _SWEPT, "C")] = 20
    households: Annotated[int, Quantity("household", "households a village, mean", 10, 2000, _SWEPT, "C")] = 200
    household_spread: Annotated[float, _share("half-range of a village's households, as a share of the mean",
        high=0.9)] = 0.3
    hamlet: Annotated[float, Quantity("household", "households a natural hamlet, mean", 12, 60, _CAI + " (28.5; 8-55)",
        "A")] = 28.5
    distance_town: Annotated[float, _km("road from a village to the township seat, mean", 0.5, 30)] = 8.0
    distance_county: Annotated[float, _km("road from a township seat to the county seat, mean", 1, 120)] = 30.0
    terrain: Annotated[float, _share("ruggedness, mean: 0 plain, 0.5 hill, 1 high mountain")] = 0.5
    terrain_spread: Annotated[float, _share("standard deviation of ruggedness", high=0.4)] = 0.15
    heritage: Annotated[float, _share("endowment for tourism and craft, mean (right-skewed)", high=0.6)] = 0.2
    fresh: Annotated[float, _share("weight of fresh goods among main products")] = 0.5
    dry: Annotated[float, _share("weight of dry goods among main products")] = 0.4
    craft: Annotated[float, _share("weight of craft goods among main products")] = 0.1
    product_match: Annotated[float, _share("households that make their village's main product")] = 0.8
    perishable_fresh: Annotated[float, _share("share of fresh goods' value lost in a month of storage")] = 0.5
    perishable_dry: Annotated[float, _share("share of dry goods' value lost in a month of storage")] = 0.02
    harvest: Annotated[float, Quantity("month", "usual calendar month of the harvest's peak (0 = January)", 0, 11,
        "news of loquat (May) to citrus (November-January)", "B")] = 8.0
    harvest_spread: Annotated[float, Quantity("month", "how many months earlier or later it may peak", 0, 6,
        "news of loquat (May) to citrus (November-January)", "B")] = 2.0
    coverage: Annotated[float, _share("network coverage of a village of usual terrain, mean")] = 0.75
    coverage_spread: Annotated[float, _share("half-range of coverage by chance", high=0.5)] = 0.2
    coverage_terrain: Annotated[float, _share("coverage lost from plain to high mountain")] = 0.4
    service_point: Annotated[float, _share("villages with a working service point",
        "third agricultural census 2016: 25.1 % of villages, counted on the spot", "A")] = 0.25
    squad: Annotated[float, _share("villages with a delivery squad")] = 0.0
    cold_chain: Annotated[float, _share("villages with a field cold store")] = 0.02
    sorting: Annotated[float, _share("villages whose route has sorting gear")] = 0.02
    works_condition: Annotated[float, _share("condition of the works that stand at the start", low=0.1)] = 0.8
    courier: Annotated[float, _share("courier routes that run at the start",
        "share of villages as a proxy for routes; State Post Bureau: 45 % of villages covered in mid-2020; over 80 % in 2021, of which some .6 may work: 56.6 % of 824 villages with a point in 2022", "B"
        )] = 0.45
    hub: Annotated[float, _share("share of the county's parcels that go through a county hub",
        "990 county hubs in 2022 in some 2,850 counties: an ordinary county has none; one costs 2 to 20 million yuan, 25 to 250 yuan a household, which no budget here pays: it stands from the start", "B")] = 0.0
    route_villages: Annotated[int, Quantity("village", "villages along one courier route, at most", 1, 20, _SWEPT,
        "C")] = 3
    trader_households: Annotated[float, Quantity("household", "households on one trader's round, inside a village, mean", 5,
        2000, "assumption: 2 to 6 traders a village of 200 households by judgement; varied over its range in experiments/", "C",
        plausible=(33.0, 100.0))] = 40.0
    trader_spread: Annotated[float, _share("how far the rounds of a village differ in size by chance")] = 0.6
    size: Annotated[float, Quantity("person", "household members, those away included, mean", 1.5, 8, _CAI, "A")] = 4.9
    size_spread: Annotated[float, Quantity("person", "standard deviation of household members", 0, 3, _SWEPT, "C")] = 1.4
    adult_share: Annotated[float, _share("members of working age", low=0.3)] = 0.66
    away: Annotated[float, Quantity("person/household", "members away for city work, where adults allow it", 0, 2,
        _SWEPT, "C")] = 1.15
    age: Annotated[float, Quantity("year", "age of the head, mean", 30, 70, _CAI, "A")] = 51.5
    age_spread: Annotated[float, Quantity("year", "standard deviation of the head's age", 0, 20, _CAI, "A")] = 12.0
    schooling: Annotated[float, Quantity("year", "schooling of a head of usual age, mean", 0, 12, _SWEPT, "C")] = 7.0
    schooling_spread: Annotated[float, Quantity("year", "standard deviation of schooling", 0, 5, _SWEPT, "C")] = 3.0
    schooling_age: Annotated[float, Quantity("year/year", "schooling lost a year of age", 0, 0.3, _SWEPT, "C")] = 0.08
    schooling_pay: Annotated[float, Quantity("1/year", "log of off-farm income gained a year of the head's schooling", 0, 0.12,
        "return to a year of schooling in off-farm wages: 0.064 (de Brauw, Rozelle 2008, Review of Development Economics 12(1)), 0.07 in "
        "2005 (five provinces, 808 households; China & World Economy 16(2), 2008), 0.048 in 1991 (Wei and others 1999)", "B")] = 0.064
    woman_led: Annotated[float, _share("households with a member away that a left-behind woman leads")] = 0.2
    returnee: Annotated[float, _share("households with a member back from city work")] = 0.08
    city_skill: Annotated[float, _share("part of what a household could not do online by itself that a member back from city work can",
        "return migrants are more often self-employed, in work that asks for more ability (Demurger, Xu 2011, World Development 39(10)): "
        "sign only; varied over its range in experiments/")] = 0.4
    city_ease: Annotated[float, _one("distaste for selling online that city work takes away, in standard deviations", 0, 1.5,
        "return migrants are more often self-employed (Demurger, Xu 2011, World Development 39(10)): sign only; varied over its "
        "range in experiments/")] = 0.5
    honest: Annotated[float, _share("households that keep their word on quality without a norm")] = 0.85
    phone: Annotated[float, _share("smartphone owners at usual age, coverage and income",
        "rural internet use 57.6 % of persons in 2021; a household has several", "B")] = 0.68
    phone_age: Annotated[float, Quantity("share/decade", "phone ownership lost a decade of age", 0, 0.3, _SWEPT,
        "C")] = 0.1
    phone_coverage: Annotated[float, _share("phone ownership gained from no to full coverage")] = 0.3
    phone_income: Annotated[float, _share("phone ownership gained from no income a head to one far above the usual", high=1.0)] = 0.4
    output: Annotated[float, Quantity("yuan/year", "marketable output of a household in hills at the reference price, median", 1000, 100000,
        "assumption: 15,000 at the farm gate, which is 0.7 of the reference price; 12,000 to 30,000 by region, from business income of 7,431 "
        "yuan a head (NBS 2023) with heads, primary share and cost share by judgement; varied over its range in experiments/", "C",
        plausible=(17000.0, 43000.0))] = 21000.0
    output_spread: Annotated[float, Quantity("1", "standard deviation of the log of output", 0, 1.5,
        "assumption: .8 to 1.0 by judgement; varied over its range in experiments/", "C", plausible=(0.8, 1.0))] = 0.9
    output_terrain: Annotated[float, Quantity("1", "log of output lost from plain to high mountain", 0, 2,
        "assumption: mountain counties 12,000 to 22,000 against 20,000 to 30,000 nationally, by judgement; varied over its range in experiments/", "C",
        plausible=(0.0, 1.0))] = 0.7
    off_farm: Annotated[float, Quantity("yuan/month", "local wages, transfers and property of a household of usual size, "
        "median", 0, 20000, "so that about 30 % of income, remittances aside, is household business (34.3 % of 21,691 yuan a head, NBS 2023; 30 to 40 % by county): 1,200 to 1,800 in mountains, 2,400 to 3,800 in plains", "B",
        plausible=(1200.0, 3800.0))] = 2200.0
    enterprise: Annotated[float, _one("correlation of the luck that a household has as a seller with its off-farm income: some do better at "
        "whatever they do", 0, 0.6, "assumption: no published figure known; the form is here because surveys find those online richer than "
        "others of their age and schooling; varied over its range in experiments/")] = 0.32
    off_farm_spread: Annotated[float, _one("standard deviation of the log of off-farm income", 0, 1.5)] = 0.6
    savings: Annotated[float, Quantity("yuan", "money held, median", 0, 200000,
        "assumption: 10,000 to 20,000 by judgement (one Ningxia farmer told of 15,000); varied over its range in experiments/", "C",
        plausible=(10000.0, 20000.0))] = 12000.0
    savings_spread: Annotated[float, _one("standard deviation of the log of savings", 0, 1.5)] = 0.9
    debt: Annotated[float, _share("households in debt to their trader",
        "assumption: .05 to .25 by judgement; varied over its range in experiments/", plausible=(0.05, 0.25))] = 0.15
    debt_size: Annotated[float, Quantity("yuan", "debt of those in debt, median", 0, 20000, _SWEPT, "C")] = 1200.0
    debt_spread: Annotated[float, _one("standard deviation of the log of debt", 0, 1.5)] = 0.6
    risk_aversion: Annotated[float, _one("relative risk aversion, median", 0, 5)] = 2.0
    risk_spread: Annotated[float, _one("standard deviation of the log of risk aversion", 0, 1)] = 0.4
    belief: Annotated[float, Quantity("yuan/yuan", "believed price edge online over the trader, shipping not taken off, mean", -1, 1, _SWEPT,
        "C")] = 0.39
    belief_spread: Annotated[float, Quantity("yuan/yuan", "standard deviation of beliefs between households", 0, 1,
        _SWEPT, "C")] = 0.35
    belief_shared: Annotated[float, _share("part of that variance which a natural village shares: neighbours tell each other the same stories",
        "calibrated to how alike natural villages decide, an intra-class correlation of .05 to .10 (Cai, de Janvry, Sadoulet 2015)", "B", high=0.6)] = 0.15
    belief_precision: Annotated[float, _one("precision (1/variance) of a belief, median", 0.1, 100)] = 4.0
    precision_spread: Annotated[float, _one("standard deviation of the log of that precision", 0, 1.5)] = 0.4
    skill: Annotated[float, _share("highest first-rung skill of a young, schooled phone owner", high=0.8)] = 0.8
    skill_second: Annotated[float, _share("highest second-rung skill, learned before or away, of a young, schooled phone owner", high=0.8)] = 0.6
    trust_online: Annotated[float, _share("trust in e-commerce, mean")] = 0.4
    trust_spread: Annotated[float, _share("standard deviation of trust in e-commerce", high=0.4)] = 0.15
    friends: Annotated[float, Quantity("household", "households that a household names and listens to, mean", 1, 5,
        "derived: degree 5.6 inside the natural village at reciprocity .27, 82 % of ties inside it; " + _CAI, "B")] = 3.95
    friends_most: Annotated[int, Quantity("household", "most that it names", 1, 20, _CAI + ": up to five named", "A"
        )] = 5
    inside_hamlet: Annotated[float, _share("ties inside the natural hamlet", _CAI, "A")] = 0.82
    inside_village: Annotated[float, _share("ties inside the village, the hamlet's own among them", _CAI, "A"
        )] = 0.996
    kin_group: Annotated[float, Quantity("household", "households of one kin group, mean", 2, 30, _SWEPT, "C")] = 12.0
    kin_pull: Annotated[float, _one("pull of kin on whom to name, against luck of 1", 0, 4, _FITTED, "B")] = 0.8
    near_pull: Annotated[float, _one("pull of next-door houses, against luck of 1", 0, 4, _FITTED, "B")] = 1.8
    popular_pull: Annotated[float, _one("pull of well-liked households, against luck of 1", 0, 4, _FITTED + "; 1.1 fits in-degree Gini .74 of farmers in Brazil (Rogers et al. 1970)", "B")] = 0.4
    trust_kin: Annotated[float, _share("trust in the word of kin, mean")] = 0.8
    trust_neighbour: Annotated[float, _share("trust in the word of others of the hamlet, mean")] = 0.6
    trust_far: Annotated[float, _share("trust in the word of named households elsewhere, mean")] = 0.4
    trust_range: Annotated[float, _share("half-range of trust by chance", high=0.5)] = 0.15


class RunSettings(NamedTuple):
    """How long a scenario runs, and under which luck."""

    months: Annotated[int, Quantity("month", "months after spin-up", 1, 1200, "by design: ten years", "A")] = 120
    spin_up: Annotated[int, Quantity("month", "months without programme or shocks before month 0", 0, 600,
        "by design: until the village without the programme is stationary", "A")] = 60
    seed: Annotated[int, Quantity("1", "seed of all luck", 0, 2**63 - 1, "by design", "A")] = 1
    world_seed: Annotated[int, Quantity("1", "seed of the county itself, so that runs differ in luck alone (-1: the run's own seed)",
        -1, 2**63 - 1, "by design", "A")] = -1
    start_month: Annotated[int, Quantity("month", "calendar month of the first month (0 = January)", 0, 11,
        "by design: programme years are calendar years", "A")] = 0
    start_year: Annotated[int, Quantity("year", "calendar year of the first month: city wage, parcels bought, phones and points follow "
        "the published series from then on (0: none, the growth that [outside] says)", 0, LAST_YEAR,
        "by design: rows and sources by `villagesim targets --series`", "A")] = 0


class CountySettings(NamedTuple):
    """What the county's government spends, through whom, for whom, and how its workers use their hours."""

    budget: Annotated[float, Quantity("yuan/household/year", "programme money when it comes whole", 0, 10000,
        "national demonstration counties: 18.5 million yuan and 1.5 million after rating, 200 counties of 2015 (Ministry of Commerce; sgcio): 94 to 125 yuan a household and year in one of 80,000 over two years; the whole programme of integrated.toml takes four to six times as much, for longer", "B")] = 0.0
    contractors: Annotated[int, Quantity("code", "who holds the posts (carrier)", 0, 1,
        "by design: chosen by the scenario (claim D1 compares the two)", "A")] = 0
    targeting: Annotated[int, Quantity("code", "who comes first for seats and hours", 0, 4,
        "by design: chosen by the scenario", "A")] = 0
    selection: Annotated[int, Quantity("code", "in which order the programme reaches villages", 0, 2,
        "by design: chosen by the scenario", "A")] = 0
    mix_casework: Annotated[float, _share("service hours for casework")] = 0.2
    mix_group: Annotated[float, _share("service hours for groups")] = 0.35
    mix_organising: Annotated[float, _share("service hours for community organising")] = 0.1
    mix_linking: Annotated[float, _share("service hours for resource linking")] = 0.1
    mix_follow_up: Annotated[float, _share("service hours for follow-up")] = 0.25


class OutsideSettings(NamedTuple):
    """The world outside the county: values in month 0, and what grows from year to year."""

    city_wage: Annotated[float, Quantity("yuan/month", "city wage of a migrant", 1000, 12000, _SWEPT, "C")] = 4000.0
    city_wage_growth: Annotated[float, Quantity("share/year", "growth of the city wage, up to 100,000 yuan", -0.1, 0.2, _SWEPT,
        "C")] = 0.03
    inbound: Annotated[float, Quantity("parcel/household/month", "parcels a connected household buys", 0, 14,
        "Taojiang, Hunan 2022: 16-29 parcels a village point and day (county and city news); 1-5 in far mountains (Garze 2019), 92 in a tourist "
        "village (Shenlongwan 2021); villages of 200 households", "B")] = 2.5
    inbound_growth: Annotated[float, Quantity("share/year", "growth of parcels bought", -0.2, 0.6,
        "assumption: 36 % a year from 2016 to 2021 (State Post Bureau) enters as a series; what comes after is not known; varied over its range in experiments/", "C")] = 0.05
    retail: Annotated[float, Quantity("yuan/yuan", "online retail price over the reference price", 1.0, 1.54,
        "online over trader's price 1.4-2.2 before freight (loquat, Deqing 2019; navel orange, Fengjie), and that is 0.7 of the "
        "reference price", "B")] = 1.37
    retail_growth: Annotated[float, Quantity("share/year", "growth of that ratio", -0.1, 0.1,
        "assumption (no series known): varied over its range in experiments/", "C")] = 0.0
    fee_growth: Annotated[float, Quantity("share/year", "growth of platform commission and promotion cost", -0.1, 0.2,
        _SWEPT, "C")] = 0.02
    phone_growth: Annotated[float, Quantity("share/year", "households without a smartphone that get one", 0.0, 0.5,
        "derived: rural people not online 69.9 % in 2015, 42.4 % in 2021 (CNNIC), 8 % fewer a year", "B")] = 0.08
    coverage_growth: Annotated[float, Quantity("share/year", "missing coverage that national networks complete", 0.0, 0.5,
        _SWEPT, "C")] = 0.05
    point_growth: Annotated[float, Quantity("share/year", "missing service points that national programmes open", 0.0, 0.5,
        _SWEPT, "C")] = 0.0
    media_margin: Annotated[float, Quantity("yuan/yuan", "online margin that media suggest", -0.5, 1.0,
        "assumption: news report edges of 0 to .3 net of freight, and prices 1.4 to 2.2 times the trader's, which is .28 to .84 of the reference price before it; varied over its range in experiments/", "C",
        plausible=(0.0, 0.85))] = 0.3


# In a scenario file these codes are written as words: field -> (key in the file, words in the order of the codes).
# The last three are forms that a mechanism may take, under [parameters.MECHANISM].
WORDS = {
    "contractors": ("carrier", ("social_workers", "contractors")),
    "targeting": ("targeting", ("open", "women_elders", "returnees", "need", "network")),
    "selection": ("selection", ("random", "ready", "remote")),
    "learning": ("learning", ("bayes", "averaging")),
    "entry": ("entry", ("certainty_equivalent", "logit")),
    "pricing": ("pricing", ("cost_share", "uniform_tariff")),
}
MIX = ("mix_casework", "mix_group", "mix_organising", "mix_linking", "mix_follow_up")
