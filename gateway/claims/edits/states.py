"""The edit on codes of states and provinces: a short list that the format does not say and that hardly changes."""

from collections.abc import Iterator

from gateway.claims.edits.rules import EditContext, Fault, edit
from gateway.claims.edits.walk import in_us
from gateway.model.claim import Claim

STATES = frozenset(
    {
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
        "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
        "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AS", "GU", "MP", "PR", "VI", "UM",
        "FM", "MH", "PW", "AA", "AE", "AP",
    }
)  # fmt: skip
"""The Postal Service's codes: states, the District of Columbia, territories, freely associated states, the military's."""

PROVINCES = frozenset({"AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"})


@edit(
    "P-STATE",
    snip=5,
    place="2010AA N402, 2010BA N402, 2010CA N402, 2010BB N402, 2310C N402, 2300 CLM11-4",
    text="a state is one that the Postal Service knows, a Canadian province one of the thirteen",
    bad={"subscriber.address.state": "XX"},
    good={"subscriber.address.state": "PR"},
)
def states(claim: Claim, context: EditContext) -> Iterator[Fault]:
    """A code of two letters only; other texts are for P-ADDRESS."""
    found = [
        (f"{path}.state", address.state, in_us(address), address.country)
        for path, address in context.walk.addresses(claim)
    ]
    accident = claim.accident_country
    found.append(("accident_state", claim.accident_state, accident in {None, "US", "USA"}, accident))
    for path, state, is_us, country in found:
        if state is None or len(state) != len("XX") or not state.isalpha():
            continue
        known = STATES if is_us else PROVINCES if country in {"CA", "CAN"} else {state}
        if state not in known:
            yield path, f"{state} is no {'state of the US' if is_us else 'province of Canada'}"
