"""What the settings file makes of an environment."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import limits
from config.env import Process
from tests.config.settings_file import PRODUCTION, SANDBOX, read_settings


def test_a_production_environment_is_enough() -> None:
    settings = read_settings(PRODUCTION, Process.WEB)
    assert settings.DEBUG is settings.SANDBOX is False
    assert settings.ALLOWED_HOSTS == ["tokens.example.com"]
    assert settings.CSRF_TRUSTED_ORIGINS == ["https://tokens.example.com"]
    assert settings.STRIPE_LIVE_MODE is True
    assert PRODUCTION["STRIPE_SECRET_KEY"] == settings.STRIPE_LIVE_SECRET_KEY
    assert settings.STRIPE_TEST_SECRET_KEY == ""
    assert settings.EMAIL_HOST == "smtp.example.com"


def test_an_empty_environment_is_told_in_one_list() -> None:
    with pytest.raises(ImproperlyConfigured) as stop:
        read_settings({}, Process.WEB)
    named = {line.split()[1] for line in str(stop.value).splitlines()[1:]}
    assert named == set(PRODUCTION) - {"STRIPE_PUBLISHABLE_KEY"}


def test_a_sandbox_needs_less() -> None:
    settings = read_settings(SANDBOX)
    assert settings.SITE_URL == "http://localhost:8000"
    assert settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend"
    assert SANDBOX["STRIPE_SECRET_KEY"] == settings.STRIPE_TEST_SECRET_KEY


@pytest.mark.parametrize("name", ["SECRET_KEY", "STRIPE_SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_no_secret_has_a_default_even_in_a_sandbox(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name} is required"):
        read_settings(SANDBOX, **{name: None})


def test_only_the_web_process_needs_the_webhook_secret() -> None:
    assert read_settings(PRODUCTION, STRIPE_WEBHOOK_SECRET=None).STRIPE_WEBHOOK_SECRETS == []
    for empty in ("", " ", ",", " , "):
        with pytest.raises(ImproperlyConfigured, match="STRIPE_WEBHOOK_SECRET is required"):
            read_settings(PRODUCTION, Process.WEB, STRIPE_WEBHOOK_SECRET=empty)


def test_two_webhook_secrets_while_one_is_rolled() -> None:
    both = f"whsec_{'a' * 32}, whsec_{'b' * 32}"
    settings = read_settings(PRODUCTION, Process.WEB, STRIPE_WEBHOOK_SECRET=both)
    assert settings.STRIPE_WEBHOOK_SECRETS == ["whsec_" + "a" * 32, "whsec_" + "b" * 32]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_SECRET_KEY", "pk_live_" + "a" * 32),
        ("STRIPE_SECRET_KEY", "sk_live_short"),
        ("STRIPE_PUBLISHABLE_KEY", "sk_live_" + "a" * 32),
        ("STRIPE_WEBHOOK_SECRET", "we_" + "a" * 32),
        ("STRIPE_API_BASE", "localhost:9000"),
        ("SITE_URL", "https://tokens.example.com/shop"),
        ("FIREBASE_WEB_CONFIG", "apiKey"),
        ("OPERATOR_EMAILS", "alice"),
        ("TRUSTED_PROXIES", "all"),
        ("LOG_LEVEL", "LOUD"),
        ("SENTRY_DSN", "sentry"),
        ("EMAIL_URL", "mail"),
        ("MIGRATION_DATABASE_URL", "sqlite:///x"),
        ("DEBUG", "perhaps"),
    ],
)
def test_a_malformed_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        read_settings(PRODUCTION, Process.WEB, **{name: value})


def test_complaints_tell_no_secret() -> None:
    with pytest.raises(ImproperlyConfigured) as stop:
        read_settings(PRODUCTION, STRIPE_SECRET_KEY="rk_live_hush!", DATABASE_URL="mysql://app:hush@db/x")
    assert "hush" not in str(stop.value)


def test_google_sign_in_needs_both_values() -> None:
    with pytest.raises(ImproperlyConfigured, match="GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET"):
        read_settings(PRODUCTION, GOOGLE_CLIENT_ID="id")
    settings = read_settings(PRODUCTION, GOOGLE_CLIENT_ID="id", GOOGLE_CLIENT_SECRET="hush")
    assert settings.SOCIALACCOUNT_PROVIDERS["google"]["APPS"] == [{"client_id": "id", "secret": "hush"}]
    assert "https://accounts.google.com" in directives(settings)["form-action"]


def test_a_web_process_has_a_connection_for_each_thread() -> None:
    database = read_settings(PRODUCTION, Process.WEB).DATABASES["default"]
    options = database["OPTIONS"]
    assert database["ENGINE"] == "config.postgresql"
    assert options["pool"]["max_size"] >= limits.WEB_THREADS
    assert options["options"] == "-c statement_timeout=15s"


def test_workers_and_commands_have_no_pool_and_may_take_their_time() -> None:
    options = read_settings(PRODUCTION).DATABASES["default"]["OPTIONS"]
    assert options == {
        "connect_timeout": limits.DATABASE_CONNECT_SECONDS_MAX,
        "tcp_user_timeout": limits.DATABASE_UNHEARD_MILLISECONDS_MAX,
    }


def test_only_the_owners_process_connects_as_the_owner() -> None:
    owner = {"MIGRATION_DATABASE_URL": "postgresql://owner:pw@db.internal/tokens"}
    assert read_settings(PRODUCTION, Process.OWNER, **owner).DATABASES["default"]["USER"] == "owner"
    assert read_settings(PRODUCTION, Process.WEB, **owner).DATABASES["default"]["USER"] == "app"
    assert read_settings(PRODUCTION, Process.OWNER).DATABASES["default"]["USER"] == "app"


def test_https_makes_cookies_secure_and_sends_everybody_there() -> None:
    settings = read_settings(PRODUCTION)
    assert settings.SECURE_SSL_REDIRECT is True
    assert settings.SECURE_HSTS_SECONDS > 0
    assert settings.SESSION_COOKIE_SECURE is settings.CSRF_COOKIE_SECURE is True
    assert settings.SESSION_COOKIE_NAME.startswith("__Host-")


def test_plain_http_does_neither() -> None:
    settings = read_settings(SANDBOX)
    assert settings.SECURE_SSL_REDIRECT is False
    assert settings.SECURE_HSTS_SECONDS == 0
    assert settings.SESSION_COOKIE_SECURE is settings.CSRF_COOKIE_SECURE is False


def test_a_proxys_word_on_the_scheme_is_taken_only_from_a_trusted_one() -> None:
    assert read_settings(PRODUCTION).SECURE_PROXY_SSL_HEADER is None
    trusting = read_settings(PRODUCTION, TRUSTED_PROXIES="1")
    assert trusting.SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")
    assert trusting.ALLAUTH_TRUSTED_PROXY_COUNT == 1


def test_stripes_own_address_is_used_where_none_is_set() -> None:
    settings = read_settings(PRODUCTION)
    assert not hasattr(settings, "STRIPE_API_HOST")
    assert directives(settings)["form-action"] == ["'self'", "https://checkout.stripe.com"]


def test_a_stand_in_for_stripe_may_be_led_to() -> None:
    settings = read_settings(SANDBOX, STRIPE_API_BASE="http://127.0.0.1:9000/base")
    assert settings.STRIPE_API_HOST == "http://127.0.0.1:9000/base"
    assert directives(settings)["form-action"] == ["'self'", "http://127.0.0.1:9000"]


def test_the_content_policy_allows_no_inline_script_and_no_other_site() -> None:
    policy = directives(read_settings(PRODUCTION))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]


def directives(settings: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return found


def test_the_squashed_migrations_are_for_sandboxes_only() -> None:
    module = {"DJSTRIPE_MIGRATIONS": "sandbox.djstripe_migrations"}
    assert read_settings(SANDBOX, **module).MIGRATION_MODULES == {"djstripe": "sandbox.djstripe_migrations"}
    assert read_settings(PRODUCTION, **module).MIGRATION_MODULES == {}
    assert read_settings(SANDBOX).MIGRATION_MODULES == {}


def test_a_build_collects_files_under_hashed_names_without_a_secret() -> None:
    settings = read_settings({}, Process.BUILD)
    assert settings.STATIC_ROOT.name == "staticfiles"
    assert "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"]
    assert settings.WHITENOISE_USE_FINDERS is False


def test_files_are_looked_for_anew_only_where_no_customer_is() -> None:
    assert read_settings(SANDBOX).WHITENOISE_AUTOREFRESH is True
    assert read_settings(PRODUCTION).WHITENOISE_AUTOREFRESH is False


def test_passwords_are_hashed_as_django_does_it() -> None:
    assert not hasattr(read_settings(PRODUCTION), "PASSWORD_HASHERS")  # tests use one of their own, for speed


def test_publishing_to_the_broker_is_bounded() -> None:
    options = read_settings(PRODUCTION).CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["max_retries"] == 0
    assert options["socket_connect_timeout"] + options["socket_timeout"] < 1


def test_the_owner_knows_whom_to_give_rights() -> None:
    owner = "postgresql://owner:o@/tokens?host=/tmp"
    app = "postgresql://app:p@/tokens?host=/tmp"
    settings = read_settings(PRODUCTION, Process.OWNER, DATABASE_URL=app, MIGRATION_DATABASE_URL=owner)
    assert settings.DATABASES["default"]["USER"] == "owner"
    assert (settings.DATABASE_APPLICATION_USER, settings.DATABASE_APPLICATION_PASSWORD) == ("app", "p")
