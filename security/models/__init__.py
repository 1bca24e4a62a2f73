"""Alerts, and the limits with what was refused by them."""

from security.models.alert import Alert
from security.models.limit_refusal import LimitRefusal
from security.models.override import Override
from security.models.purchase_limits import PurchaseLimits

__all__ = ["Alert", "LimitRefusal", "Override", "PurchaseLimits"]
