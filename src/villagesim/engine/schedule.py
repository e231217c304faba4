"""The month as one list, in the order of `mechanisms/`. Every engine executes it; the tests check what it declares.

`last` names what a phase reads of last month: state of other rows or tables that a later phase of this month writes.
A row's own old state is not named: every rule takes old values in and gives new values out.
"""

from collections.abc import Callable

from villagesim.draws import Purpose
from villagesim.engine import exchange
from villagesim.engine.phases import Exchange, Phase, RowPhase
from villagesim.levers import ROW, WORKS
from villagesim.mechanisms import (
    accounts,
    brand,
    choice,
    employment,
    influence,
    logistics,
    policy,
    sales,
    traders,
    training,
    workforce,
)


def _rows(table: str, rule: Callable, writes: str, why: str, last: str = "") -> RowPhase:
    return RowPhase(table, rule, tuple(writes.split()), why, tuple(last.split()))


def _sum(into: str, values: str, keys: str, why: str, last: str = "") -> Exchange:
    return Exchange(exchange.total_by, (into, values, keys), why, last=tuple(last.split()))


def _all(into: str, values: str, why: str, row: int = 0, last: str = "") -> Exchange:
    return Exchange(exchange.total, (into, values), why, constants=(row,), last=tuple(last.split()))


def _seats(into: str, places: str, queue: str, keys: str, purpose: Purpose, why: str) -> Exchange:
    return Exchange(exchange.ration, (into, places, queue, keys), why, purpose=purpose)


POLICY: tuple[Phase, ...] = (
    _rows("county", policy.yearly_grant,
          "fund held_back grant returned sellers_before coordination money_months",
          "money comes before anything is spent; departments coordinate as well as last month's money let them",
          last="county.sellers levers.delivered"),
    _rows("households", policy.gets_phone, "phone", "phones spread whatever the programme does"),
    _rows("works", policy.networks_spread, "ordinary", "what the nation builds, the programme need not"),
    _rows("works", policy.works_need, "need built need_later", "what villages lack decides what works would cost",
          last="works.condition"),
    _sum("levers.need", "works.need", "works.lever", "one lever pays for one kind of work in all villages"),
    _sum("levers.need_later", "works.need_later", "works.lever", "works are finished and kept up to the year's end"),
    _rows("townships", policy.seats_need, "buys need need_later", "seats that wait for applicants are not bought again",
          last="townships.camp_seats"),
    _all("levers.need", "townships.need", "one lever pays for the camps of all townships", row=ROW["camp"]),
    _all("levers.need_later", "townships.need_later", "one lever pays for the camps of all townships", row=ROW["camp"]),
    _rows("levers", policy.lever_cost, "cost later", "a lever's cost is known before money is granted"),
    Exchange(exchange.spend_by_priority,
             ("levers.granted", "county.fund", "levers.cost", "levers.later", "levers.priority"),
             "money must last the year: when it is short, levers shrink in the order that the scenario names"),
    _rows("levers", policy.lever_delivered, "delivered", "what the money buys, duplication taken off"),
    _rows("works", policy.works_condition, "condition", "works are built, kept up or wear"),
    *(Exchange(exchange.unfold, (f"villages.{name}", "works.condition"), "a village has what stands in it",
               constants=(kind, len(WORKS))) for kind, name in enumerate(WORKS)),
)

WORKFORCE: tuple[Phase, ...] = (
    _rows("workers", workforce.leaves_post, "open filled contractor left part", "posts close and people leave first",
          last="workers.caseload workers.grade workers.origin"),
    _rows("workers", workforce.fills_post, "filled generation origin tenure social online grade hired",
          "a post left this month can be filled this month"),
    _rows("workers", workforce.gains_competence,
          "tenure social online grade serves social_steps online_steps",
          "a month served is a month learned, from colleagues as they were last month",
          last="county.staff county.staff_online county.staff_social"),
    _all("county.staff", "workers.serves", "colleagues"),
    _all("county.staff_social", "workers.social_steps", "what colleagues know of social work"),
    _all("county.staff_online", "workers.online_steps", "what colleagues know of e-commerce"),
    _rows("workers", workforce.service_hours, "hours base_pay extra_pay supplement overhead",
          "hours and pay of those who hold a post now"),
    _all("county.posts_open", "workers.open", "villages are dealt to the posts that are open"),
    _rows("villages", workforce.assigned_post, "worker assigned", "who serves which village"),
    _rows("villages", workforce.visit_conditions,
          "served by_contractor lost_worker caseload productivity competence_social competence_online",
          "roads, coverage and points decide what an hour is worth"),
    _sum("workers.caseload", "villages.caseload", "villages.worker", "hours are shared by households"),
    _rows("villages", workforce.hours_by_service,
          "hours_casework hours_group hours_organising hours_linking hours_follow_up", "the service mix"),
)

TRAINING: tuple[Phase, ...] = (
    _rows("villages", training.seats_offered,
          "seats_basic seats_group visits champions meetings teaching guidance",
          "what is offered before anyone applies; practice groups need sellers of last month", last="villages.sellers"),
    _rows("households", training.applies, "class_basic waits_camp class_camp class_group class_visit class_champion",
          "households queue on what they are at the start of the month; who had no camp seat last month waits on",
          last="households.group_months households.margin_smooth households.mode households.months_online "
               "households.seat_camp households.skill_basic households.skill_operation households.trained "
               "households.trust_worker"),
    _sum("townships.applicants", "households.waits_camp", "households.township", "a township keeps one list"),
    _rows("townships", training.camps_held, "seats_camp camp_seats", "a camp is held when enough households apply"),
    _seats("households.seat_basic", "villages.seats_basic", "households.class_basic", "households.village",
           Purpose.SEAT_BASIC, "basic seats are rationed"),
    _seats("households.seat_camp", "townships.seats_camp", "households.class_camp", "households.township",
           Purpose.SEAT_CAMP, "camp seats are rationed"),
    _seats("households.seat_group", "villages.seats_group", "households.class_group", "households.village",
           Purpose.SEAT_GROUP, "group places are rationed"),
    _seats("households.visited", "villages.visits", "households.class_visit", "households.village",
           Purpose.SEAT_VISIT, "visits are rationed"),
    _seats("households.champion", "villages.champions", "households.class_champion", "households.village",
           Purpose.SEAT_CHAMPION, "champions are chosen among proven sellers"),
    _rows("households", training.learns, "skill_basic skill_operation skill_business group_months trained",
          "what ties showed last month is learned with this month's lessons",
          last="households.mode households.taught_trust"),
    _rows("households", training.relationship, "trust_worker", "trust is earned by contact, and lost with the person"),
    _rows("villages", training.teamwork_month, "teamwork variety", "salons and organising"),
)

INFLUENCE: tuple[Phase, ...] = (
    _rows("county", influence.media_luck, "media_shock", "one piece of news reaches all"),
    _rows("households", influence.tells_result, "tells told teaches", "last month's results are this month's talk",
          last="households.margin households.margin_smooth households.quit households.shipping "
               "households.sold"),
    Exchange(exchange.push, ("households.heard", "households.heard_trust", "households.heard_flat", "households.voices",
             "households.tells", "households.told", "ties.speaker", "ties.listener", "ties.trust"),
             "results travel along ties, bad ones too", fills=4),
    Exchange(exchange.push_trust, ("households.taught_trust", "households.teaches", "ties.speaker", "ties.listener",
             "ties.trust"), "understanding spreads from those who know"),
    Exchange(exchange.total_where, ("villages.champion_tells", "households.tells", "households.champion",
             "households.village"), "a champion's result is seen by more"),
    Exchange(exchange.total_where, ("villages.champion_told", "households.told", "households.champion",
             "households.village"), "a champion's result is seen by more"),
    _rows("households", influence.believes, "belief_mean belief_precision trust_online",
          "what was heard this month moves the belief on which this month's choice rests"),
)

CHOICE: tuple[Phase, ...] = (
    _rows("villages", logistics.parcel_price, "parcel_price haul_price fill",
          "prices that a sender sees: the route as last month left it",
          last="couriers.serving couriers.fee couriers.fill"),
    _rows("households", sales.online_quote, "shipping demand", "cost and demand are seen before choosing",
          last="county.crowding county.demand households.mode households.months_online villages.brand "
               "villages.sellers"),
    _rows("households", choice.access_cost, "access", "access is a cost, not a gate"),
    _rows("households", choice.wanted_share, "wanted gain", "the best share, and what it is worth",
          last="households.away households.debt"),
    _rows("households", choice.realised_gain, "realised", "what selling brought up to last month is judged now",
          last="households.margin households.mode households.months_online households.online_value "
               "households.selling_hours"),
    _rows("households", choice.chooses_channel,
          "mode sells share entered quit quit_over start_cost months_online rest gear ever_online first_online "
          "feasible credit_income",
          "enter, adjust, stay out or stop", last="households.months_unsold households.savings"),
    _sum("villages.sellers", "households.sells", "households.village", "active sellers of this month"),
)

SALES: tuple[Phase, ...] = (
    _rows("county", sales.price_luck, "common_shock", "one market moves all sellers"),
    _rows("households", sales.harvest_month, "stock farm_cost borrowed", "the harvest comes before the sale",
          last="households.savings households.debt traders.active"),
    _rows("households", sales.ships_poor_quality, "cheats", "quality is decided before shipping", last="villages.norm"),
    _rows("villages", sales.transit_time, "transit", "fresh goods spoil on the way",
          last="couriers.serving couriers.visits"),
    _rows("households", sales.online_orders, "orders unshipped", "online first, in whole parcels",
          last="households.away"),
    _rows("households", sales.online_sales,
          "online_value online_income platform_cost tax_cost parcel_cost haul_cost packing_cost "
          "margin sold online_fen selling_hours relief_income",
          "online first: what is not sold online goes to the trader",
          last="villages.brand traders.markdown"),
    _rows("households", sales.own_record, "margin_smooth months_unsold", "a seller judges by its own record"),
    _rows("households", sales.offline_sales,
          "offline_value offline_fen spoiled stock trader_income market_income repaid",
          "the rest goes to the trader, or to the township", last="households.debt traders.active traders.markdown"),
    _rows("households", sales.supply_at_stake, "supply contested", "what a trader could lose"),
)

LOGISTICS: tuple[Phase, ...] = (
    _sum("villages.parcels_out", "households.orders", "households.village", "parcels leave by village"),
    _sum("villages.parcels_lost", "households.unshipped", "households.village", "latent orders count in a review"),
    _rows("villages", logistics.parcels_received, "parcels_in wanted_in", "villages buy far more than they ship",
          last="couriers.serving"),
    _rows("villages", logistics.handling_paid, "handling_pay", "keepers and squads are paid by the piece",
          last="couriers.serving"),
    _rows("villages", logistics.works_on_grid, "point_steps squad_steps gear_steps",
          "a route adds up its villages' works"),
    _sum("couriers.parcels_out", "villages.parcels_out", "villages.courier", "parcels leave by route"),
    _sum("couriers.unshipped", "villages.parcels_lost", "villages.courier", "latent orders by route"),
    _sum("couriers.parcels_in", "villages.parcels_in", "villages.courier", "parcels come by route"),
    _sum("couriers.wanted_in", "villages.wanted_in", "villages.courier", "latent deliveries by route"),
    _sum("couriers.handling", "villages.handling_pay", "villages.courier", "piece pay by route"),
    _sum("couriers.point", "villages.point_steps", "villages.courier", "works along the route"),
    _sum("couriers.squad", "villages.squad_steps", "villages.courier", "works along the route"),
    _sum("couriers.sorting", "villages.gear_steps", "villages.courier", "works along the route"),
    _sum("villages.parcel_fees", "households.parcel_cost", "households.village", "fees by village"),
    _sum("couriers.fees", "villages.parcel_fees", "villages.courier", "fees reach the route that carried the parcels"),
    _rows("couriers", logistics.route_month,
          "serving opened closed visits fee backlog fill latent latent_cost commission running_cost",
          "the route's month and its yearly review"),
)

TRADERS: tuple[Phase, ...] = (
    _sum("traders.volume", "households.offline_fen", "households.trader", "what each trader bought, or could have"),
    _sum("traders.paid", "households.trader_income", "households.trader", "what each trader paid"),
    _sum("traders.lent", "households.borrowed", "households.trader", "what each trader lent"),
    _sum("traders.collected", "households.repaid", "households.trader", "what each trader collected"),
    _sum("traders.potential", "households.supply", "households.trader", "what each trader could buy"),
    _sum("traders.contested", "households.contested", "households.trader", "what each trader could lose"),
    _sum("villages.traders", "traders.active", "traders.village", "rivals who bought in the village this month",
         last="traders.active"),
    _rows("traders", traders.trader_month,
          "active months_gone markdown volume_so_far volume_year left returned resale running_cost",
          "the margin follows this month's supply and rivals; one who leaves has bought this month"),
    _rows("households", traders.debt_month, "debt", "borrowed, repaid, with interest"),
)

EMPLOYMENT: tuple[Phase, ...] = (
    _rows("villages", employment.links_month, "links link_steps firm_orders", "firms that workers linked bring wages"),
    _sum("villages.packing_pay", "households.packing_cost", "households.village", "sellers pay for help"),
    _rows("villages", employment.jobs_offered, "pool job_wage jobs", "jobs are as many as the money pays for"),
    _rows("households", employment.seeks_job, "class_job", "who wants a local job",
          last="households.away households.job"),
    _seats("households.job", "villages.jobs", "households.class_job", "households.village", Purpose.SEAT_JOB,
           "jobs are rationed: holders, then women, elders and returnees"),
    _sum("villages.jobs_filled", "households.job", "households.village", "wages are paid for jobs that are filled"),
    _rows("villages", employment.pays_wages, "pool", "the pool pays"),
    _rows("households", employment.wage_paid, "wage_income", "the household is paid"),
    _rows("households", employment.migrates, "away departed came_back remittance",
          "people move on last year's income", last="households.income_year"),
)

BRAND: tuple[Phase, ...] = (
    _sum("villages.cheaters", "households.cheats", "households.village", "opportunists spend the common brand"),
    _rows("villages", brand.brand_month, "brand norm visitors", "quality builds, opportunism spends"),
    _rows("households", brand.visitors_spend, "tourism_income", "brand and heritage bring visitors"),
    _all("county.sellers", "villages.sellers", "sellers of the county"),
    _all("county.online_value", "households.online_fen", "what the county offered online"),
    _all("county.links", "villages.link_steps", "firms linked in the county"),
    _rows("county", brand.market_month, "crowding demand", "how crowded the market is next month"),
)

ACCOUNTS: tuple[Phase, ...] = (
    _all("county.champions", "households.champion", "allowances are shared"),
    _all("county.credit_claims", "households.credit_income", "claims are paid in full or all alike in part"),
    _all("county.relief_claims", "households.relief_income", "claims are paid in full or all alike in part"),
    _rows("households", accounts.programme_payments, "champion_income cash_income credit_income relief_income",
          "within what was granted"),
    _rows("households", accounts.household_accounts, "income consumption savings income_so_far income_year",
          "all flows of the month are known"),
    _rows("workers", accounts.post_cost, "post_cost", "what a post itself costs"),
    _rows("couriers", accounts.courier_accounts, "savings", "a route's books"),
    _rows("traders", accounts.trader_accounts, "savings", "a trader's books"),
    *(_all("levers.booked", paid, "itemised levers spend what people were paid", row=ROW[name]) for name, paid in (
        ("posts", "workers.post_cost"), ("pay", "workers.extra_pay"), ("ladder", "workers.supplement"),
        ("champions", "households.champion_income"), ("cash", "households.cash_income"),
        ("startup_credit", "households.credit_income"), ("tax_relief", "households.relief_income"))),
    _rows("levers", accounts.lever_accounts, "spent outside_spent", "spending by lever"),
    _all("county.spent", "levers.spent", "spending of the county"),
    _rows("county", accounts.county_accounts, "fund", "never below zero: levers spend within what was granted"),
)

MONTH: tuple[tuple[str, tuple[Phase, ...]], ...] = (
    ("policy", POLICY),
    ("workforce", WORKFORCE),
    ("training", TRAINING),
    ("influence", INFLUENCE),
    ("choice", CHOICE),
    ("sales", SALES),
    ("logistics", LOGISTICS),
    ("traders", TRADERS),
    ("employment", EMPLOYMENT),
    ("brand", BRAND),
    ("accounts", ACCOUNTS),
)
SCHEDULE: tuple[Phase, ...] = tuple(phase for _, phases in MONTH for phase in phases)
# What `engine.run` enters at the start of each month, from the scenario's plan and the outside series.
ENTERED = (
    "county.month", "county.season", "county.due", "county.city_wage", "county.inbound", "county.retail",
    "county.fee_level", "county.phone_gain", "county.coverage_gain", "county.point_gain", "county.media_margin",
    "levers.planned",
)
