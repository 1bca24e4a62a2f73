"""dj-stripe's stock webhook view, and a view that does nothing, behind the product's middleware."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def nothing(request: HttpRequest) -> JsonResponse:
    """Read the body, answer."""
    return JsonResponse({"bytes": len(request.body)})


urlpatterns = [
    path("stripe/", include("djstripe.urls", namespace="djstripe")),
    path("nothing", nothing),
]
