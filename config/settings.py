"""Every setting, from the environment. `config.env` reads and checks the values."""

import logging
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext

from config import headers, limits
from config.admin_look import UNFOLD  # noqa: F401 - a setting by being here
from config.env import Environment, Process, declared
from config.logs import LogOptions
from config.rest import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - settings by being here
from config.sign_in import SIGN_IN

# Generic classes of Django and DRF take their parameters at run time as well.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ, declared())

# --- What kind of installation this is ---
DEBUG = env.boolean("DEBUG", default=False)
SANDBOX = env.boolean("SANDBOX", default=False)
LENIENT = DEBUG or SANDBOX  # some values have a default where no customer is
SECRET_KEY = env.text("SECRET_KEY")
SITE_URL = env.origin("SITE_URL", default="http://localhost:8000" if LENIENT else None)
SECURE_SITE = urlsplit(SITE_URL).scheme == "https"
ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []
TRUSTED_PROXIES = env.whole_number("TRUSTED_PROXIES", default=0, most=10)
VERSION = env.text("VERSION", default="development")
METRICS_TOKEN = env.secret(
    "METRICS_TOKEN", shape=r"[!-~]{16,255}", like="at least 16 characters without a space", default=""
)
OPERATOR_EMAILS = env.emails("OPERATOR_EMAILS")
FORGIVE_DEBT = env.boolean("FORGIVE_DEBT", default=False)

# --- Applications ---
INSTALLED_APPS = [
    "config",
    "backoffice",
    "payments",
    "security",
    "tokens",
    "mirror",
    "identity",
    "foundation",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "backoffice.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "djstripe",
    "django_celery_beat",
    "django_htmx",
    "django_structlog",
    "simple_history",
    "axes",
]
MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.metrics.MetricsMiddleware",
    "config.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.WebhookMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.AdminContentPolicyMiddleware",
    "config.middleware.PrivateAnswersMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "foundation.body_limit.ApiBodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "identity.middleware.DeviceMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "foundation.pages.RefusalPagesMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "foundation.pages.site",
            ],
            "libraries": {"site": "tokens.pages.tags", "payments": "payments.pages.tags"},
        },
    },
]

# --- Data ---
_database = env.database("DATABASE_URL")
_owners_database = env.database("MIGRATION_DATABASE_URL", default=env.text("DATABASE_URL", default=""))
# The owner gives this role its rights: `manage.py grant_database_rights`.
DATABASE_APPLICATION_USER, DATABASE_APPLICATION_PASSWORD = (
    _database.get(it, "") for it in ("USER", "PASSWORD")
)
if env.process is Process.OWNER:
    _database = _owners_database
_database["OPTIONS"].setdefault("connect_timeout", limits.DATABASE_CONNECT_SECONDS_MAX)
_database["OPTIONS"].setdefault("tcp_user_timeout", limits.DATABASE_UNHEARD_MILLISECONDS_MAX)
if env.process is Process.WEB:  # Celery closes its connection after each task: a pool would not serve it
    _database["ENGINE"] = "config.postgresql"
    _database["OPTIONS"]["pool"] = limits.DATABASE_POOL
    _database["OPTIONS"].setdefault("options", f"-c statement_timeout={limits.WEB_STATEMENT_SECONDS_MAX}s")
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "config.cache.RedisOrLocalCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {**limits.REDIS_TIMEOUTS, "retry": None},
    },
    "counters": {  # what must be counted exactly: it errs without Redis
        "BACKEND": "config.cache.SharedRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "counters",
        "OPTIONS": {**limits.REDIS_TIMEOUTS, "retry": None},
    },
}
RATELIMIT_USE_CACHE = "counters"
# One generated migration stands in for dj-stripe's slow ones: in the demo and the tests, and nowhere else.
_DJSTRIPE_MIGRATIONS = env.text("DJSTRIPE_MIGRATIONS", default="")
MIGRATION_MODULES = {"djstripe": _DJSTRIPE_MIGRATIONS} if SANDBOX and _DJSTRIPE_MIGRATIONS else {}

# --- People ---
AUTH_USER_MODEL = "identity.User"
# allauth's is a ModelBackend that knows e-mail addresses: Django's beside it would hash passwords twice.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it stops who has guessed too often
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarity", {"user_attributes": ("email", "display_name")}),
        ("MinimumLength", {"min_length": limits.PASSWORD_LENGTH_MIN}),
        ("CommonPassword", {}),
        ("NumericPassword", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/wallet"
globals().update(SIGN_IN)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
GOOGLE_CLIENT_ID, _GOOGLE_CLIENT_SECRET = env.both_or_neither("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")
_GOOGLE_APP = {"client_id": GOOGLE_CLIENT_ID, "secret": _GOOGLE_CLIENT_SECRET}
SOCIALACCOUNT_PROVIDERS = {
    "google": {
        "SCOPE": ["email", "profile"],
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [_GOOGLE_APP] if GOOGLE_CLIENT_ID else [],
    },
}
MFA_TOTP_ISSUER = "Tokens"
STAFF_SECOND_FACTOR = env.boolean("STAFF_SECOND_FACTOR", default=True)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default=f"no-reply@{urlsplit(SITE_URL).hostname}")

# --- Stripe ---
STRIPE_SECRET_KEY = env.secret(
    "STRIPE_SECRET_KEY",
    shape=r"(sk|rk)_(test|live)_[A-Za-z0-9]{24,247}",
    like="a secret or restricted key of Stripe's (sk_test_… or rk_live_…)",
)
STRIPE_PUBLISHABLE_KEY = env.secret(
    "STRIPE_PUBLISHABLE_KEY",
    shape=r"pk_(test|live)_[A-Za-z0-9]{24,247}",
    like="a publishable key of Stripe's (pk_test_…)",
    default="",
)
STRIPE_WEBHOOK_SECRETS = env.secrets(
    "STRIPE_WEBHOOK_SECRET",
    shape=r"whsec_[A-Za-z0-9+/=_-]{24,}",
    like="a signing secret of Stripe's (whsec_…)",
    required=env.process is Process.WEB,
)
STRIPE_API_BASE = env.url("STRIPE_API_BASE", default="")
STRIPE_CHECKOUT_URL = STRIPE_API_BASE or "https://checkout.stripe.com"
STRIPE_API_VERSION = "2026-08-26.dahlia"
STRIPE_LIVE_MODE = "_live_" in STRIPE_SECRET_KEY[:9]
# dj-stripe reads these names.
STRIPE_LIVE_SECRET_KEY = STRIPE_SECRET_KEY if STRIPE_LIVE_MODE else ""
STRIPE_TEST_SECRET_KEY = "" if STRIPE_LIVE_MODE else STRIPE_SECRET_KEY
if STRIPE_API_BASE:
    STRIPE_API_HOST = STRIPE_API_BASE
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"

# --- Firestore and Firebase ---
GOOGLE_CLOUD_PROJECT = env.text("GOOGLE_CLOUD_PROJECT", default="demo-token-economy" if LENIENT else None)
FIRESTORE_DATABASE = env.text("FIRESTORE_DATABASE", default="(default)")
FIRESTORE_EMULATOR_HOST = env.text("FIRESTORE_EMULATOR_HOST", default="")
FIREBASE_AUTH_EMULATOR_HOST = env.text("FIREBASE_AUTH_EMULATOR_HOST", default="")
FIREBASE_WEB_CONFIG = env.json_object("FIREBASE_WEB_CONFIG")

# --- Workers: config.celery has the rest ---
CELERY_BROKER_URL = REDIS_URL
# Publishing is a courtesy to whoever waits: it may not take long, and never hangs without an answer.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,
    **limits.REDIS_TIMEOUTS,
    "visibility_timeout": limits.TASK_VISIBILITY_SECONDS,
    "queue_order_strategy": "priority",
}
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- Transport, cookies, headers: they follow the scheme of SITE_URL ---
SECURE_SSL_REDIRECT = SECURE_SITE
SECURE_HSTS_SECONDS = limits.HSTS_SECONDS if SECURE_SITE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
SESSION_COOKIE_NAME = "__Host-session" if SECURE_SITE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_SITE else "csrf"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: we do not speak for the operator's other sites
    "security.W021",  # HSTS preload: likewise
    *(["djstripe.W002"] if SANDBOX else []),  # it warns of STRIPE_API_HOST: allowed here only, see checks
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = limits.API_FIELDS_MAX
CSRF_FAILURE_VIEW = "foundation.problems.csrf_failure"
CONTENT_SECURITY_POLICY = headers.content_security_policy(
    # Browsers apply form-action to where a form's answer redirects to, too: to the checkout and to Google.
    form_targets=[STRIPE_CHECKOUT_URL, *(["https://accounts.google.com"] if GOOGLE_CLIENT_ID else [])],
)
PERMISSIONS_POLICY = headers.PERMISSIONS_POLICY

# --- Language, time, files, mail, logs ---
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Once `collectstatic` has run, files are served compressed, under hashed names and for ever; where it has
# not (the demo, the tests), they are served from where they lie.
_collected = BASE_DIR / "staticfiles"
COLLECTED = env.process is Process.BUILD or (_collected / "staticfiles.json").exists()
STATIC_ROOT = _collected if COLLECTED else None
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = LENIENT and not COLLECTED  # where no customer is, found when they are asked for
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
globals().update(env.email_settings("EMAIL_URL", default="consolemail://" if LENIENT else None))
EMAIL_TIMEOUT = 10
LOG_LEVEL = env.choice("LOG_LEVEL", among=("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
LOGGING_CONFIG = "config.logs.configure"
LOGGING: LogOptions = {"level": LOG_LEVEL, "readable": DEBUG}
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it would believe any X-Forwarded-For
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestIdMiddleware has looked at it
SENTRY_DSN = env.secret("SENTRY_DSN", shape=r"https?://\w+@[^/\s]+/\d+", like="a DSN of Sentry's", default="")

env.stop_on_problems()
