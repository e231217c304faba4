"""Numbers and lists in the words of a story: yuan, fen per yuan of goods, percent, whom one heard."""

from typing import Any

FEN = 100
GRID = 2**20
FULL_TRUST = 255
NAMED = 3
DIGITS = 17
CALENDAR = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December")
CHANNEL = ("the trader alone", "an online shop", "live-streaming")
RUNGS = {
    "skill_basic": "first-rung skill (phone, accounts, listing)",
    "skill_operation": "second-rung skill (pictures, customer care)",
    "skill_business": "third-rung skill (brand, market)",
}
BY_SEAT = {"seat_basic": "a basic course", "seat_camp": "a training camp", "seat_group": "a practice group"}


def yuan(fen: float) -> str:
    """Money kept in fen, in whole yuan.

    >>> yuan(123456), yuan(-40)
    ('1,235 yuan', '0 yuan')
    """
    return f"{round(fen / FEN):,} yuan"


def percent(share: float) -> str:
    """A share as a whole percentage, the smallest ones marked.

    >>> percent(0.313), percent(0.001), percent(0.0)
    ('31 %', 'under 1 %', '0 %')
    """
    return "under 1 %" if 0.0 < share < 0.005 else f"{100 * share:.0f} %"


def goods_edge(edge: float, full: bool = True) -> str:
    """An edge over the trader [yuan/yuan], in fen per yuan of goods.

    >>> goods_edge(0.122), goods_edge(-0.05)
    ('12 fen more than', '5 fen less than')
    """
    fen = round(FEN * abs(edge))
    text = f"{fen} fen {'less' if edge < 0 else 'more'}"
    return f"{text} than" if full else text


def times(number: float, unit: str) -> str:
    """A count with its noun.

    >>> times(1, "parcel"), times(1200, "parcel"), times(2, "time")
    ('1 parcel', '1,200 parcels', '2 times')
    """
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def often(number: int) -> str:
    """How many times.

    >>> often(1), often(2), often(7)
    ('once', 'twice', '7 times')
    """
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def listed(parts: list[str]) -> str:
    """The parts as one phrase.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""


def plain(value: Any, unit: str) -> str:
    """A value with its unit, as a reader without the codebook would write it.

    >>> plain(0.31, "share"), plain(1, "yes/no"), plain(150000, "fen"), plain(0.1569, "yuan/yuan"), plain(None, "fen")
    ('31 %', 'yes', '1,500 yuan', '15.7 fen/yuan', 'not there')
    >>> plain(2, "person"), plain(0.25, "yuan/parcel")
    ('2 persons', '0.25 yuan/parcel')
    """
    if value is None:
        return "not there"
    if unit == "share":
        return percent(value) if value >= 0.1 or value == 0 else f"{100 * value:.2g} %"
    if unit == "yes/no":
        return "yes" if value else "no"
    if unit == "fen":
        return f"{value / FEN:,.{0 if abs(value) >= 1000 * FEN or value % FEN == 0 else 2}f} yuan"
    if unit == "yuan/yuan":
        return f"{FEN * value:.1f} fen/yuan"
    if unit.startswith("2^-20"):
        return f"{FEN * value / GRID:.1f} fen/yuan"
    if unit == "k":
        return f"{value / FULL_TRUST:.2f} of full trust"
    if unit.isalpha() and unit not in ("code", "class", "yuan", "k") and float(value).is_integer():
        return times(int(value), unit)
    number = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:.3g}"
    return number if unit in ("1", "code", "class") else f"{number} {unit}"


def pair(here: Any, there: Any, unit: str) -> tuple[str, str]:
    """Two different values with their unit, with as many digits as it takes to tell them apart.

    >>> pair(0.31, 0.42, "share"), pair(4.5601, 4.5602, "yuan/parcel"), pair(210001, 210002, "fen")
    (('31 %', '42 %'), ('4.5601 yuan/parcel', '4.5602 yuan/parcel'), ('2,100.01 yuan', '2,100.02 yuan'))
    """
    words = plain(here, unit), plain(there, unit)
    digits = 3
    while words[0] == words[1] and here != there and digits < DIGITS:
        digits += 1
        if unit == "fen":
            words = f"{here / FEN:,.2f} yuan", f"{there / FEN:,.2f} yuan"
        elif unit == "share":
            words = f"{100 * here:.{digits}g} %", f"{100 * there:.{digits}g} %"
        else:
            words = f"{here:.{digits}g} {unit}", f"{there:.{digits}g} {unit}"
    return words


def voices(saw: dict[str, Any]) -> list[str]:
    """Whom it heard, the most trusted first, and what they told."""
    heard = sorted(((trust, who[6:-1]) for who, trust in saw.items() if who.startswith("trust[")), reverse=True)
    if not heard:
        return []
    named = [f"household {who} (trust {trust / FULL_TRUST:.1f} of 1) told of {goods_edge(saw[f'told[{who}]'] / GRID)} "
             f"the trader" for trust, who in heard[:NAMED]]
    more = f", and {len(heard) - NAMED} more" if len(heard) > NAMED else ""
    return [f"It heard results before shipping from {times(len(heard), 'household')}: {'; '.join(named)}{more}."]
