"""Where Google's console shows a document."""

from urllib.parse import quote

from django.conf import settings


def console_url(path: str) -> str:
    """The document's page there; empty under the emulator, which has none."""
    if settings.FIRESTORE_EMULATOR_HOST:
        return ""
    database = settings.FIRESTORE_DATABASE.replace("(default)", "-default-")
    project = quote(settings.GOOGLE_CLOUD_PROJECT, safe="")
    return f"https://console.cloud.google.com/firestore/databases/{database}/data/panel/{quote(path)}?project={project}"
