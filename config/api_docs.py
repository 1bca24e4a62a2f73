"""The API's description and its offline pages, under /api/."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import identity.api.schema  # noqa: F401 - the ways of signing in, which register themselves

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    # The split view keeps the script out of the page, as our content policy demands.
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
]
