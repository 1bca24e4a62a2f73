"""What somebody may see: whose pages they may open."""

from typing import cast

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest

from foundation.admin import ModelAdmin


def page_of(label: str) -> ModelAdmin:
    """The admin's page of a table such as `payments.Purchase`; all pages are made on the base of foundation."""
    return cast(ModelAdmin, admin.site.get_model_admin(apps.get_model(label)))


def sees(request: HttpRequest, label: str) -> bool:
    """Whether this person may open the page of the table."""
    return admin.site.is_registered(apps.get_model(label)) and page_of(label).has_view_permission(request)
