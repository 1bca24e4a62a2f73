"""Column types of identity."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:  # at run time the class takes no type arguments
    _EmailField = models.EmailField[str | None, str | None]
else:
    _EmailField = models.EmailField


class LowerCaseEmailField(_EmailField):
    """An e-mail address that is stored and looked up in lower case, and whose absence is NULL, never ''."""

    def get_prep_value(self, value: Any) -> Any:
        """Fold the case, so that no caller can store or miss an address by its spelling."""
        prepared = super().get_prep_value(value)
        return prepared.lower() or None if isinstance(prepared, str) else prepared
