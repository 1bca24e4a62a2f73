"""The bank's part of the API: what is for sale, what a customer has, and how they came by it."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.errors import Forbidden
from foundation.openapi import WITH_CREDENTIALS, WITH_PARAMETERS, problems
from foundation.pagination import PAGE_REFUSALS, CursorPagination
from identity.api.permissions import IsCustomer, MayReadTokens
from identity.errors import API_KEY_REFUSALS, SIGN_IN_REFUSALS, UserNotFound
from identity.kinds import ServiceCaller
from identity.queries.users import customer_id_of, user_id_of
from tokens.api.serializers import (
    BalanceSerializer,
    PackageSerializer,
    PeriodSerializer,
    StatementLineSerializer,
    StatementSerializer,
    TransactionQuerySerializer,
    TransactionSerializer,
    WhoseSerializer,
)
from tokens.errors import WalletNotFound
from tokens.models import Package, Posting
from tokens.queries import entries, packages, wallets
from tokens.queries.statements import Statement, statement_of

# What whoever reads a wallet can meet: its owner, or a service.
_ANSWERS_WHO_READS = (
    *WITH_CREDENTIALS,
    *SIGN_IN_REFUSALS,
    *API_KEY_REFUSALS,
    *WITH_PARAMETERS,
    UserNotFound,
)


def _whose(request: Request) -> uuid.UUID:
    """Whose wallet is asked about: the customer's own, or the one that a service names."""
    query = WhoseSerializer(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    user: str = query.validated_data.get("user", "")
    caller: object = request.user
    if not isinstance(caller, ServiceCaller):
        if user:
            raise Forbidden("Only services name a user: this is about your own wallet.")
        return customer_id_of(caller)
    if not user:
        raise ValidationError({"user": ["A service says whose wallet it asks about."]})
    return user_id_of(user)


class PackagesView(ListAPIView[Package]):
    """What can be bought."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    pagination_class = None
    serializer_class = PackageSerializer

    def get_queryset(self) -> QuerySet[Package]:
        """The packages on sale, in the order in which they are shown."""
        return packages.on_sale()

    @extend_schema(
        operation_id="list_packages",
        tags=["tokens"],
        responses={200: PackageSerializer(many=True), **problems()},
    )
    def get(self, request: Request) -> Response:
        """List the packages on sale."""
        return self.list(request)


class BalanceView(APIView):
    """What a customer has."""

    permission_classes = (IsCustomer | MayReadTokens,)

    @extend_schema(
        operation_id="get_balance",
        tags=["tokens"],
        parameters=[WhoseSerializer],
        responses={200: BalanceSerializer, **problems(*_ANSWERS_WHO_READS, WalletNotFound)},
    )
    def get(self, request: Request) -> Response:
        """Show the customer's wallet. Services need the scope `tokens:read`."""
        wallet = wallets.wallet_of(_whose(request), now=timezone.now())
        return Response(BalanceSerializer(wallet).data)


class TransactionsPagination(CursorPagination):
    """By the wallet's own count, which has neither gaps nor ties."""

    ordering = "-seq"


class TransactionsView(ListAPIView[Posting]):
    """How a customer's balance came about."""

    permission_classes = (IsCustomer | MayReadTokens,)
    serializer_class = TransactionSerializer
    pagination_class = TransactionsPagination

    def get_queryset(self) -> QuerySet[Posting]:
        """The customer's own postings, of one type if the query names it."""
        query = TransactionQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        entry_type: str = query.validated_data.get("type", "")
        return entries.history_of(_whose(self.request), entry_type=entry_type)

    @extend_schema(
        operation_id="list_transactions",
        tags=["tokens"],
        parameters=[TransactionQuerySerializer, WhoseSerializer],
        responses={
            200: TransactionSerializer(many=True),
            **problems(*_ANSWERS_WHO_READS, *PAGE_REFUSALS),
        },
    )
    def get(self, request: Request) -> Response:
        """List the wallet's transactions, newest first. Services need the scope `tokens:read`."""
        return self.list(request)


class StatementPagination(CursorPagination):
    """Oldest first, with the balances before and after the whole period on each page."""

    ordering = "seq"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """Read one page, and keep the statement that the view has made."""
        self._statement: Statement = view.statement
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        """The page, and what the statement says of all its pages."""
        page = super().get_paginated_response(data).data
        return Response({**StatementSerializer(self._statement).data, **page})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the statement's own fields, too."""
        described = super().get_paginated_response_schema(schema)
        moment = {"type": "string", "format": "date-time"}
        own = {
            "since": {**moment, "nullable": True},
            "until": moment,
            "opening_balance": {"type": "integer"},
            "closing_balance": {"type": "integer"},
        }
        return {
            **described,
            "required": [*described.get("required", []), *own],
            "properties": {**own, **described["properties"]},
        }


class StatementView(ListAPIView[Posting]):
    """What happened in a period."""

    permission_classes = (IsCustomer | MayReadTokens,)
    serializer_class = StatementLineSerializer
    pagination_class = StatementPagination
    statement: Statement

    def get_queryset(self) -> QuerySet[Posting]:
        """The entries of the period."""
        owner_id = _whose(self.request)
        query = PeriodSerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        period = query.validated_data
        self.statement = statement_of(owner_id, since=period.get("since"), until=period["until"])
        return self.statement.lines

    @extend_schema(
        operation_id="get_statement",
        tags=["tokens"],
        parameters=[PeriodSerializer, WhoseSerializer],
        responses={
            200: StatementLineSerializer(many=True),
            **problems(*_ANSWERS_WHO_READS, *PAGE_REFUSALS, WalletNotFound),
        },
    )
    def get(self, request: Request) -> Response:
        """State a period: the balance before it, its transactions, oldest first, and the balance after it.

        The balance at any moment is `closing_balance` with that moment as `until`. Services need `tokens:read`.
        """
        return self.list(request)
