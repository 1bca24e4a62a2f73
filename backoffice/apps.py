"""Django's description of the app, and of the admin that it lays out."""

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class BackofficeConfig(AppConfig):
    """The app's name and label."""

    name = "backoffice"
    verbose_name = "Back office"
    default = True


class AdminConfig(django_admin.AdminConfig):
    """Django's admin with our site; stands in INSTALLED_APPS instead of `django.contrib.admin`."""

    default = False
    default_site = "backoffice.admin.site.Site"

    def ready(self) -> None:
        """Have every app register its pages, then take care of those that libraries registered.

        Our own pages come after them: the site is made when the first app asks for it, and asks for none itself.
        """
        super().ready()
        from backoffice.admin.libraries import adopt_libraries  # noqa: PLC0415 - needs the models loaded
        from backoffice.admin.proposals import register_proposals  # noqa: PLC0415 - likewise

        adopt_libraries()
        register_proposals()
