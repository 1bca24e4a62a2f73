"""What it means that a check finds a fault of its kind."""

from payments.models import Discrepancy
from payments.services.reconciliation.checks import ALL
from payments.services.reconciliation.runner import CheckResult
from security.models import Alert
from tests.support.reconciling import checked, found, open_rows


def keys(result: CheckResult) -> set[tuple[str, str]]:
    return {each.key for each in result.found}


def assert_mended(check_name: str, kinds: set[str]) -> None:
    """Found and left alone; found again, as the same rows, and mended; not found any more."""
    first = checked(check_name)[check_name]
    assert {kind for kind, _ in keys(first)} == kinds
    rows = dict(Discrepancy.objects.filter(status="open").values_list("subject", "id"))
    assert {each.is_repaired for each in first.found} == {False}
    second = checked(check_name, repairs=True)[check_name]
    assert keys(second) == keys(first)
    assert {(each.is_safe, each.is_repaired) for each in second.found} == {(True, True)}
    assert found(checked(check_name)) == {}
    ended = Discrepancy.objects.filter(check_name=check_name)
    assert dict(ended.values_list("subject", "id")) == rows
    assert set(ended.values_list("status", "times_seen", "ended_by")) == {("repaired", 2, "system")}
    assert Alert.objects.get(dedup_key=check_name).kind == ALL[check_name].alert


def assert_kept_for_a_person(check_name: str, kinds: set[str]) -> None:
    """Found, told, and left alone however often it is asked to be mended: one row each."""
    first = checked(check_name, repairs=True)[check_name]
    assert {kind for kind, _ in keys(first)} == kinds
    assert {(each.is_safe, each.is_repaired) for each in first.found} == {(False, False)}
    assert open_rows(check_name) == keys(first)
    assert keys(checked(check_name, repairs=True)[check_name]) == keys(first)
    rows = Discrepancy.objects.filter(check_name=check_name)
    assert (rows.count(), set(rows.values_list("times_seen", flat=True))) == (len(keys(first)), {2})
    alert = Alert.objects.get(dedup_key=check_name)
    assert (alert.kind, alert.count) == (ALL[check_name].alert, len(keys(first)))


def assert_gone(check_name: str) -> None:
    """What a person has put right is not found any more, and its rows have ended by themselves."""
    assert found(checked(check_name)) == {}
    assert set(Discrepancy.objects.values_list("status", flat=True)) <= {"gone", "repaired"}
