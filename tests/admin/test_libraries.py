"""The pages of libraries' tables, in our look and under our rules."""

import pytest
from django.contrib import admin
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.celery import app
from config.signs_of_life import Timekeeper
from foundation.admin import DASH, ModelAdmin, link, pretty
from foundation.admin_lists import EstimatingPaginator
from foundation.limits import ADMIN_JSON_CHARACTERS_MAX
from tests.admin.conftest import SignedIn
from tests.admin.rows import periodic_task, row_of
from tests.admin.test_actions import answer
from tests.admin.test_who_gets_in import REGISTERED, url


def test_every_page_has_our_base() -> None:
    assert all(isinstance(page, ModelAdmin) for page in admin.site._registry.values())


@pytest.mark.django_db
def test_a_librarys_own_form_has_the_look_of_the_others(superuser: Client) -> None:
    task = periodic_task()
    page = superuser.get(url("django_celery_beat.PeriodicTask", "change", task.pk))
    form = page.context["adminform"].form
    for name in ("regtask", "task", "args", "kwargs", "priority"):
        assert "rounded" in form.fields[name].widget.attrs["class"], name


@pytest.mark.django_db
def test_a_periodic_task_is_found_and_switched_off(superuser: Client) -> None:
    task = periodic_task()
    listed = superuser.get(url("django_celery_beat.PeriodicTask", "changelist"), {"q": "watc"})
    assert len(listed.context["cl"].result_list) == 1
    form = {
        "name": "Watch",
        "regtask": "",
        "task": "security.watch",
        "interval": str(task.interval_id),
        "start_time_0": "",
        "start_time_1": "",
        "args": "[]",
        "kwargs": "{}",
        "headers": "{}",
    }
    response = superuser.post(url("django_celery_beat.PeriodicTask", "change", task.pk), form)
    assert response.status_code == 302, response.context["errors"]
    assert not PeriodicTask.objects.get().enabled


@pytest.mark.django_db
def test_a_period_set_on_its_page_outlives_a_restart_of_beat(superuser: Client) -> None:
    Timekeeper(app=app, lazy=True).setup_schedule()
    page = url(
        "django_celery_beat.PeriodicTask", "change", PeriodicTask.objects.get(name="reconcile.days").pk
    )
    shown = superuser.get(page).context["adminform"].form
    kept = ("name", "task", "args", "kwargs", "headers", "expire_seconds", "description")
    form = {name: shown[name].value() for name in kept} | {
        "enabled": "on",
        "start_time_0": "",
        "start_time_1": "",
    }
    weekly = IntervalSchedule.objects.create(every=7, period=IntervalSchedule.DAYS)
    response = superuser.post(page, form | {"interval": str(weekly.pk)})
    assert response.status_code == 302, response.context["errors"]
    Timekeeper(app=app, lazy=True).setup_schedule()
    assert PeriodicTask.objects.get(name="reconcile.days").interval == weekly


@pytest.mark.django_db
def test_who_may_only_look_runs_and_stops_no_task(staff: SignedIn, superuser: Client) -> None:
    task = periodic_task()
    bob = staff("django_celery_beat.view_periodictask", name="bob")
    page = url("django_celery_beat.PeriodicTask", "change", task.pk)
    assert bob.get(page).context["row_actions"] == []
    answer(bob, "django_celery_beat.PeriodicTask", "disable_tasks", task, reason="Mine.")
    assert PeriodicTask.objects.get().enabled
    assert "disable_tasks" in dict(superuser.get(page).context["row_actions"])
    answer(superuser, "django_celery_beat.PeriodicTask", "disable_tasks", task, reason="It floods a log.")
    assert not PeriodicTask.objects.get().enabled


@pytest.mark.django_db
@pytest.mark.parametrize("label", [label for label in REGISTERED if label.startswith("djstripe.")])
def test_stripes_objects_are_shown_as_stripe_tells_them_and_offer_no_action(
    label: str, superuser: Client
) -> None:
    row = row_of(label)
    page = superuser.get(url(label, "change", row.pk))
    assert f"&quot;object&quot;: &quot;{label.partition('.')[2]}&quot;" in page.content.decode()
    assert page.context["row_actions"] == []
    assert superuser.get(url(label, "changelist"), {"q": str(row.id)}).context["cl"].result_count == 1  # type: ignore[attr-defined]


def test_what_is_long_is_cut_and_says_so() -> None:
    assert pretty({"a": 1}).endswith('">{\n  &quot;a&quot;: 1\n}</pre>')
    cut = pretty(["x" * ADMIN_JSON_CHARACTERS_MAX])
    assert cut.endswith("\n…</pre>")
    assert len(cut) < ADMIN_JSON_CHARACTERS_MAX + 200


def test_a_link_to_nothing_is_a_dash() -> None:
    assert link("identity.User", None) == link("identity.User", "") == DASH
    assert (
        link("mirror.OutboxRow", 7) == '<a class="underline" href="/admin/mirror/outboxrow/7/change/">7</a>'
    )
    assert "&lt;b&gt;" in link("mirror.OutboxRow", 7, "<b>")


def test_a_list_that_is_no_query_is_counted_as_it_is() -> None:
    paginator = EstimatingPaginator([1, 2, 3], 2)
    assert (paginator.count, paginator.num_pages, paginator.is_estimate) == (3, 2, False)
    assert list(paginator.page(2).object_list) == [3]
