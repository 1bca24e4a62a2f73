"""What Firestore is known to hold."""

from django.contrib import admin

from foundation.admin import ReadOnlyModelAdmin
from foundation.admin_lists import one_of
from mirror.admin.subjects import of_kinds
from mirror.models import MirroredDocument, MirroredSubject


@admin.register(MirroredSubject)
class MirroredSubjectAdmin(ReadOnlyModelAdmin):
    """The version of each wallet and package that Firestore shows."""

    list_display = ("subject_id", "kind", "version", "delivered_at")
    list_filter = (one_of("kind", of_kinds),)
    search_fields = ("subject_id__startswith",)
    ordering = ("-id",)


@admin.register(MirroredDocument)
class MirroredDocumentAdmin(ReadOnlyModelAdmin):
    """When each document was first seen in Firestore."""

    list_display = ("path", "kind", "subject_id", "delivered_at")
    search_fields = ("path",)
    ordering = ("-id",)
