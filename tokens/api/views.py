"""The bank's part of the API: what is for sale, what a customer has, and how they came by it."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.openapi import WITH_CREDENTIALS, WITH_PARAMETERS, problems
from foundation.pagination import PAGE_REFUSALS, CursorPagination
from identity.errors import SIGN_IN_REFUSALS
from identity.queries.users import customer_id_of
from tokens.api.serializers import (
    BalanceSerializer,
    PackageSerializer,
    TransactionQuerySerializer,
    TransactionSerializer,
)
from tokens.errors import WalletNotFound
from tokens.models import Package, Posting
from tokens.queries import entries, packages, wallets


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

    @extend_schema(
        operation_id="get_balance",
        tags=["tokens"],
        responses={
            200: BalanceSerializer,
            **problems(*WITH_CREDENTIALS, *SIGN_IN_REFUSALS, WalletNotFound),
        },
    )
    def get(self, request: Request) -> Response:
        """Show the customer's wallet."""
        return Response(BalanceSerializer(wallets.wallet_of(customer_id_of(request.user))).data)


class TransactionsPagination(CursorPagination):
    """By the wallet's own count, which has neither gaps nor ties."""

    ordering = "-seq"


class TransactionsView(ListAPIView[Posting]):
    """How a customer's balance came about."""

    serializer_class = TransactionSerializer
    pagination_class = TransactionsPagination

    def get_queryset(self) -> QuerySet[Posting]:
        """The customer's own postings, of one type if the query names it."""
        query = TransactionQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        entry_type: str = query.validated_data.get("type", "")
        return entries.history_of(customer_id_of(self.request.user), entry_type=entry_type)

    @extend_schema(
        operation_id="list_transactions",
        tags=["tokens"],
        parameters=[TransactionQuerySerializer],
        responses={
            200: TransactionSerializer(many=True),
            **problems(*WITH_CREDENTIALS, *SIGN_IN_REFUSALS, *WITH_PARAMETERS, *PAGE_REFUSALS),
        },
    )
    def get(self, request: Request) -> Response:
        """List the wallet's transactions, newest first."""
        return self.list(request)
