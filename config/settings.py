"""Every setting, from the environment. `config.env` reads and checks the values."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What kind of installation this is -------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", default=False)
SANDBOX = env.boolean("SANDBOX", default=False)
SECRET_KEY = env.text("SECRET_KEY")
SITE_URL = env.url("SITE_URL", default="http://localhost:8000" if SANDBOX or DEBUG else None)
SECURE_SITE = urlsplit(SITE_URL).scheme == "https"
ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname or "localhost"])

# --- Applications ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "backoffice",
    "payments",
    "security",
    "tokens",
    "mirror",
    "identity",
    "foundation",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
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
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "djstripe",
    "django_celery_beat",
    "django_htmx",
    "django_structlog",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
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
            ],
        },
    },
]

# --- Data ------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL")
DJSTRIPE_MIGRATIONS = env.text("DJSTRIPE_MIGRATIONS", default="") if SANDBOX else ""
MIGRATION_MODULES = {"djstripe": DJSTRIPE_MIGRATIONS} if DJSTRIPE_MIGRATIONS else {}

# --- People ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/wallet"

# --- Stripe ----------------------------------------------------------------------------------------------------
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRETS = env.listed("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_API_BASE = env.text("STRIPE_API_BASE", default="")
STRIPE_API_VERSION = "2026-08-26.dahlia"
STRIPE_LIVE_MODE = "_live_" in STRIPE_SECRET_KEY[:9]
# dj-stripe reads these names.
STRIPE_LIVE_SECRET_KEY = STRIPE_SECRET_KEY if STRIPE_LIVE_MODE else ""
STRIPE_TEST_SECRET_KEY = "" if STRIPE_LIVE_MODE else STRIPE_SECRET_KEY
STRIPE_API_HOST = STRIPE_API_BASE or "https://api.stripe.com"
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"

# --- Firestore and Firebase ------------------------------------------------------------------------------------
GOOGLE_CLOUD_PROJECT = env.text("GOOGLE_CLOUD_PROJECT", default="")
FIRESTORE_DATABASE = env.text("FIRESTORE_DATABASE", default="(default)")

# --- Workers ---------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL

# --- Language, time, files -------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "foundation.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "identity.api.authentication.FirebaseAuthentication",
        "identity.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["identity.api.permissions.IsCustomer"],
}
