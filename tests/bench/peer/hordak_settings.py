"""Settings of django-hordak's own, on the same database: the bookkeeping and nothing around it."""

import environ

INSTALLED_APPS = ["django.contrib.contenttypes", "mptt", "djmoney", "hordak"]
DATABASES = {"default": environ.Env().db("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
SECRET_KEY = "bench"
DEFAULT_CURRENCY = HORDAK_INTERNAL_CURRENCY = "USD"
CURRENCIES = HORDAK_CURRENCIES = ["USD"]
