"""The page on which an action is asked for: a form, then what will happen in numbers, then the doing."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from backoffice.admin.proposal_words import lifetime_in_words
from backoffice.kinds import Effect
from backoffice.services.orders.order import Order
from backoffice.services.proposals import needs_another, submit
from foundation.admin import change_url
from foundation.errors import Refusal
from identity.kinds import Right
from identity.services import actors

CONFIRMED = "_confirmed"
CHANGED = "_changed"  # somebody went back to the form


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an action will do. `waits`: not before another person has agreed."""

    effects: Sequence[Effect]
    waits: bool = False
    rows: Sequence[Any] = ()


class Act(ABC):
    """One action and its page. It looks at rights to be found at all; the services look at them again."""

    name: ClassVar[str]
    title: ClassVar[str]
    form_class: ClassVar[type[forms.Form]]
    rights: ClassVar[tuple[Right, ...]]  # any of which opens the page

    @abstractmethod
    def about(self, pk: uuid.UUID) -> tuple[str, str]:
        """What it is done to, in words, and the address of that page."""

    @abstractmethod
    def foresee(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Foreseen:
        """What it will do; raises the refusal that it would meet."""

    @abstractmethod
    def do(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> tuple[str, str]:
        """Do it; answer what was done, in words, and where to go from here."""

    def page(self, request: HttpRequest, pk: uuid.UUID | None = None) -> HttpResponse:
        """Ask, foretell, do."""
        if not any(request.user.has_perm(right) for right in self.rights):
            raise PermissionDenied
        key = pk or uuid.UUID(int=0)
        words, back = self.about(key)
        is_asked = request.method == "POST" and CHANGED not in request.POST
        form = self.form_class(request.POST or None, request.FILES or None)
        foreseen = None
        if is_asked and form.is_valid():
            try:
                if CONFIRMED in request.POST:
                    told, url = self.do(request, key, form.cleaned_data)
                    messages.success(request, told)
                    return HttpResponseRedirect(url)
                foreseen = self.foresee(request, key, form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, refusal.detail)
        return self._shown(request, form, words, back, foreseen)

    def carried(self, form: forms.Form) -> list[tuple[str, Any]]:
        """What the confirmation carries of the form."""
        return [
            (name, form.data.get(name, ""))
            for name, field in form.fields.items()
            if not isinstance(field, forms.FileField)
        ]

    def _shown(
        self, request: HttpRequest, form: forms.Form, words: str, back: str, foreseen: Foreseen | None
    ) -> HttpResponse:
        context = {
            **admin.site.each_context(request),
            "title": self.title,
            "form": form,
            "about": words,
            "back": back,
            "foreseen": foreseen,
            "carried": self.carried(form) if foreseen else (),
            "confirmed": CONFIRMED,
            "changed": CHANGED,
            "lifetime": lifetime_in_words(),
        }
        return TemplateResponse(request, "admin/act.html", context)


class OrderAct(Act):
    """An action that may need a second person."""

    @abstractmethod
    def order(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Order:
        """What the form asks for."""

    def foresee(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Foreseen:
        """What the order will do, and whether it waits."""
        order, now = self.order(request, pk, answers), timezone.now()
        effects = order.foresee(now=now)
        return Foreseen(effects, waits=needs_another(order=order, maker=actors.staff(request), now=now))

    def do(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> tuple[str, str]:
        """Have it done, or propose it."""
        order, maker = self.order(request, pk, answers), actors.staff(request)
        done = submit(
            order=order, key=answers["key"], reason=answers["reason"], maker=maker, now=timezone.now()
        )
        if done.proposal:
            return "Proposed: it waits for another person.", change_url(
                "backoffice.Proposal", done.proposal.pk
            )
        return f"{self.title}: {order.outcome(key=answers['key'])}.", self.about(pk)[1]
