"""The audit trail as staff read it, and what the pages of plain tables tell it. There is no other log."""

from datetime import timedelta
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django_celery_beat.models import PeriodicTask

from identity.kinds import SYSTEM_ACTOR, Actor, ActorKind
from identity.models import AuditRecord, User
from identity.queries.audit import records_about
from identity.services import audit
from tests.admin.conftest import SignedIn
from tests.admin.rows import NOW, alert, periodic_task, person, wallet
from tests.admin.test_actions import act, answer
from tests.admin.test_who_gets_in import url

LIST = url("identity.AuditRecord", "changelist")
TASKS = "django_celery_beat.PeriodicTask"


def told(action: str, kind: str, subject_id: object, *, actor: Actor = SYSTEM_ACTOR, **more: Any) -> str:
    """Record something; answer the record's id."""
    now = more.pop("now", NOW)
    record_id = audit.record(
        actor=actor, action=action, subject_kind=kind, subject_id=subject_id, now=now, **more
    )
    return str(record_id)


def shown(client: Client, **query: str) -> list[str]:
    return [str(record.pk) for record in client.get(LIST, query).context["cl"].result_list]


def records() -> list[tuple[str, str, dict[str, Any]]]:
    assert not LogEntry.objects.exists()
    return list(AuditRecord.objects.order_by("pk").values_list("action", "subject_id", "facts"))


@pytest.fixture
def carol(superuser: Client) -> Actor:
    """The superuser, as an actor."""
    return Actor(ActorKind.STAFF, str(person("carol").pk), "203.0.113.9")


@pytest.mark.django_db
def test_the_trail_is_searched_by_person_row_and_action(superuser: Client, carol: Actor) -> None:
    purse = wallet()
    owner = person("alice")
    frozen = told("wallet.freeze", "wallet", purse.pk, actor=carol, reason="Fraud.")
    synced = told("role.sync", "group", 1)
    by_service = told("wallet.grant", "wallet", "none", actor=Actor(ActorKind.SERVICE, "renderer"))
    assert shown(superuser) == [by_service, synced, frozen]
    assert shown(superuser, q="Carol@Example") == shown(superuser, q=carol.id) == [frozen]
    assert shown(superuser, q=str(purse.pk)) == [frozen]
    assert shown(superuser, q="role.sync") == shown(superuser, action="role.sync") == [synced]
    assert shown(superuser, q="alice@example.com") == shown(superuser, q=str(owner.pk)) == []
    assert shown(superuser, actor_kind__exact="service") == [by_service]
    assert shown(superuser, q=" ") == [by_service, synced, frozen]


@pytest.mark.django_db
def test_the_trail_is_narrowed_to_days(superuser: Client) -> None:
    told("role.sync", "group", 1, now=NOW - timedelta(days=1))
    later = told("role.sync", "group", 2)
    assert shown(superuser, at__gte=str(NOW - timedelta(hours=1))) == [later]


@pytest.mark.django_db
def test_a_record_tells_who_what_when_why_and_from_where(superuser: Client, carol: Actor) -> None:
    purse = wallet()
    record_id = told(
        "wallet.freeze", "wallet", purse.pk, actor=carol, reason="Long. " * 40, facts={"cause": "staff"}
    )
    listed = superuser.get(LIST).content.decode()
    assert "carol@example.com" in listed
    assert "Long. " * 13 + "Lo…" in listed
    page = superuser.get(url("identity.AuditRecord", "change", record_id)).content.decode()
    for known in ("carol@example.com", "203.0.113.9", "wallet.freeze", "Long. " * 39, "&quot;cause&quot;"):
        assert known in page, known
    assert url("tokens.Wallet", "change", purse.pk) in page
    nameless = told("no.page", "nothing", "7")
    assert "nothing 7" in superuser.get(url("identity.AuditRecord", "change", nameless)).content.decode()


@pytest.mark.django_db
def test_each_rows_page_leads_to_its_records(superuser: Client) -> None:
    row, other = alert("purchase-1"), alert("purchase-2")
    for each in (row, other):
        answer(superuser, "security.Alert", "acknowledge", each, reason="Mine.")
    page = url("security.Alert", "change", row.pk)
    history = url("security.Alert", "history", row.pk)
    assert history in superuser.get(page).content.decode()
    response = superuser.get(history, follow=True)
    assert [record.subject_id for record in response.context["cl"].result_list] == [str(row.pk)]
    assert [record.subject_id for record in records_about("alert", row.pk)] == [str(row.pk)]


@pytest.mark.django_db
def test_who_may_not_look_at_a_row_is_not_led_to_its_records(staff: SignedIn) -> None:
    dave = staff("identity.view_auditrecord", name="dave")
    assert dave.get(url("security.Alert", "history", alert().pk)).status_code == 403


@pytest.mark.django_db
def test_a_change_of_a_person_is_told_with_what_they_were(superuser: Client) -> None:
    alice, group = person("alice"), Group.objects.create(name="support")
    form = {"display_name": "Somebody", "is_active": "on", "is_staff": "on", "groups": [str(group.pk)]}
    form["reason"] = "She joins us."
    assert superuser.post(url("identity.User", "change", alice.pk), form).status_code == 302
    standing = {"is_staff": [False, True], "roles": [[], ["support"]]}
    assert records() == [
        ("user.set_standing", str(alice.pk), {"changed": standing}),
        ("user.change", str(alice.pk), {"changed": {"display_name": None}}),
    ]
    assert set(AuditRecord.objects.values_list("reason", flat=True)) == {"She joins us."}
    assert superuser.post(url("identity.User", "change", alice.pk), form).status_code == 302
    assert len(records()) == 2, "saving what is so already changes nothing"


@pytest.mark.django_db
def test_groups_and_tasks_tell_who_made_changed_and_deleted_them(superuser: Client) -> None:
    superuser.post(url("auth.Group", "add"), {"name": "Helpers"})
    group = Group.objects.get()
    task = periodic_task()
    assert "until somebody enables it" in act(superuser, TASKS, "disable_tasks", task).content.decode()
    answer(superuser, TASKS, "disable_tasks", task, reason=" ")
    task.refresh_from_db()
    assert task.enabled
    answer(superuser, TASKS, "disable_tasks", task, reason="It floods a log.")
    task.refresh_from_db()
    assert not task.enabled
    assert AuditRecord.objects.get(subject_kind="periodictask").reason == "It floods a log."
    both = {"action": ["", "enable_tasks"], "_selected_action": [str(task.pk)], "index": "1"}
    both |= {"_answered": "1", "reason": "It is mended."}
    superuser.post(url(TASKS, "changelist"), both)
    chosen = {"action": "delete_selected", "_selected_action": [str(task.pk)], "index": "0", "post": "yes"}
    superuser.post(url(TASKS, "changelist"), chosen)
    superuser.post(url("auth.Group", "delete", group.pk), {"post": "yes"})
    assert not PeriodicTask.objects.exists()
    assert records() == [
        ("group.add", str(group.pk), {"given": {"name": None}}),
        ("periodictask.disable_tasks", str(task.pk), {}),
        ("periodictask.enable_tasks", str(task.pk), {}),
        ("periodictask.delete", str(task.pk), {"was": "Watch: every hour"}),
        ("group.delete", str(group.pk), {"was": "Helpers"}),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_run_is_told_first_and_sent_outside_of_any_transaction(superuser: Client) -> None:
    task = periodic_task()
    sent: list[tuple[bool, list[Any]]] = []

    def look(**_: Any) -> None:
        sent.append((connection.in_atomic_block, records()))

    before_task_publish.connect(look)
    try:
        assert "whatever its schedule says" in act(superuser, TASKS, "run_tasks", task).content.decode()
        answer(superuser, TASKS, "run_tasks", task, reason="It is late.")
    finally:
        before_task_publish.disconnect(look)
    assert sent == [(False, [("periodictask.run_tasks", str(task.pk), {})])]


@pytest.mark.django_db
def test_a_person_without_an_address_is_named_by_their_uid(superuser: Client) -> None:
    dave = User.objects.create(firebase_uid="uid-of-dave", is_staff=True)
    told("wallet.freeze", "wallet", wallet().pk, actor=Actor(ActorKind.STAFF, str(dave.pk)))
    assert "uid-of-dave" in superuser.get(LIST).content.decode()
