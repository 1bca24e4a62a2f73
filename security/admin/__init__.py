"""What staff see of security."""

from security.admin.alerts import AlertAdmin
from security.admin.limit_refusals import LimitRefusalAdmin
from security.admin.overrides import OverrideAdmin
from security.admin.purchase_limits import PurchaseLimitsAdmin

__all__ = ["AlertAdmin", "LimitRefusalAdmin", "OverrideAdmin", "PurchaseLimitsAdmin"]
