"""The addresses of the pages about tokens, and what browsers and robots ask of every site."""

from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView, TemplateView

from tokens.pages.landing import landing
from tokens.pages.statement import statement, statement_csv

urlpatterns = [
    path("", landing, name="landing"),
    path("wallet/statement", statement, name="statement"),
    path("wallet/statement.csv", statement_csv, name="statement_csv"),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"))),
]
