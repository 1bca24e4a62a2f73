import time

import pytest

from identity import limits
from identity.errors import IdentityUnavailable, InvalidToken
from identity.gateways import firebase
from identity.kinds import FirebaseClaims
from tests.support.google import CERTIFICATES, SigningKey, unsigned_token


def test_a_token_that_google_signed_is_read(google, project):
    token = google.id_token(
        project,
        "uid-alice",
        email=" Alice@Example.com",
        email_verified=True,
        name="Alice\x00 A." + "x" * 300,
        wallet_id="wallet-1",
    )
    claims = firebase.verify_id_token(token)
    assert claims == FirebaseClaims(
        uid="uid-alice",
        email="alice@example.com",
        email_verified=True,
        display_name=("Alice A." + "x" * 300)[: limits.DISPLAY_NAME_LENGTH_MAX],
        wallet_id="wallet-1",
    )


def test_google_is_asked_for_its_certificates_once(google, project):
    for _ in range(3):
        firebase.verify_id_token(google.id_token(project))
    assert google.requests == [CERTIFICATES]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, None),
        ({"email": "alice@example.com"}, None),
        ({"email": "alice@example.com", "email_verified": "true"}, None),
        ({"email": "not an address", "email_verified": True}, None),
        ({"email": "a\x00@example.com", "email_verified": True}, None),
        ({"email": 5, "email_verified": True, "name": 5, "wallet_id": 5}, None),
        ({"email": "alice@example.com", "email_verified": True}, "alice@example.com"),
    ],
)
def test_an_address_counts_only_if_it_is_one_and_verified(google, project, claims, expected):
    assert firebase.verify_id_token(google.id_token(project, **claims)).verified_email == expected


def _refused(google, project):
    other = SigningKey()
    valid = google.id_token(project)
    header, payload, signature = valid.split(".")
    yield "another project", google.id_token("another-project")
    yield "another issuer", google.id_token(project, iss="https://example.com/")
    yield "expired", google.id_token(project, exp=int(time.time()) - 3600)
    yield "issued in the future", google.id_token(project, iat=int(time.time()) + 3600)
    yield "no expiry that is a time", google.id_token(project, exp="soon")
    yield "unknown key", google.id_token(project, key=other)
    other.kid = google.key.kid
    yield "another key under Google's id", google.id_token(project, key=other)
    yield "unsigned", unsigned_token(project)
    yield "signature cut off", f"{header}.{payload}."
    yield (
        "claims of another token",
        f"{header}.{google.id_token(project, 'uid-bob').split('.')[1]}.{signature}",
    )
    yield "key id of no type", google.key.sign({"alg": "RS256", "kid": ["x"]}, {"aud": project})
    yield "claims that are a list", google.key.sign({"alg": "RS256", "kid": "x"}, [])
    yield "no subject", google.id_token(project, sub="")
    yield "subject that names no document", google.id_token(project, "a/b")
    yield "subject with a line end", google.id_token(project, "a\nb")
    yield "too long", google.id_token(project, padding="x" * limits.ID_TOKEN_LENGTH_MAX)
    yield "no token", ""
    yield "nonsense", "a.b.c"
    yield "not ASCII", "ä.ö.ü"


def test_any_other_token_is_refused(google, project):
    for why, token in _refused(google, project):
        with pytest.raises(InvalidToken):
            pytest.fail(f"{why}: {firebase.verify_id_token(token)}")


def test_a_clock_that_is_a_little_off_is_forgiven(google, project):
    assert firebase.verify_id_token(google.id_token(project, iat=int(time.time()) + 5)).uid == "uid-alice"


@pytest.mark.parametrize("answer", [(503, b"{}"), (200, b"<html>a captive portal</html>")])
def test_without_googles_certificates_nobody_is_judged(google, project, answer):
    token = google.id_token(project)
    google.answer_instead = answer
    with pytest.raises(IdentityUnavailable):
        firebase.verify_id_token(token)
    google.answer_instead = None
    assert firebase.verify_id_token(token).uid == "uid-alice"


def test_with_google_out_of_reach_nobody_is_judged(google, project, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(IdentityUnavailable):
        firebase.verify_id_token(google.id_token(project))


def test_the_emulators_unsigned_tokens_pass_in_a_sandbox_only(project, settings, monkeypatch):
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9")
    token = unsigned_token(project, "uid-bob")
    for settings.DEBUG, settings.SANDBOX in ((True, False), (False, True)):
        assert firebase.verify_id_token(token).uid == "uid-bob"
    settings.DEBUG = settings.SANDBOX = False
    with pytest.raises(IdentityUnavailable):
        firebase.verify_id_token(token)


def test_the_wallets_claim_is_set_beside_the_others(google, project):
    google.custom_claims["uid-alice"] = {"staff": True}
    firebase.set_claims(uid="uid-alice", claims={"wallet_id": "wallet-1"})
    assert google.custom_claims == {"uid-alice": {"staff": True, "wallet_id": "wallet-1"}}


def test_a_claim_is_taken_and_the_others_stay(google, project):
    google.custom_claims["uid-alice"] = {"staff": True, "wallet_id": "wallet-1"}
    firebase.set_claims(uid="uid-alice", claims={"staff": None})
    assert google.custom_claims == {"uid-alice": {"wallet_id": "wallet-1"}}


def test_a_claim_that_is_set_already_is_not_written_again(google, project):
    google.custom_claims["uid-alice"] = {"wallet_id": "wallet-1"}
    firebase.set_claims(uid="uid-alice", claims={"wallet_id": "wallet-1"})
    assert not any(path.endswith("accounts:update") for path in google.requests)


def test_a_uid_that_firebase_has_forgotten_needs_no_claim(google, project):
    firebase.set_claims(uid="uid-gone", claims={"wallet_id": "wallet-1"})
    assert google.custom_claims == {}


def test_a_claim_that_cannot_be_set_is_told(google, project):
    google.custom_claims["uid-alice"] = {}
    google.answer_instead = (403, b'{"error": {"message": "INSUFFICIENT_PERMISSION"}}')
    with pytest.raises(IdentityUnavailable):
        firebase.set_claims(uid="uid-alice", claims={"wallet_id": "wallet-1"})
    assert google.custom_claims == {"uid-alice": {}}


def test_without_credentials_of_our_own_no_claim_is_set(google, project, monkeypatch):
    google.custom_claims["uid-alice"] = {}
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(IdentityUnavailable):
        firebase.set_claims(uid="uid-alice", claims={"wallet_id": "wallet-1"})
    assert google.custom_claims == {"uid-alice": {}}
