"""Firebase ID tokens at the API."""

import pytest
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from identity.api.authentication import SessionAuthentication
from identity.models import User
from tests.support.threads import in_threads
from tokens.models import Wallet

CALL = "/api/tokens/purchases"


def _header(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.django_db
def test_the_first_sight_of_a_uid_opens_an_account_with_a_wallet(client, google, project):
    token = google.id_token(project, "uid-alice", email="alice@example.com", email_verified=True)
    for _ in range(2):
        assert client.get(CALL, headers=_header(token)).status_code == 200
    alice = User.objects.get()
    assert (alice.firebase_uid, alice.email) == ("uid-alice", "alice@example.com")
    assert (Wallet.objects.get().account.owner, Wallet.objects.get().document_id) == (alice, "uid-alice")


@pytest.mark.django_db(transaction=True)
def test_eight_first_calls_at_once_open_one_account(client, google, project):
    headers = _header(google.id_token(project, "uid-alice"))
    answers = in_threads([lambda: client.get(CALL, headers=headers).status_code] * 8)
    assert answers == [200] * 8
    assert (User.objects.count(), Wallet.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_token_for_another_project_opens_nothing(client, google, project):
    answer = client.get(CALL, headers=_header(google.id_token("another-project")))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not User.objects.exists()


@pytest.mark.django_db
def test_without_googles_certificates_the_call_may_be_made_again(client, google, project):
    headers = _header(google.id_token(project))
    google.answer_instead = (500, b"")
    answer = client.get(CALL, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not User.objects.exists()
    google.answer_instead = None
    assert client.get(CALL, headers=headers).status_code == 200


@pytest.mark.django_db
def test_a_disabled_account_is_refused(client, bearer):
    client.get(CALL, headers=bearer("uid-alice"))
    User.objects.update(is_active=False)
    answer = client.get(CALL, headers=bearer("uid-alice"))
    assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_google_is_asked_before_a_transaction_begins(client, google, project, django_db_blocker):
    """A token is judged before the database is asked for anything."""
    headers = _header(google.id_token("another-project"))
    with django_db_blocker.block():
        answer = client.get(CALL, headers=headers)
    assert answer.json()["code"] == "invalid_token"


class SessionOnlyView(APIView):
    authentication_classes = (SessionAuthentication,)


def test_where_only_sessions_count_a_stranger_is_told_401():
    answer = SessionOnlyView.as_view()(APIRequestFactory().get("/"))
    assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Session realm="api"'
