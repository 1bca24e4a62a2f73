"""The admin site: who gets in, and what they see first."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone

from backoffice.admin.charts import charts
from backoffice.admin.customers import customer_page, customer_timeline
from backoffice.admin.dashboard import cards
from backoffice.admin.exports import export, export_urls
from backoffice.admin.measures import measures
from backoffice.admin.navigation import pages_called
from backoffice.admin.search import find
from backoffice.admin.second_factor import way_to_second_factor
from foundation.admin import DASH

if TYPE_CHECKING:
    UnfoldAdminSite = AdminSite
else:
    from unfold.sites import UnfoldAdminSite

View = Callable[..., Any]


class Site(UnfoldAdminSite):
    """People sign in on the site's own page, so that its limits and its second factor hold here too."""

    index_title = "Today"
    index_template = "admin/dashboard.html"
    empty_value_display = DASH

    def admin_view(self, view: View, cacheable: bool = False) -> Any:
        """Send whoever is not signed in to the site's sign-in, refuse customers, and ask staff for a second factor."""
        return secure_admin_login(_with_second_factor(super().admin_view(view, cacheable)))

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Django's pages, but for the one that leads from a row to its page on the site: no row of ours has any."""
        ours = [
            path("export/<str:label>/", self.admin_view(export), name="export"),
            path("customers/<uuid:user_id>/", self.admin_view(customer_page), name="customer"),
            path(
                "customers/<uuid:user_id>/timeline/",
                self.admin_view(customer_timeline),
                name="customer_timeline",
            ),
        ]
        theirs = [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]
        return [*ours, *theirs]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page is told."""
        return {**super().each_context(request), "export_urls": export_urls(request)}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in; staff who are signed in already go on to the dashboard."""
        response: HttpResponse = secure_admin_login(_to_dashboard)(request)
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Passwords are changed on the site's own page."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show what needs somebody's attention now."""
        now = timezone.now()
        shown = {
            "cards": cards(request, now=now),
            "measures": measures(request, now=now),
            "charts": charts(request, now=now),
        }
        return super().index(request, {**(extra_context or {}), **shown})

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go to the one row that the term names; else list what there is. Ctrl+K asks as somebody types."""
        term = request.GET.get("s", "").strip()
        hits = find(request, term)
        if "HX-Request" in request.headers:
            results = [*hits, *pages_called(request, term)]
            return TemplateResponse(request, "admin/search_as_typed.html", {"results": results, "term": term})
        if len(hits) == 1:
            return HttpResponseRedirect(hits[0].link)
        context = {"title": "Search", "term": term, "hits": hits, "pages": pages_called(request, term)}
        return TemplateResponse(request, "admin/search.html", {**self.each_context(request), **context})


def _with_second_factor(view: View) -> View:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return way_to_second_factor(request) or view(request, *args, **kwargs)

    return guarded


def _to_dashboard(_: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:index"))
