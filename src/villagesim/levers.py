"""Interventions and shocks: what each switches, in which unit, at what cost. A shock is written as a lever is."""

from typing import NamedTuple

from villagesim.declare import Quantity

PATHWAYS = ("policy", "training", "logistics", "workforce", "market", "benchmark", "shock")

_SWEPT = "assumption: varied over its range in experiments/"


class Lever(NamedTuple):
    """One thing a government can do, or that can happen to a county.

    `per` says what one unit of intensity is counted by, and so what the price multiplies: "county", "village" (reached),
    "household" (reached), "seat", "post" (per 1,000 households) or "nothing". A lever with upkeep is capital: price is paid once a
    reached village as it is built, upkeep yearly on what stands.
    """

    name: str
    pathway: str
    intensity: Quantity
    per: str
    price: Quantity
    price_default: float
    upkeep: Quantity | None = None
    upkeep_default: float = 0.0

    @property
    def reaches(self) -> bool:
        """Whether it acts village by village, so that a scenario may say which share of them it reaches."""
        return self.per in ("village", "household", "seat") or self.name == "posts"

    @property
    def chooses(self) -> bool:
        """Whether it is given to single households, so that a scenario may say to which share of a village's."""
        return self.per in ("household", "seat") or self.name == "champions"


class LeverSetting(NamedTuple):
    """How a scenario uses a lever: months count from the end of spin-up; money in yuan; end None = never."""

    intensity: float
    start: int = 0
    end: int | None = None
    ramp: int = 0
    reach: float = 1.0
    within: float = 1.0
    unit_cost: float | None = None
    maintenance: float | None = None


def _share(meaning: str, source: str = _SWEPT, grade: str = "C") -> Quantity:
    return Quantity("share", meaning, 0.0, 1.0, source, grade)


def _yuan(unit: str, meaning: str, low: float, high: float, source: str = _SWEPT, grade: str = "C") -> Quantity:
    return Quantity(unit, meaning, low, high, source, grade)


def _nothing() -> Quantity:
    return Quantity("yuan/month", "costs nothing by itself", 0.0, 0.0, "by definition", "A")


_HENGXIAN = "Hengxian county plan 2016: 150 village points at 10,000 yuan; 10,000 in Anxi 2020; other plans up to 20,000"
_VARIED = "varied over its range in experiments/"
_MOFCOM = "national demonstration counties: 15-20 million yuan over two years, about 3,000 trainee-times"

LEVERS: tuple[Lever, ...] = (
    Lever("coordination", "policy", _share("how far commerce, civil affairs and agriculture plan together"),
          "county", _yuan("yuan/month/1000 households", "a joint office", 0, 5000), 300.0),
    Lever("continuity", "policy", _share("how far a dedicated fund makes the yearly money certain"),
          "county", _yuan("yuan/month/1000 households", "keeping the fund's own books", 0, 5000), 100.0),
    Lever("award", "policy", _share("share of the yearly money held back and paid by rating (award for performance)",
          "Henan rule 2025/17: four instalments by yearly rating; national demonstration counties: the last 20 %; Zaduo, Qinghai: 15 % after a mid-term rating and 5 % held", "A"),
          "county", _yuan("yuan/month/1000 households", "yearly rating", 0, 5000), 100.0),
    Lever("assessment", "policy", _share("weight of e-commerce service in the yearly assessment of posts"),
          "county", _yuan("yuan/month/1000 households", "assessing", 0, 5000), 150.0),
    Lever("startup_credit", "policy", _share("share of a seller's start-up cost that the programme carries (credit that is not called in)"),
          "household", _yuan("yuan/month/household", "set aside for claims; what nobody claims is not spent", 0, 20), 4.5),
    Lever("tax_relief", "policy", _share("share of platform taxes and registration fees waived"),
          "household", _yuan("yuan/month/household", "set aside for claims; what nobody claims is not spent", 0, 20), 0.9),
    Lever("matched_money", "policy", Quantity("yuan/yuan", "private money that each public yuan of cold chain draws in",
          0.0, 2.3, "over 30 million private yuan beside 13 million public (county digital farming 2020, Ministry of Agriculture), as if cold chain drew as much", "C"),
          "county", _yuan("yuan/month/1000 households", "brokering", 0, 5000), 100.0),
    Lever("basic_course", "training", Quantity("seat/village/month", "seats in basic courses (manuals, dialect videos)",
          0.0, 60.0, "assumption: far denser than " + _MOFCOM + ", 0.3 to 0.6 a village and month; " + _VARIED, "C"),
          "seat", _yuan("yuan/seat", "one seat of a class in the village", 30, 1500,
          "assumption: less than a trainee-time of a county's camp, 500 to 1,500; " + _VARIED), 150.0),
    Lever("camp", "training", Quantity("seat/village/month", "seats in training camps of 15 to 20",
          0.0, 20.0, "seed paper 5.2: camps of 15-20", "B"),
          "seat", _yuan("yuan/seat", "one camp seat", 500, 1500,
          "assumption: a tenth or so, by judgement, of " + _MOFCOM + "; " + _VARIED), 800.0),
    Lever("practice_group", "training", Quantity("group/village/month", "groups of 1 worker + 1 seller + 5 learners begun",
          0.0, 4.0, "seed paper 5.2: 1 + 1 + 5 for three months", "B"),
          "seat", _yuan("yuan/group", "the seller's fee and materials for three months", 300, 6000), 1500.0),
    Lever("follow_up", "training", Quantity("visit/village/month", "follow-up visits paid for (travel, materials, a lecturer's time)", 0.0, 40.0, _SWEPT, "C"),
          "seat", _yuan("yuan/visit", "one visit", 10, 300), 60.0),
    Lever("champions", "training", Quantity("person/village", "local champions supported to show what they do", 0.0, 5.0, _SWEPT, "C"),
          "village", _yuan("yuan/person/month", "a champion's allowance", 0, 1000), 150.0),
    Lever("salon", "training", Quantity("meeting/village/month", "salons and sharing meetings", 0.0, 4.0, _SWEPT, "C"),
          "village", _yuan("yuan/meeting", "room, tea and a guest", 50, 1500), 300.0),
    Lever("service_point", "logistics", _share("service points in committee offices and shops"),
          "village", _yuan("yuan/village", "fitting out a point in an existing room", 5000, 20000, _HENGXIAN, "B"), 10000.0,
          _yuan("yuan/village/year", "keeping it staffed and mended", 4800, 12000,
                "keepers paid 400-500 yuan a month part-time (Luci 2021; China Daily) to 1,000 (Shenlongwan 2021)", "B"), 5400.0),
    Lever("platform", "logistics", _share("how far parcels of all firms are pooled on one route by a unified platform"),
          "county", _yuan("yuan/month/1000 households", "software and a hub's running cost", 0, 10000), 600.0),
    Lever("squad", "logistics", _share("villages with a villagers' delivery squad paid by the piece"),
          "village", _yuan("yuan/village", "bags, scales, insurance for farm vehicles", 500, 10000), 3000.0,
          _yuan("yuan/village/year", "insurance and repair", 200, 6000), 1200.0),
    Lever("cold_chain", "logistics", _share("villages with field cold storage"),
          "village", _yuan("yuan/village", "a small field cold store", 20000, 300000), 80000.0,
          _yuan("yuan/village/year", "power and repair", 1000, 40000), 8000.0),
    Lever("sorting", "logistics", _share("routes with sorting gear"),
          "village", _yuan("yuan/village", "share of a township's sorting line", 1000, 60000), 12000.0,
          _yuan("yuan/village/year", "repair", 200, 10000), 1500.0),
    Lever("coverage", "logistics", _share("villages whose network coverage is completed"),
          "village", _yuan("yuan/village", "base stations and lines", 5000, 200000), 40000.0,
          _yuan("yuan/village/year", "power and lines", 500, 20000), 3000.0),
    Lever("posts", "workforce", Quantity("post/1000 households", "posts for social workers (or a contractor's staff)", 0.0, 4.0,
          "township stations: 2.2 workers each (2,000 in over 900, Guizhou 2022) to 3.3 (Zhenxiong, Yunnan 2021): 2.2 to 3.3 for a township of 1,000 households, 0.4 to 0.7 for one of 5,000", "B"),
          "post", _yuan("yuan/post/year", "pay, insurance and travel of one post", 45000, 160000,
          "50,000 (Guangdong civil affairs 2017/43), about 62,000 (146,000 a station of 2.4 workers, 2021), 80,700 and more in rich Dongguan", "A"), 62000.0),
    Lever("pay", "workforce", Quantity("share", "pay above the usual scale", 0.0, 0.6,
          "Guizhou pay rule 2022 (local urban wage x coefficient, so that fewer leave): sign only; " + _VARIED, "C"),
          "post", Quantity("yuan/post/year", "usual pay of a post, of which this share is added", 20000, 120000,
          "computed: about 62,000 yuan a worker-year (2021), insurance and travel taken off; plausible: what a post costs at the ends of its range, less the same quarter",
          "B", plausible=(35000, 120000)), 48000.0),
    Lever("ladder", "workforce", _share("titles, grades and promotion open to the posts"),
          "post", _yuan("yuan/post/year", "supplement of the highest grade", 0, 14400,
          "hardship allowances of 300 to 1,200 yuan a month (ksbb88: a weak source); " + _VARIED), 6000.0),
    Lever("local_hiring", "workforce", _share("share of posts held open for returnees and village officials"),
          "county", _yuan("yuan/month/1000 households", "recruiting", 0, 3000), 80.0),
    Lever("mentors", "workforce", _share("posts with a mentor from the mentor platform"),
          "post", _yuan("yuan/post/year", "part-time mentors", 0, 20000), 4000.0),
    Lever("supervision", "workforce", _share("posts under outside supervision"),
          "post", _yuan("yuan/post/year", "supervisors' fees", 0, 20000), 4000.0),
    Lever("college_course", "workforce", _share("posts sent on short e-commerce courses at a local college"),
          "post", _yuan("yuan/post/year", "course fees", 0, 20000), 2000.0),
    Lever("demand_partnership", "market", _share("how far an eastern city or platform buys and features the county's goods"),
          "county", _yuan("yuan/month/1000 households", "fairs, samples, featuring fees", 0, 20000), 1500.0),
    Lever("advertising", "benchmark", _share("the urban template: city live-stream bases and bought traffic"),
          "county", _yuan("yuan/month/1000 households", "base rent, hosts, traffic", 0, 100000), 15000.0),
    Lever("cash", "benchmark", Quantity("yuan/household/month", "the same money, as cash to households", 0.0, 500.0, "by definition", "A"),
          "household", Quantity("yuan/yuan", "cash costs what it gives", 1.0, 1.0, "by definition", "A"), 1.0),
    Lever("fund_cut", "shock", _share("share of the yearly money that does not come"), "nothing", _nothing(), 0.0),
    Lever("price_crash", "shock", _share("fall of the reference price of farm goods"), "nothing", _nothing(), 0.0),
    Lever("fee_rise", "shock", _share("rise of the platform's fee and traffic cost, as a share of sales"), "nothing", _nothing(), 0.0),
    Lever("road_closure", "shock", _share("villages whose road is closed"), "nothing", _nothing(), 0.0),
    Lever("exodus", "shock", _share("share of social workers that leave, a month"), "nothing", _nothing(), 0.0),
)

BY_NAME = {lever.name: lever for lever in LEVERS}
ROW = {lever.name: row for row, lever in enumerate(LEVERS)}
# Capital: what is built in villages, wears, and is maintained. The order is the order of a village's rows in Works.
WORKS = tuple(lever.name for lever in LEVERS if lever.upkeep is not None)
# What several departments pay for, each on its own unless they coordinate.
SHARED = tuple(lever.name for lever in LEVERS if lever.pathway in ("training", "logistics", "market"))
# What spends the sums that people were paid, not the sum that was granted.
ITEMISED = ("posts", "pay", "ladder", "champions", "cash", "startup_credit", "tax_relief")
