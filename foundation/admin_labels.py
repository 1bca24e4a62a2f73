"""Coloured labels: the theme has them in lists only, this base on the page of a row as well."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from unfold.utils import display_for_label

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class LabelMixin(Base):
    """What `coloured` decorates is coloured on the page of a row, too."""

    def __init__(self, model: type[models.Model], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        columns = {name: getattr(getattr(type(self), name), "label", None) for name in dir(type(self))}
        self.readonly_preprocess_fields = {
            name: partial(_as_label, colours=colours, nothing=site.empty_value_display)
            for name, colours in columns.items()
            if colours
        }


def _as_label(words: str, *, colours: object, nothing: str) -> str:
    """The column's words as a label; nothing is no label."""
    return words if words == nothing else str(display_for_label(words, nothing, colours))
