"""firestore.rules on Google's emulator: who may read what, and that no client writes the ledger's fields."""

import pytest

from tests.firestore.all_cases import cases
from tests.firestore.cases import ALICE, Case, seeded
from tests.firestore.emulator import DENIED, OK, Content, Project, value

pytestmark = pytest.mark.emulator

CASES = cases()
TOO_LARGE = 400


@pytest.fixture(scope="module")
def project() -> Project:
    return seeded(Project())


@pytest.fixture(scope="module")
def documents(project: Project) -> dict[str, Content]:
    """What there is before each test: a test that may write puts it back."""
    return project.everything()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_rules_answer(project: Project, documents: dict[str, Content], case: Case) -> None:
    assert case.ask(project) == (OK if case.allowed else DENIED)
    if case.allowed:
        seeded(project)
    else:
        assert project.everything() == documents


def test_no_document_grows_beyond_what_firestore_takes(
    project: Project, documents: dict[str, Content]
) -> None:
    """And with it nothing that came along: a megabyte is more than the server's own fields need."""
    big = {"name": "x" * 2**20}
    assert project.commit([project.merge("users/alice", big)], ALICE) == TOO_LARGE
    assert project.commit([project.merge("users/alice", {**big, "tokenBalance": 99})], ALICE) != OK
    assert project.everything() == documents


def test_a_batch_is_taken_whole_or_not_at_all(project: Project) -> None:
    own, other = (project.merge(f"users/{name}", {"name": "Al"}) for name in ("alice", "bob"))
    assert project.commit([own, other], ALICE) == DENIED
    assert project.content("users/alice")["name"] == value("Alice")
