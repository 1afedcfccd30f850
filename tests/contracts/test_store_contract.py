from gateway.store import numbers
from gateway.store.installation import schema_is_current


def test_fresh_store(any_store):
    assert schema_is_current(any_store)
    with any_store.write("numbers") as tx:
        assert [numbers.take(tx, "isa13/a", wrap_after=3) for _ in range(5)] == [1, 2, 3, 1, 2]
        tx.audit()
