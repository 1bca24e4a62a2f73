"""The API's purchases."""

import uuid

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.client_address import client_address
from foundation.idempotent_posts import KEY_PARAMETERS, KEY_REFUSALS, answer_once, key_of
from foundation.openapi import WITH_BODY, WITH_CREDENTIALS, problems
from foundation.pagination import PAGE_REFUSALS, CursorPagination
from foundation.services.idempotency import Answer
from identity.errors import SIGN_IN_REFUSALS
from identity.queries.users import customer_id_of
from payments.api.serializers import PurchaseRequestSerializer, PurchaseSerializer
from payments.errors import PaymentsUnavailable, PurchaseEnded, PurchaseNotFound
from payments.kinds import ENDED
from payments.models import Purchase
from payments.queries import purchases
from payments.services.purchases import start_purchase
from security.errors import PurchasesBlocked, RateLimited
from tokens.errors import AccountFrozen, PackageNotFound, PackageNotOnSale


class PurchasesPagination(CursorPagination):
    """Newest first."""

    ordering = "-started_at"


class PurchasesView(ListAPIView[Purchase]):
    """A customer's purchases."""

    serializer_class = PurchaseSerializer
    pagination_class = PurchasesPagination

    def get_queryset(self) -> QuerySet[Purchase]:
        """The customer's own."""
        return purchases.purchases_of(customer_id_of(self.request.user))

    @extend_schema(
        operation_id="list_purchases",
        tags=["purchases"],
        responses={
            200: PurchaseSerializer(many=True),
            **problems(*WITH_CREDENTIALS, *SIGN_IN_REFUSALS, *PAGE_REFUSALS),
        },
    )
    def get(self, request: Request) -> Response:
        """List the customer's purchases, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="start_purchase",
        tags=["purchases"],
        request=PurchaseRequestSerializer,
        parameters=KEY_PARAMETERS,
        examples=[OpenApiExample("Basic", {"package": "basic"}, request_only=True)],
        responses={
            201: PurchaseSerializer,
            **problems(
                *WITH_CREDENTIALS,
                *SIGN_IN_REFUSALS,
                *WITH_BODY,
                *KEY_REFUSALS,
                PackageNotFound,
                PackageNotOnSale,
                AccountFrozen,
                PurchasesBlocked,
                RateLimited,
                PaymentsUnavailable,
                PurchaseEnded,
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Start buying a package; pay at `checkout_url`.

        A request whose answer got lost may be repeated with its key: it leads to the same purchase.
        """
        query = PurchaseRequestSerializer(data=request.data)
        query.is_valid(raise_exception=True)
        buyer_id, now = customer_id_of(request.user), timezone.now()

        def start() -> Answer:
            purchase = start_purchase(
                buyer_id=buyer_id,
                package_code=query.validated_data["package"],
                idempotency_key=key_of(request),
                address=client_address(request),
                now=now,
            )
            if purchase.status in ENDED:
                raise PurchaseEnded
            return Answer(201, PurchaseSerializer(purchase).data)

        return answer_once(request, owner=f"user:{buyer_id}", now=now, work=start)


class PurchaseView(APIView):
    """One purchase."""

    @extend_schema(
        operation_id="get_purchase",
        tags=["purchases"],
        responses={
            200: PurchaseSerializer,
            **problems(*WITH_CREDENTIALS, *SIGN_IN_REFUSALS, PurchaseNotFound),
        },
    )
    def get(self, request: Request, purchase_id: uuid.UUID) -> Response:
        """Show one of the customer's purchases."""
        purchase = purchases.purchase_of(buyer_id=customer_id_of(request.user), purchase_id=purchase_id)
        return Response(PurchaseSerializer(purchase).data)
