"""What Firestore is known to hold."""

from django.contrib import admin

from foundation.admin import ReadOnlyModelAdmin
from mirror.models import MirroredDocument, MirroredSubject


@admin.register(MirroredSubject)
class MirroredSubjectAdmin(ReadOnlyModelAdmin):
    """The version of each wallet and package that Firestore shows."""

    list_display = ("subject_id", "kind", "version", "delivered_at")
    list_filter = ("kind",)
    search_fields = ("subject_id",)
    ordering = ("-id",)


@admin.register(MirroredDocument)
class MirroredDocumentAdmin(ReadOnlyModelAdmin):
    """When each document was first seen in Firestore."""

    list_display = ("path", "kind", "subject_id", "delivered_at")
    list_filter = ("kind",)
    search_fields = ("path__startswith",)
    ordering = ("-id",)
