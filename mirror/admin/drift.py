"""Where Firestore was found not to show what it should."""

from django.contrib import admin

from foundation.admin import ReadOnlyModelAdmin
from foundation.admin_lists import one_of
from mirror.admin.subjects import of_kinds
from mirror.models import Drift


@admin.register(Drift)
class DriftAdmin(ReadOnlyModelAdmin):
    """Subjects that Firestore showed wrongly, in numbers of documents, and when each was put right."""

    list_display = (
        "subject_id",
        "kind",
        "missing",
        "differing",
        "surplus",
        "example_path",
        "found_at",
        "repaired_at",
    )
    has_few_rows = True
    list_filter = (one_of("kind", of_kinds), ("repaired_at", admin.EmptyFieldListFilter))
    search_fields = ("subject_id__startswith", "example_path__startswith")
    ordering = ("-found_at", "-id")
