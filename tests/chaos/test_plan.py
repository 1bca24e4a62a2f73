"""A campaign's plan comes from its seed alone."""

from tests.chaos.plan import KILLS, SORTS, TROUBLES_MAX, plan


def test_the_same_seed_plans_the_same_and_another_something_else():
    assert plan(1, 50) == plan(1, 50)
    assert plan(1, 50) != plan(2, 50)


def test_a_part_of_a_campaign_is_planned_as_in_the_whole():
    assert plan(7, 200)[:10] == plan(7, 10)


def test_every_cycle_kills_and_every_kind_of_fault_has_its_turn_in_a_campaign():
    cycles = plan(1, 200)
    for cycle in cycles:
        kinds = [fault.kind for fault in cycle.faults]
        assert len([kind for kind in kinds if kind in KILLS]) == 1
        assert len(kinds) == len(set(kinds)) <= 1 + TROUBLES_MAX
    assert {fault.kind for cycle in cycles for fault in cycle.faults} == SORTS.keys()


def test_only_the_faults_that_are_asked_for_are_planned():
    assert {fault.kind for cycle in plan(1, 20, ["kill"]) for fault in cycle.faults} == {"kill"}
