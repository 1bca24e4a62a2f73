"""The checks, in the order in which they are made: what an earlier one mends is no difference to a later one."""

from collections.abc import Mapping
from typing import Final

from payments.services.reconciliation.check import Check
from payments.services.reconciliation.checks import (
    balance,
    catalogue,
    credited_not_paid,
    events,
    ledger,
    mirror,
    paid_not_credited,
    reversals,
    stuck,
    terms,
)

_IN_ORDER = (
    events,
    paid_not_credited,
    stuck,
    credited_not_paid,
    terms,
    reversals,
    balance,
    ledger,
    mirror,
    catalogue,
)
ALL: Final[Mapping[str, Check]] = {module.CHECK.name: module.CHECK for module in _IN_ORDER}
