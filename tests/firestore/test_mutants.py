"""Whether the cases would notice: each variation of the rules with one thing wrong must fail one of them."""

from collections.abc import Sequence

import pytest

from tests.firestore.all_cases import cases
from tests.firestore.cases import Case, seeded
from tests.firestore.emulator import DENIED, OK, RULES, Project
from tests.firestore.mutants import bare, mutants

MUTANTS_MIN = 100
PARTS = 4  # so that two workers share them


def test_there_are_mutants_of_every_kind() -> None:
    found = mutants(RULES.read_text())
    assert len(found) > MUTANTS_MIN
    names = "\n".join(mutant.name for mutant in found)
    for kind in (
        "becomes 'true'",
        "becomes 'false'",
        "becomes '!(",
        "=**",
        "hasAll",
        "becomes 'allow delete",
    ):
        assert kind in names, kind
    assert {mutant.collection for mutant in found} == {
        "",
        "users",
        "transactions",
        "packages",
        "security_alerts",
    }


@pytest.mark.emulator
def test_the_rules_without_their_comments_are_no_mutant() -> None:
    assert _killer(Project(bare(RULES.read_text())), cases()) is None


@pytest.mark.emulator
@pytest.mark.parametrize("part", range(PARTS))
def test_every_mutant_is_killed_by_a_case(part: int) -> None:
    order, survivors = cases(), []
    for mutant in mutants(RULES.read_text())[part::PARTS]:
        own = [case for case in order if mutant.collection in ("", case.collection)]
        rest = [case for case in order if mutant.collection not in ("", case.collection)]
        killer = _killer(Project(mutant.source), [*own, *rest])
        if killer is None:
            survivors.append(mutant.name)
        else:  # what killed one often kills the next
            order.remove(killer)
            order.insert(0, killer)
    assert survivors == []


def _killer(project: Project, asked: Sequence[Case]) -> Case | None:
    """The first case that is answered otherwise than the rules should."""
    seeded(project)
    for case in asked:
        if case.ask(project) != (OK if case.allowed else DENIED):
            return case
        if case.allowed:
            seeded(project)
    return None
