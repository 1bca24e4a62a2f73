"""What Firestore took is read whole: what it showed before it was wiped is judged, too."""

from google.cloud.firestore_v1 import types

from tests.chaos.facts import Sight
from tests.chaos.reading import sights
from tests.support.firestore_proxy import Commit


def commit(nanos: int, balance: int, seq: int, version: int) -> Commit:
    numbers = {"tokenBalance": balance, "ledgerSeq": seq, "walletVersion": version}
    fields = {name: types.Value(integer_value=number) for name, number in numbers.items()}
    name = "projects/demo/databases/(default)/documents/users/alice"
    return Commit([types.Write(update=types.Document(name=name, fields=fields))], nanos)


def test_each_wipe_begins_an_era_and_none_is_forgotten():
    before = [commit(20, 230, 2, 3), commit(10, 250, 1, 2)]
    after = [commit(30, 250, 1, 2)]
    assert sights([before, after]) == {
        "alice": [Sight(0, 250, 1, 2), Sight(0, 230, 2, 3), Sight(1, 250, 1, 2)]
    }
