"""Every page of the admin, taken from its own registry: who may open it. tests/permissions asks everybody else."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.admin.conftest import SignedIn
from tests.admin.rows import person, row_of

REGISTERED = sorted(model._meta.label for model in admin.site._registry)
# The tables in which people add and change rows here; in these too, through a service for packages.
ADDED_HERE = {"tokens.Package", "auth.Group", "security.Override"} | {
    label for label in REGISTERED if label.startswith("django_celery_beat.")
}
DELETED_HERE = ADDED_HERE - {"tokens.Package", "security.Override"}


def url(label: str, page: str, *args: object) -> str:
    return reverse(f"admin:{label.lower().replace('.', '_')}_{page}", args=args)


def pages(label: str, pk: object) -> dict[str, str]:
    return {
        "changelist": url(label, "changelist"),
        "add": url(label, "add"),
        "change": url(label, "change", pk),
        "history": url(label, "history", pk),
        "delete": url(label, "delete", pk),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("label", REGISTERED)
def test_staff_see_what_they_were_given_the_right_to_see(label: str, staff: SignedIn) -> None:
    addresses = pages(label, row_of(label).pk)
    app_label, model_name = label.lower().split(".")
    viewer = staff(f"{app_label}.view_{model_name}", name="dave")
    for page in ("changelist", "change"):
        assert viewer.get(addresses[page]).status_code == 200, page
    assert viewer.get(addresses["history"]).status_code == 302
    for page in ("add", "delete"):
        assert viewer.get(addresses[page]).status_code == 403, page
    assert viewer.post(addresses["change"]).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("label", REGISTERED)
def test_superusers_see_everything_and_change_only_what_is_changed_here(
    label: str, superuser: Client
) -> None:
    addresses = pages(label, row_of(label).pk)
    for page in ("changelist", "change"):
        assert superuser.get(addresses[page]).status_code == 200, page
    assert superuser.get(addresses["history"], follow=True).status_code == 200
    assert superuser.get(addresses["add"]).status_code == (200 if label in ADDED_HERE else 403)
    assert superuser.get(addresses["delete"]).status_code == (200 if label in DELETED_HERE else 403)


@pytest.mark.django_db
def test_the_site_has_one_sign_in(client: Client, customer: Client, superuser: Client) -> None:
    sign_in = client.get("/admin/login/?next=/admin/security/alert/")
    assert (sign_in.status_code, sign_in["Location"]) == (
        302,
        "/accounts/login/?next=%2Fadmin%2Fsecurity%2Falert%2F",
    )
    assert client.get("/admin/")["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert client.get("/admin/no-such-page/")["Location"].startswith("/accounts/login/")
    assert customer.get("/admin/").status_code == 403
    assert customer.get("/admin/login/").status_code == 403
    assert superuser.get("/admin/login/")["Location"] == "/admin/"
    assert superuser.get("/admin/password_change/")["Location"] == reverse("account_change_password")
    assert superuser.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_a_dismissed_member_of_staff_is_out_at_once(staff: SignedIn) -> None:
    dave = staff("security.view_alert", name="dave")
    address = url("security.Alert", "changelist")
    assert dave.get(address).status_code == 200
    person("dave", is_staff=False)
    assert dave.get(address).status_code == 403


@pytest.mark.django_db
def test_keys_and_secrets_of_libraries_have_no_page() -> None:
    hidden = {
        "djstripe.APIKey",
        "djstripe.WebhookEndpoint",
        "socialaccount.SocialApp",
        "socialaccount.SocialToken",
        "mfa.Authenticator",
    }
    assert not hidden & set(REGISTERED)
