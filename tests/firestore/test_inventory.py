"""Every collection that the server writes has rules and cases: the projections themselves say which there are."""

import pytest

from mirror.services import projections
from tests.admin.rows import alert, settled_purchase
from tests.firestore.all_cases import cases
from tests.firestore.cases import TOKEN_FIELDS
from tests.firestore.emulator import RULES
from tests.firestore.matrix import ALLOWED, WAYS
from tests.firestore.mutants import MATCH

DOCUMENTS_MAX = 50


@pytest.fixture
def written(db: None) -> dict[str, dict[str, object]]:
    """The collections of what every projection tells, each with the fields of one document."""
    settled_purchase()
    alert()
    found: dict[str, dict[str, object]] = {}
    for kind in projections.kinds():
        registration = projections.registration_of(kind)
        subjects = registration.subjects("", 1)
        assert subjects, f"the test knows no subject of the kind {kind!r}: make one above"
        chunk = registration.projection(subjects[0], 0, DOCUMENTS_MAX)
        assert chunk is not None
        for path, fields in [
            (chunk.subject_path, chunk.fields),
            *((it.path, it.fields) for it in chunk.documents),
        ]:
            found[path.rpartition("/")[0]] = dict(fields)
    return found


def test_what_the_server_writes_has_rules(written: dict[str, dict[str, object]]) -> None:
    ruled = {match["collection"] for match in MATCH.finditer(RULES.read_text())}
    assert written.keys() <= ruled, "a collection is written that firestore.rules does not name"
    assert ruled <= written.keys(), "firestore.rules names a collection that nothing writes"


def test_what_the_server_writes_has_cases(written: dict[str, dict[str, object]]) -> None:
    assert written.keys() <= ALLOWED.keys(), "say in tests/firestore/matrix.py who may do what there"
    asked = {case.name for case in cases()}
    for collection in written:
        for way in WAYS:
            assert f"{collection}: {way} by other" in asked


def test_no_client_writes_a_field_that_the_wallets_projection_tells(
    written: dict[str, dict[str, object]],
) -> None:
    assert sorted(written["users"]) == sorted(TOKEN_FIELDS)


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in cases()]
    assert len(names) == len(set(names))
