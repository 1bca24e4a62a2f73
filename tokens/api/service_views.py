"""The API for services: spend, grant, hold. Each call is done once per the service's key."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from foundation.errors import Refusal
from foundation.idempotent_posts import KEY_PARAMETERS, KEY_REFUSALS, answer_once, key_of
from foundation.openapi import WITH_BODY, WITH_CREDENTIALS, Responses, problems
from foundation.services.idempotency import Answer
from identity.api.permissions import MayGrantTokens, MaySpendTokens
from identity.errors import API_KEY_REFUSALS, UserNotFound
from identity.queries.users import service_of, user_id_of
from tokens import errors
from tokens.api.serializers import TransactionSerializer
from tokens.api.service_serializers import (
    CaptureSerializer,
    GrantSerializer,
    HoldRequestSerializer,
    HoldSerializer,
    SpendSerializer,
)
from tokens.kinds import EntryType, PostedEntry, ServiceCall
from tokens.models import Hold
from tokens.queries.entries import posting_of
from tokens.services import holds, spending

_ABOUT_A_WALLET = (UserNotFound, errors.WalletNotFound)
_USES = (*_ABOUT_A_WALLET, errors.InsufficientTokens, errors.AccountFrozen)
_RESOLVES = (
    errors.HoldNotFound,
    errors.HoldAlreadyCaptured,
    errors.HoldAlreadyReleased,
    errors.HoldExpired,
)
_EXAMPLE = {"user": "Jm3pZ9cQ2hT0bR8xK1vW", "amount": 25, "reason": "Rendered 5 images"}


def _answers(status: int, body: type[Serializer[Any]], *refusals: type[Refusal]) -> dict[Any, Any]:
    described: Responses = problems(
        *WITH_CREDENTIALS, *API_KEY_REFUSALS, *WITH_BODY, *KEY_REFUSALS, errors.ReferenceReused, *refusals
    )
    return {status: body, **described}


def _example(**more: object) -> list[OpenApiExample]:
    return [OpenApiExample("A call", {**_EXAMPLE, **more}, request_only=True)]


class _ServiceView(APIView):
    """A call of a service, done once per its key."""

    def once(
        self,
        request: Request,
        body: type[Serializer[Any]],
        work: Callable[[Mapping[str, Any], datetime], Answer],
    ) -> Response:
        """Read the body, do the work at one moment, and answer; to a repetition, the same."""
        query = body(data=request.data)
        query.is_valid(raise_exception=True)
        now = timezone.now()
        owner = f"service:{service_of(request.user).name}"
        return answer_once(request, owner=owner, now=now, work=lambda: work(query.validated_data, now))


def _call(request: Request, asked: Mapping[str, Any]) -> ServiceCall:
    return ServiceCall(
        service_of(request.user).name, key_of(request), reason=asked["reason"], label=asked["reference"]
    )


def _entry_answer(posted: PostedEntry) -> Answer:
    body = TransactionSerializer(posting_of(posted.entry_id)).data
    return Answer(201, body, replayed=posted.replayed)


def _hold_answer(status: int, hold: Hold) -> Answer:
    return Answer(status, HoldSerializer(hold).data)


class SpendView(_ServiceView):
    """Spending."""

    permission_classes = (MaySpendTokens,)

    @extend_schema(
        operation_id="spend_tokens",
        tags=["services"],
        request=SpendSerializer,
        parameters=KEY_PARAMETERS,
        examples=_example(),
        responses=_answers(201, TransactionSerializer, *_USES),
    )
    def post(self, request: Request) -> Response:
        """Spend a customer's tokens. Scope `tokens:spend`."""

        def spend(asked: Mapping[str, Any], now: datetime) -> Answer:
            return _entry_answer(
                spending.spend(
                    user_id=user_id_of(asked["user"]),
                    amount=asked["amount"],
                    call=_call(request, asked),
                    now=now,
                )
            )

        return self.once(request, SpendSerializer, spend)


class GrantsView(_ServiceView):
    """Giving."""

    permission_classes = (MayGrantTokens,)

    @extend_schema(
        operation_id="grant_tokens",
        tags=["services"],
        request=GrantSerializer,
        parameters=KEY_PARAMETERS,
        examples=_example(reason="For your first project", category="promotion"),
        responses=_answers(201, TransactionSerializer, *_ABOUT_A_WALLET),
    )
    def post(self, request: Request) -> Response:
        """Give a customer tokens. Scope `tokens:grant`."""

        def grant(asked: Mapping[str, Any], now: datetime) -> Answer:
            return _entry_answer(
                spending.grant(
                    user_id=user_id_of(asked["user"]),
                    amount=asked["amount"],
                    category=EntryType(asked["category"]),
                    call=_call(request, asked),
                    expires_at=asked["expires_at"],
                    now=now,
                )
            )

        return self.once(request, GrantSerializer, grant)


class HoldsView(_ServiceView):
    """Setting aside."""

    permission_classes = (MaySpendTokens,)

    @extend_schema(
        operation_id="place_hold",
        tags=["services"],
        request=HoldRequestSerializer,
        parameters=KEY_PARAMETERS,
        examples=_example(expires_in=600),
        responses=_answers(201, HoldSerializer, *_USES),
    )
    def post(self, request: Request) -> Response:
        """Set a customer's tokens aside, to capture or release them later. Scope `tokens:spend`."""

        def place(asked: Mapping[str, Any], now: datetime) -> Answer:
            hold = holds.place(
                user_id=user_id_of(asked["user"]),
                amount=asked["amount"],
                expires_at=now + timedelta(seconds=asked["expires_in"]),
                call=_call(request, asked),
                now=now,
            )
            return _hold_answer(201, hold)

        return self.once(request, HoldRequestSerializer, place)


class CaptureView(_ServiceView):
    """Spending what was set aside."""

    permission_classes = (MaySpendTokens,)

    @extend_schema(
        operation_id="capture_hold",
        tags=["services"],
        request=CaptureSerializer,
        parameters=KEY_PARAMETERS,
        responses=_answers(200, HoldSerializer, *_RESOLVES, errors.CaptureExceedsHold),
    )
    def post(self, request: Request, hold_id: uuid.UUID) -> Response:
        """Spend what is held, or a part of it, once; the rest is free again. Scope `tokens:spend`."""

        def capture(asked: Mapping[str, Any], now: datetime) -> Answer:
            hold = holds.capture(
                service=service_of(request.user).name,
                hold_id=hold_id,
                key=key_of(request),
                amount=asked["amount"],
                now=now,
            )
            return _hold_answer(200, hold)

        return self.once(request, CaptureSerializer, capture)


class ReleaseView(_ServiceView):
    """Giving back what was set aside."""

    permission_classes = (MaySpendTokens,)

    @extend_schema(
        operation_id="release_hold",
        tags=["services"],
        request=None,
        parameters=KEY_PARAMETERS,
        responses=_answers(200, HoldSerializer, *_RESOLVES),
    )
    def post(self, request: Request, hold_id: uuid.UUID) -> Response:
        """Release a hold: its tokens are free again. Scope `tokens:spend`."""

        def release(_: Mapping[str, Any], now: datetime) -> Answer:
            hold = holds.release(
                service=service_of(request.user).name, hold_id=hold_id, key=key_of(request), now=now
            )
            return _hold_answer(200, hold)

        return self.once(request, Serializer, release)
