"""The webhook's inbox: what Stripe told us, and what became of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, coloured, link, needs, pretty
from foundation.admin_forms import ReasonForm, ask_and_act
from identity.kinds import Right
from identity.services.actors import staff
from payments.kinds import InboxStatus
from payments.models import InboxEvent
from payments.services import again

DONE = frozenset({InboxStatus.PROCESSED, InboxStatus.IGNORED})
PROCESSING_FORETOLD = (
    "The event is handled now, as if Stripe had just sent it: what it pays for is credited, what it takes back is "
    "taken, each once. An event that is done already stays as it is."
)
INBOX_COLOURS = {
    "received": "info",
    "processed": "success",
    "ignored": "primary",
    "failed": "warning",
    "parked": "danger",
}


@admin.register(InboxEvent)
class InboxEventAdmin(ReadOnlyModelAdmin):
    """The list and the page of an event. Staff may have one handled that failed."""

    list_display = ("type", "state", "outcome", "error_code", "stripe_event_id", "deliveries", "received_at")
    list_filter = ("status", "outcome", "received_at")
    search_fields = (
        "id",
        "purchase_id",
        "stripe_event_id__startswith",
        "object_id__startswith",
        "payment_intent_id__startswith",
    )
    ordering = ("-received_at", "-id")
    actions = ("process_again",)
    has_resend_permission = needs(Right.RESEND_EVENT)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "type",
                    "state",
                    "outcome",
                    "stripe_event_id",
                    "object_id",
                    "payment_intent_id",
                    "purchase",
                )
            },
        ),
        (
            "How it went",
            {
                "fields": (
                    "received_at",
                    "processed_at",
                    "deliveries",
                    "attempts",
                    "error_code",
                    "due_at",
                    "stripe_created_at",
                )
            },
        ),
        ("dj-stripe's copy", {"fields": ("synced_at", "sync_due_at", "sync_attempts", "sync_error")}),
        ("What Stripe sent", {"fields": ("body",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxEvent]:
        """Leave the bodies out: a list of them would be megabytes. A page reads its own."""
        events: QuerySet[InboxEvent] = super().get_queryset(request).defer("payload")
        return events

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """What is done is not done again."""
        return [] if row.status in DONE else super().row_actions(request, row)

    @admin.action(description="Process again…", permissions=["resend"])
    def process_again(self, request: HttpRequest, events: QuerySet[InboxEvent]) -> HttpResponse | None:
        """Handle the events now; those that are done stay as they are."""
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            events,
            title="Process again",
            foretold=PROCESSING_FORETOLD,
            form_class=ReasonForm,
            action="processed again",
            act=lambda event, answers: again.resend_event(
                event_id=event.id, reason=answers["reason"], actor=actor, now=now
            ),
        )

    @coloured("Status", INBOX_COLOURS, ordering="status")
    def state(self, event: InboxEvent) -> str:
        """The status, coloured."""
        return event.status

    @admin.display(description="Purchase")
    def purchase(self, event: InboxEvent) -> str:
        """The purchase that its metadata names."""
        return link("payments.Purchase", event.purchase_id)

    @admin.display(description="Payload")
    def body(self, event: InboxEvent) -> str:
        """The event as it was signed."""
        return pretty(event.payload)
