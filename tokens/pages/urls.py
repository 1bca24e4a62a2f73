"""The addresses of the pages about tokens, and what browsers and robots ask of every site."""

from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView, TemplateView

from tokens.pages.landing import landing

urlpatterns = [
    path("", landing, name="landing"),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"))),
]
