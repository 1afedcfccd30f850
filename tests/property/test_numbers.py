from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.store import numbers


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.tuples(st.lists(st.sampled_from(["isa13/a", "isa13/b", "gs06/a"]), max_size=6), st.booleans()),
        max_size=8,
    ),
    start=st.uuids(),
)
def test_no_committed_number_is_given_out_twice(store, batches, start):
    """Rolled-back units of work may burn or return numbers; what was committed never comes again."""
    given_out: dict[str, list[int]] = {}
    for sequences, crash in batches:
        taken = []
        try:
            with store.write("numbers") as tx:
                taken = [
                    (name, numbers.take(tx, f"{start}/{name}", wrap_after=999_999_999)) for name in sequences
                ]
                tx.audit()
                if crash:
                    raise RuntimeError
        except RuntimeError:
            continue
        for name, number in taken:
            given_out.setdefault(name, []).append(number)
    for issued in given_out.values():
        assert issued == sorted(set(issued))
