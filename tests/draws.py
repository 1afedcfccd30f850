"""The small draws that claims are made of: words in any script, codes, days, addresses, references."""

import string
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from gateway.model.claim import Address, Reference

NPIS = ("1098765435", "1555123458", "1444987659", "1333111221", "1234567893")
STATES = ("IL", "NY", "CA", "TX", "FL")
TAXONOMIES = ("207Q00000X", "208D00000X", "363L00000X")
_ROUGH = "áéíñüçßøÅŁžÆ'-. *:~^|>&/\t\u2019\u201c\u00a0"


def words(most: int, least: int = 1) -> st.SearchStrategy[str]:
    """Text that begins with letters (so that folding leaves something) and may hold anything a keyboard gives."""
    # Folding may lengthen a letter (ß, Æ) to two: half the room is for rough characters.
    head = st.text(
        string.ascii_letters, min_size=least, max_size=max(least, most - 8 if most > 16 else most // 2)
    )
    tail = st.text(string.ascii_letters + string.digits + _ROUGH, max_size=4 if most > 16 else 0)
    return st.builds(str.__add__, head, tail)


def longest(most: int) -> st.SearchStrategy[str]:
    """A word of just *most* characters."""
    return st.text(string.ascii_uppercase, min_size=most, max_size=most)


def names(most: int) -> st.SearchStrategy[str]:
    """A name: ordinary, rough, or as long as it may be."""
    return st.one_of(words(most), longest(most))


def codes(most: int, least: int = 1) -> st.SearchStrategy[str]:
    """An identifier of capitals and digits."""
    return st.text(string.ascii_uppercase + string.digits, min_size=least, max_size=most)


def digits(count: int) -> st.SearchStrategy[str]:
    """Just *count* digits."""
    return st.text(string.digits, min_size=count, max_size=count)


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """A value or None."""
    return st.none() | strategy


def amounts(most: str = "9999.99") -> st.SearchStrategy[Decimal]:
    """A charge of at least a cent."""
    return st.decimals("0.01", most, places=2)


days = st.dates(date(2016, 1, 1), date(2026, 10, 31))
births = st.dates(date(1920, 1, 1), date(2015, 12, 31))


@st.composite
def addresses(draw: st.DrawFn, nine: bool = False) -> Address:
    return Address(
        line1=draw(names(55)),
        line2=draw(maybe(names(55))),
        city=draw(words(20, 2)),
        state=draw(st.sampled_from(STATES)),
        zip=draw(digits(9) if nine else digits(5) | digits(9)),
    )


def references(*qualifiers: str, most: int = 2) -> st.SearchStrategy[tuple[Reference, ...]]:
    one = st.builds(Reference, qualifier=st.sampled_from(qualifiers), id=codes(20))
    return st.lists(one, max_size=min(most, len(qualifiers)), unique_by=lambda r: r.qualifier).map(tuple)
