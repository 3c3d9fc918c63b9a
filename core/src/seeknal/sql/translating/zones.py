"""Time zones that engines know from releases of the IANA database, and see alike in all of them."""

from __future__ import annotations

import re

_CITY = re.compile(
    r"(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)"
    r"(/[A-Z][A-Za-z_-]*)+"
)
_REVISED = frozenset(
    f"{region}/{city}"
    for region, cities in {
        "America": "Araguaina Bahia Belem Boa_Vista Bogota Campo_Grande Cuiaba Eirunepe Fortaleza"
        " Havana Inuvik Maceio Manaus Noronha Porto_Acre Porto_Velho Rainy_River Recife Rio_Branco"
        " Santarem Sao_Paulo Winnipeg",
        "Asia": "Gaza Hebron Tehran",
        "Europe": "Dublin",
    }.items()
    for city in cities.split()
)
"""Of these, releases that are in use have other times, of the past or of years to come."""


def is_same_zone(name: str) -> bool:
    """Whether it is UTC or a city's zone; abbreviations engines read in ways of their own."""
    return name == "UTC" or (_CITY.fullmatch(name) is not None and name not in _REVISED)
