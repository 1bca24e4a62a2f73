"""Admin actions that ask something first: a page with a form stands between the list and the service."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from foundation.admin import FROM_ROW, ModelAdmin, ToPage, change_url, page_asked_from
from foundation.limits import ADMIN_ACTION_ROWS_MAX, ADMIN_REASON_LENGTH_MAX

ANSWERED = "_answered"


class ReasonForm(forms.Form):
    """Why something is done, in words for other staff."""

    reason = forms.CharField(
        max_length=ADMIN_REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="For other members of staff, and kept for ever: name no personal data. The customer does not see it.",
    )


def ask_and_act(
    page: ModelAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    title: str,
    foretold: str,
    form_class: type[forms.Form],
    action: str,
    act: Callable[[Any, dict[str, Any]], object],
) -> HttpResponse | None:
    """Show the form, or once it is answered do the action for each chosen row, and go back.

    Call it from an action and return what it returns.

    :param title: what is asked for, as a heading and on the button
    :param foretold: a sentence or two that say what will happen to each row
    :param action: what was done, in the past tense
    :param act: given a row and the form's answers, calls the service
    """
    form = answered(request, form_class)
    if form.is_valid():
        page.act_on_each(request, rows, action=action, act=lambda row: act(row, form.cleaned_data))
        return None
    return ask(page, request, rows, title=title, foretold=foretold, form=form)


def ask(
    page: ModelAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    title: str,
    foretold: str,
    form: forms.Form,
) -> HttpResponse:
    """The page that asks the form, and comes back with its answers to the action of a list or a row."""
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    from_row = FROM_ROW in request.POST
    return confirmation(
        page,
        request,
        title=title,
        foretold=foretold,
        form=form,
        rows=list(rows[:ADMIN_ACTION_ROWS_MAX]),
        carried=[
            ("action", request.POST.get("action", "")),
            ("select_across", request.POST.get("select_across", "0")),
            *((ACTION_CHECKBOX_NAME, pk) for pk in chosen),
            *([(FROM_ROW, request.POST[FROM_ROW])] if from_row else []),
        ],
        back=_back(page, request, chosen),
    )


def answered(request: HttpRequest, form_class: type[forms.Form]) -> forms.Form:
    """The form as it was answered, or empty where it has not been shown yet."""
    return form_class(request.POST if ANSWERED in request.POST else None)


def confirmation(
    page: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    foretold: str,
    form: forms.Form,
    rows: Sequence[object],
    carried: Iterable[tuple[str, str]],
    back: str,
) -> HttpResponse:
    """The page that says what will happen to which rows, and asks the form.

    :param carried: names and values that come back with the answers, to where the request came
    :param back: the address for who would rather not
    """
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": title,
        "foretold": foretold,
        "form": form,
        "rows": rows,
        "carried": [(ANSWERED, "1"), *carried],
        "back": back,
    }
    return TemplateResponse(request, "admin/action_form.html", context)


def _back(page: ModelAdmin, request: HttpRequest, chosen: list[str]) -> str:
    if FROM_ROW not in request.POST:
        return request.get_full_path()
    return page_asked_from(request) or change_url(page.model, chosen[0])


def go_to_page(
    page: ModelAdmin, request: HttpRequest, rows: QuerySet[Any], *, name: str
) -> HttpResponse | None:
    """Send whoever takes an action to the page where it is asked for, for the one row that they chose.

    Call it from an action and return what it returns.

    :param name: the page's name in the admin, which takes the row's primary key
    """
    chosen = list(rows[:2])
    if len(chosen) != 1:
        page.message_user(request, "Choose one row for this.", messages.ERROR)
        return None
    return ToPage(reverse(f"admin:{name}", args=[chosen[0].pk]))
