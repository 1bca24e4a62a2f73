"""Pages of a list, by cursor: stable while rows are added at the top."""

import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from foundation import limits
from foundation.errors import Refusal

PAGE_SIZE = re.compile(r"0*[1-9][0-9]{0,8}", re.ASCII)


class InvalidCursor(Refusal):
    """The cursor is none that we gave."""

    code = "invalid_cursor"
    status = 400
    title = "The cursor is none of ours: follow `next` and `previous` as they are."


class InvalidPageSize(Refusal):
    """The page size is not a number of rows."""

    code = "invalid_page_size"
    status = 400
    title = "A page has 1 row or more."


class CursorPagination(pagination.CursorPagination):
    """`{next, previous, results}`, newest first unless a view says otherwise; `page_size` is bounded."""

    page_size_query_description = (
        f"Rows a page, {limits.PAGE_SIZE} if not given and {limits.PAGE_SIZE_MAX} at most."
    )

    page_size = limits.PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = limits.PAGE_SIZE_MAX
    ordering = "-created_at"

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> Any:
        """Read one page.

        :raises InvalidCursor: `invalid_cursor`, also when it is well formed and its position is none
        """
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as error:  # as the column's type refuses it
            raise InvalidCursor from error

    def get_page_size(self, request: Request) -> int:
        """Read how many rows are asked for; more than the most that we give is that most.

        :raises InvalidPageSize: `invalid_page_size`, where DRF would take its default without a word
        """
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not PAGE_SIZE.fullmatch(asked):
            raise InvalidPageSize
        return min(int(asked), self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe the parameters; a page has at least one row."""
        cursor, page_size = super().get_schema_operation_parameters(view)
        page_size["schema"]["minimum"] = 1
        return [cursor, page_size]

    def decode_cursor(self, request: Request) -> Any:
        """Read the cursor.

        :raises InvalidCursor: `invalid_cursor`, where DRF would answer 404
        """
        if len(request.query_params.get(self.cursor_query_param, "")) > limits.CURSOR_LENGTH_MAX:
            raise InvalidCursor
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise InvalidCursor from error


PAGE_REFUSALS: tuple[type[Refusal], ...] = (InvalidCursor, InvalidPageSize)
