"""What Firestore is known to hold."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import ReadOnlyModelAdmin, needs
from foundation.admin_forms import ReasonForm, ask_and_act
from foundation.admin_lists import one_of
from identity.kinds import Right
from identity.services.actors import staff
from mirror.admin.subjects import of_kinds
from mirror.models import MirroredDocument, MirroredSubject
from mirror.services.outbox import rebuild_subject

REBUILD_FORETOLD = (
    "A worker compares all that Firestore shows of the subject with what it is now, and writes there what differs. "
    "Nothing changes here."
)


@admin.register(MirroredSubject)
class MirroredSubjectAdmin(ReadOnlyModelAdmin):
    """The version of each wallet and package that Firestore shows; staff may have one rebuilt."""

    list_display = ("subject_id", "kind", "version", "delivered_at")
    list_filter = (one_of("kind", of_kinds),)
    search_fields = ("subject_id__startswith",)
    ordering = ("-id",)
    actions = ("rebuild",)
    has_rebuild_permission = needs(Right.RETRY_MIRROR)

    @admin.action(description="Rebuild…", permissions=["rebuild"])
    def rebuild(self, request: HttpRequest, subjects: QuerySet[MirroredSubject]) -> HttpResponse | None:
        """Have what Firestore shows of them compared, and mended."""
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            subjects,
            title="Rebuild",
            foretold=REBUILD_FORETOLD,
            form_class=ReasonForm,
            action="to be rebuilt",
            act=lambda subject, answers: rebuild_subject(
                kind=subject.kind,
                subject_id=subject.subject_id,
                reason=answers["reason"],
                actor=actor,
                now=now,
            ),
        )


@admin.register(MirroredDocument)
class MirroredDocumentAdmin(ReadOnlyModelAdmin):
    """When each document was first seen in Firestore."""

    list_display = ("path", "kind", "subject_id", "delivered_at")
    search_fields = ("path",)
    ordering = ("-id",)
