"""Production and sale: a seasonal harvest, a stock, online orders bounded by demand, labour and courier, the rest to the trader.

Claims A3 A5 B10 B12 E1
"""

from typing import Annotated, NamedTuple

from villagesim.arithmetic import clip, exp, whole_fen
from villagesim.declare import Quantity, rule

FRESH, DRY, CRAFT = 0, 1, 2
LIVE = 2
# As far from 0 as a margin is recorded.
WIDEST = 6.0
_SWEPT = "assumption: varied over its range in experiments/"


class SalesParameters(NamedTuple):
    """Seasons, baskets, online prices and costs, returns, spoilage, the township market."""

    peak_fresh: Annotated[float, Quantity("share", "fresh harvest in its peak month (the two beside it get half of that each)",
        0.3, 0.45, "fruit: 60 to 90 % of sales in 2 to 3 months (apples, Yan'an post; citrus, Rong county; kiwi, lychee, loquat: county news)", "B")] = 0.38
    peak_dry: Annotated[float, Quantity("share", "dry goods' harvest in their peak month (the two beside it half each)",
        0.0833, 0.25, "assumption: dry goods sell over the year (persimmon cakes October to May), their harvest less evenly, since it is stored; varied over its range in experiments/", "C")] = 0.15
    basket_fresh: Annotated[float, Quantity("yuan/parcel", "goods in one fresh parcel, at the reference price",
        19.0, 61.0, "orders of 30 to 60 yuan at retail (33.5 in Zhangzhou; 1.7 to 1.9 kg in Weishi 2022), at 1.4 to 2.2 times the trader's price, which is 0.7 of the reference price", "B")] = 30.0
    basket_dry: Annotated[float, Quantity("yuan/parcel", "goods in one dry parcel, at the reference price",
        39.0, 122.0, "orders of 60 to 120 yuan at retail (millet, Wuxiang 2016; China Daily 2018-05-22), at 1.4 to 2.2 times the trader's price, which is 0.7 of the reference price", "B")] = 60.0
    basket_craft: Annotated[float, Quantity("yuan/parcel", "goods in one craft or gift parcel, at the reference price",
        78.0, 204.0, "gift boxes of 120 to 200 yuan at retail (168 in Hengfeng 2019; Xinhua), at 1.4 to 2.2 times the trader's price, which is 0.7 of the reference price", "B")] = 110.0
    demand: Annotated[float, Quantity("yuan/month", "goods a plain beginner can sell online a month, at the reference price",
        30.0, 1500.0, "novices: 0 to 5 orders a show, by judgement (2,100 yuan with hired hosts, Xixiang 2020); 5,200 yuan sent a point and year (Huzhu, Qinghai 2019)", "B")] = 570.0
    demand_skill: Annotated[float, Quantity("1", "how far full second and third rungs multiply demand", 0.0, 20.0,
        "steady sellers about 4,000 yuan a month (Zoucheng 2017)", "B")] = 3.7
    demand_supply: Annotated[float, Quantity("share", "part of demand that goes with supply: buyers and platforms favour who can keep shipping", 0.0, 1.0,
        "farmers offered a trading platform: only the largest use it (Uganda, 110 sub-counties by lot; Bergquist, McIntosh): sign only; varied over its range in experiments/", "C")] = 0.48
    supply_usual: Annotated[float, Quantity("yuan/year", "marketable output at which that part counts as one", 5000.0, 40000.0,
        "by definition: the usual marketable output of a household (world.output); varied over its range in experiments/", "C")] = 21000.0
    demand_live: Annotated[float, Quantity("1", "how far live-streaming multiplies demand", 1.0, 6.0, _SWEPT, "C")] = 1.8
    demand_brand: Annotated[float, Quantity("1", "how far a full village brand multiplies demand", 0.0, 6.0, _SWEPT, "C")] = 1.5
    ramp: Annotated[float, Quantity("month", "months until half of a seller's public is found",
        1.0, 9.0, "a few orders a day at first, steady after 3 to 9 months (Zoucheng 2017), half of it earlier", "B")] = 3.0
    luck_spread: Annotated[float, Quantity("1", "spread of persistent luck in the logarithm of demand",
        0.0, 1.5, "under 1 % of newly verified sellers become successful firms (a platform, about 2019-20; yjin.io)", "B")] = 0.55
    crowding: Annotated[float, Quantity("1", "fall of visibility where all households of the village sell alike", 0.0, 30.0, _SWEPT, "C")] = 10.0
    price_skill: Annotated[float, Quantity("share", "price gained by a full third rung", 0.0, 0.4, _SWEPT, "C")] = 0.08
    price_brand: Annotated[float, Quantity("share", "price gained by a full village brand",
        0.0, 0.45, "labelled rice sells for more online (Ge et al. 2025, Economic Geography 45(7)): sign only; 0.05 to 0.25 by judgement, varied over its range in experiments/", "C",
        plausible=(0.05, 0.25))] = 0.12
    price_cheat: Annotated[float, Quantity("share", "price gained by shipping poor quality", 0.0, 0.4, _SWEPT, "C")] = 0.12
    price_common: Annotated[float, Quantity("share", "spread of the price shock that all share", 0.0, 0.4, _SWEPT, "C")] = 0.10
    price_own: Annotated[float, Quantity("share", "spread of a seller's own price shock", 0.0, 0.6, _SWEPT, "C")] = 0.15
    price_luck: Annotated[float, Quantity("share", "spread of persistent luck in the price", 0.0, 0.4, _SWEPT, "C")] = 0.08
    fresh_bonus: Annotated[float, Quantity("share", "retail price of fresh goods above the common ratio",
        0.0, 0.5, "loquat at 20 yuan a jin online against 10 from the trader (Deqing 2019), other goods 1.4 to 2.2 times the trader's price", "B",
        plausible=(0.0, 0.12))] = 0.1
    commission: Annotated[float, Quantity("share", "platform commission",
        0.006, 0.05, "assumption: 0.6 to 5 %, rates not readable; varied over its range in experiments/", "C")] = 0.03
    traffic: Annotated[float, Quantity("share", "promotion cost of sales",
        0.05, 0.3, "promotion 10 to 30 % of cost for 40 % of small sellers (Taobao 2012, 75 sellers: a weak source)", "C")] = 0.135
    packaging: Annotated[float, Quantity("yuan/parcel", "box, ice or filler", 0.5, 10.0,
        "assumption: logistics take 0.08 to 0.20 of a dry order's price by judgement, freight of 5 to 6 yuan among it, so 1 to 10; varied over its range in experiments/", "C",
        plausible=(1.0, 10.0))] = 2.5
    packaging_fresh: Annotated[float, Quantity("yuan/parcel", "more for fresh goods: foam, ice, speed",
        0.0, 30.0, "logistics over 40 % of a mango's online price (Hainan 2025), fresh 0.30 to 0.55; keep-fresh fee 0 to 5 yuan, cold freight 25 to 90 by distance (Guangdong 2025)", "B",
        plausible=(5.0, 17.0))] = 10.0
    tax: Annotated[float, Quantity("share", "platform taxes and fees without relief", 0.0, 0.05, _SWEPT, "C")] = 0.01
    returns: Annotated[float, Quantity("share", "returned or refunded sales of dry goods",
        0.02, 0.05, "assumption: dry 0.02 to 0.05 by judgement; varied over its range in experiments/", "C")] = 0.035
    returns_fresh: Annotated[float, Quantity("share/day", "more refunds for fresh goods per day on the way without a cold chain",
        0.0, 0.06, "assumption: fresh refunds 0.03 to 0.12 by judgement, over some four days; varied over its range in experiments/", "C",
        plausible=(0.0075, 0.03))] = 0.022
    transit_line: Annotated[float, Quantity("day", "days from the county seat to the buyer", 0.5, 6.0, _SWEPT, "C")] = 2.0
    transit_road: Annotated[float, Quantity("km/day", "road to the county seat that a parcel makes in a day, sorting on the way included",
        30.0, 400.0, _SWEPT, "C")] = 100.0
    market_days: Annotated[float, Quantity("visit/week", "trips to the township of one whose village no route serves more often",
        0.5, 7.0, "assumption: township fairs every fifth day; varied over its range in experiments/", "C")] = 1.4
    returns_live: Annotated[float, Quantity("share", "more returns from live-streaming", 0.0, 0.2, _SWEPT, "C")] = 0.04
    live_hours: Annotated[float, Quantity("1", "how far live-streaming multiplies the hours per yuan of goods sold", 1.0, 9.0,
        "assumption: about 3 h on air almost daily besides packing (Pu'an, Guizhou 2018; China Daily) are 8 to 9 times the hours; a sideline shows far less; varied over its range in experiments/", "C")] = 1.8
    returns_skill: Annotated[float, Quantity("share", "part of returns that full second-rung skill avoids", 0.0, 0.9, _SWEPT, "C")] = 0.5
    returns_delay: Annotated[float, Quantity("share", "more refunds when nothing is carried in time", 0.0, 0.4, _SWEPT, "C")] = 0.12
    help_from: Annotated[float, Quantity("parcel/month", "parcels a household packs itself", 2.0, 300.0, _SWEPT, "C")] = 10.0
    help_pay: Annotated[float, Quantity("yuan/parcel", "paid for packing and customer service of one parcel",
        1.25, 4.5, "10 kg packed a person-hour (Lixian, Gansu 2020; Xinhua), packers 100 to 200 yuan a day (Weishi 2022; IOL), 1.8 kg an order: 1 to 5 yuan; a piece packed alone 0.2 to 0.6 by judgement", "B")] = 2.5
    help_shared: Annotated[float, Quantity("share", "part of that pay that full teamwork saves", 0.0, 0.8, _SWEPT, "C")] = 0.3
    spoilage: Annotated[float, Quantity("share", "part of its product's monthly loss that fresh goods suffer unsold", 0.1, 1.0, _SWEPT, "C")] = 0.6
    cold_saves: Annotated[float, Quantity("share", "part of spoilage and refunds that a cold store avoids",
        0.2, 0.9, "fresh losses 20 to 30 % (China 2019) against about 5 % with a cold chain; 10-25 % against 3-8 % in a weaker source", "B")] = 0.8
    hold: Annotated[float, Quantity("share", "online stock of durable goods kept for another month", 0.0, 0.98, _SWEPT, "C")] = 0.85
    input_share: Annotated[float, Quantity("share", "cost of inputs in output at the reference price",
        0.24, 0.39, "assumption: 0.35 to 0.55 of output at the farm gate by judgement, and that is 0.7 of the reference price; near its lower end, for a third of income is household business (34.3 %, 2023; NBS); varied over its range in experiments/", "C")] = 0.25
    low_savings: Annotated[float, Quantity("month", "months of inputs in savings below which inputs are taken on credit", 0.0, 24.0, _SWEPT, "C")] = 1.0
    credit_share: Annotated[float, Quantity("share", "inputs that the trader lends to one who is short",
        0.0, 1.0, _SWEPT, "C")] = 0.5
    credit_most: Annotated[float, Quantity("month", "months of inputs owed from which on the trader lends no more", 0.0, 24.0, _SWEPT, "C")] = 6.0
    repay_share: Annotated[float, Quantity("share", "sales to the trader kept to pay back debt", 0.0, 1.0, _SWEPT, "C")] = 0.4
    record_weight: Annotated[float, Quantity("share", "weight of a month's margin in a seller's record of its margins", 0.05, 1.0, _SWEPT, "C")] = 0.25


@rule
def price_luck(z_common_shock):
    """Standardised luck of this month's prices that all sellers share [1]."""
    return z_common_shock


@rule
def basket(product, p):
    """Goods in one parcel of the product, at the reference price [yuan/parcel]."""
    worth = p.basket_dry
    if product == FRESH:
        worth = p.basket_fresh
    if product == CRAFT:
        worth = p.basket_craft
    return worth


@rule
def season_weight(product, harvest, season, p):
    """Share of a year's output that ripens this month [share]; the twelve months add up to one."""
    apart = season - harvest
    if apart < 0:
        apart = -apart
    if apart > 6:
        apart = 12 - apart
    peak = p.peak_fresh if product == FRESH else p.peak_dry
    if product == CRAFT:
        return 1.0 / 12.0
    if apart == 0:
        return peak
    if apart == 1:
        return 0.5 * peak
    return (1.0 - 2.0 * peak) / 9.0


@rule
def online_quote(product, mode, output, skill_operation, skill_business, luck, months_online, village_sellers, village_households,
                 village_variety, village_brand, village_parcel_price, village_haul_price, county_crowding,
                 county_demand, p):
    """Cost of shipping [yuan/yuan of goods] and demand a seller would meet [yuan/month at the reference price].

    Demand grows with supply, skill, brand, live-streaming and time, and falls with look-alike sellers.
    """
    parcel = village_parcel_price + village_haul_price + p.packaging
    if product == FRESH:
        parcel = parcel + p.packaging_fresh
    alike = village_sellers / max(1, village_households) * (1.0 - village_variety)
    seen = 1.0 / (1.0 + p.crowding * alike + county_crowding)
    found = 1.0 if mode == 0 else (months_online + 1.0) / (months_online + 1.0 + p.ramp)
    reach = 1.0 + p.demand_skill * 0.5 * (skill_operation + skill_business) + p.demand_brand * village_brand
    live = p.demand_live if mode == LIVE else 1.0
    steady = 1.0 - p.demand_supply + p.demand_supply * 2.0 * output / (output + p.supply_usual)
    wanted = p.demand * steady * reach * live * seen * found * county_demand * exp(p.luck_spread * luck)
    return parcel / basket(product, p), wanted


@rule
def harvest_month(product, output, stock, savings, debt, village_harvest, county_season, trader_active, p):
    """Goods on hand after this month's harvest [yuan at the reference price]; inputs bought and borrowed [fen].

    Inputs are bought evenly over the year; one who is short takes them on the trader's credit.
    """
    ripe = output * season_weight(product, village_harvest, county_season, p)
    inputs = whole_fen(output * (p.input_share * (1.0 / 12.0)))
    short = savings < int(p.low_savings * inputs)
    lent = int(inputs * p.credit_share) if (short and trader_active == 1 and debt < p.credit_most * inputs) else 0
    return stock + ripe, inputs, lent


@rule
def transit_time(distance_county, courier_serving, courier_visits, p):
    """Days from the seller's door to the buyer's [day]: half the time between two rounds or own trips; road; line."""
    rounds = max(courier_visits, p.market_days) if courier_serving else p.market_days
    return 0.5 * 7.0 / rounds + distance_county / p.transit_road + p.transit_line


@rule
def lost_on_the_way(transit, cold_chain, p):
    """Share of fresh goods that spoil between the seller's door and the buyer's, and are refunded [share]."""
    return p.returns_fresh * transit * (1.0 - p.cold_saves * cold_chain)


@rule
def ships_poor_quality(mode, honest, village_norm, u_cheat):
    """Does an opportunist ship poor quality this month [yes/no]; a norm holds it back."""
    return mode > 0 and honest == 0 and u_cheat > village_norm


@rule
def hours_of_selling(mode, p, p_choice):
    """Hours that a yuan of goods sold online takes [hour/yuan]: live-streaming takes more."""
    return p_choice.variable_hours * (p.live_hours if mode == LIVE else 1.0)


@rule
def online_orders(product, mode, share, stock, demand, adults, away, village_fill, u_order, p, p_choice):
    """Orders shipped, and unshipped for want of a courier who carries them [parcel].

    Bounded by stock, demand and own hours. They are whole parcels, as many on average as these bounds allow: luck rounds
    up or down, so that a shop with demand for a third of a parcel a month sells one in three months.
    """
    parcel_of = 1.0 / basket(product, p)
    within = p_choice.spare_hours * max(0, adults - away) / hours_of_selling(mode, p, p_choice)
    possible = min(share * stock, min(demand, within)) * parcel_of if mode > 0 else 0.0
    whole = int(stock * parcel_of)
    orders = min(whole, int(possible * village_fill + u_order))
    return orders, min(whole, int(possible + u_order)) - orders


@rule
def online_sales(product, mode, orders, access, cheats, skill_operation,
                 skill_business, luck, village_brand, village_cold_chain, village_transit, village_fill, village_parcel_price,
                 village_haul_price, village_teamwork, trader_markdown, county_retail, county_fee_level, county_common_shock,
                 rank, village_rank, lever_price_crash, lever_fee_rise, lever_tax_relief, reach_tax_relief,
                 within_tax_relief, z_sale_shock, p, p_choice):
    """One month online: goods [yuan], income and five costs [fen], margin, sold, goods [fen], hours, tax waived [fen].

    Fresh goods spoil on the way, and what is late is refunded. The margin is what a yuan of goods brought online, all
    costs taken off, over what the trader, or where none buys the township market, would have paid.
    """
    goods = orders * basket(product, p)
    price = county_retail * (1.0 - lever_price_crash) * (1.0 + (p.fresh_bonus if product == FRESH else 0.0)) * (
        1.0 + p.price_skill * skill_business + p.price_brand * village_brand + (p.price_cheat if cheats else 0.0)
        + p.price_common * county_common_shock + p.price_own * z_sale_shock + p.price_luck * luck
    )
    gross = goods * max(0.0, price)
    back = p.returns + (p.returns_live if mode == LIVE else 0.0)
    if product == FRESH:
        back = back + lost_on_the_way(village_transit, village_cold_chain, p)
    back = back * (1.0 - p.returns_skill * skill_operation) + p.returns_delay * (1.0 - village_fill)
    kept = gross * (1.0 - clip(back, 0.0, 1.0))
    platform = kept * ((p.commission + p.traffic) * county_fee_level + lever_fee_rise + access) + orders * (
        p.packaging + (p.packaging_fresh if product == FRESH else 0.0)
    )
    tax = kept * p.tax
    relieved = village_rank < reach_tax_relief and rank < within_tax_relief
    waived = tax * clip(lever_tax_relief, 0.0, 1.0) if relieved else 0.0
    parcel = orders * village_parcel_price
    haul = orders * village_haul_price
    helped = max(0.0, orders - p.help_from) * p.help_pay * (1.0 - p.help_shared * village_teamwork)
    spent = platform + tax - waived + parcel + haul + helped
    offline_price = (1.0 - lever_price_crash) * (1.0 - trader_markdown)
    margin = clip((kept - spent) / goods - offline_price, -WIDEST, WIDEST) if orders > 0 else 0.0
    return (
        goods,
        whole_fen(kept),
        whole_fen(platform),
        whole_fen(tax),
        whole_fen(parcel),
        whole_fen(haul),
        whole_fen(helped),
        margin,
        orders > 0,
        whole_fen(goods),
        goods * hours_of_selling(mode, p, p_choice),
        whole_fen(waived),
    )


@rule
def supply_at_stake(output, feasible):
    """Supply a year, and the part that could feasibly go online [fen]."""
    supply = whole_fen(output)
    return supply, (supply if feasible else 0)


@rule
def own_record(mode, sold, quit, margin, margin_smooth, months_unsold, p):
    """Smoothed margin of the present spell [yuan/yuan], and months without a sale [month].

    The first sale sets the record, later ones move it by part of the gap; one who quits keeps it for this month's talk.
    """
    if mode == 0:
        return (margin_smooth if quit else 0.0), 0
    if sold == 0:
        return margin_smooth, months_unsold + 1
    return (margin if margin_smooth == 0.0 else margin_smooth + p.record_weight * (margin - margin_smooth)), 0


@rule
def offline_sales(mode, share, stock, online_value, debt, village_perishable, village_cold_chain,
                  trader_active, trader_markdown, lever_price_crash, p):
    """Goods sold offline [yuan, fen] and spoiled, stock left [yuan]; income from trader or township, debt repaid [fen].

    What is not meant for online sale goes to the trader at once, or is hauled to the township where none buys.
    Durable goods meant for online sale wait in the stock; fresh ones are sold off before they rot.
    """
    left = max(0.0, stock - online_value)
    keeps = p.hold * (1.0 - village_perishable) if mode > 0 else 0.0
    meant = min(left, share * stock)
    waits = meant * keeps
    goods = left - waits
    lost = waits * village_perishable * p.spoilage * (1.0 - p.cold_saves * village_cold_chain)
    brought = whole_fen(goods * (1.0 - lever_price_crash) * (1.0 - trader_markdown))
    paid = brought if trader_active else 0
    return goods, whole_fen(goods), lost, waits - lost, paid, brought - paid, min(debt, int(paid * p.repay_share))
