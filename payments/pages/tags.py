"""How pages show a purchase's status: loaded in templates as `payments`."""

from django import template
from django.utils import timezone
from django.utils.html import format_html

from payments.models import Purchase
from payments.pages.words import tell

register = template.Library()


@register.simple_tag
def status_badge(purchase: Purchase) -> str:
    """The purchase's status in a word or two."""
    told = tell(purchase, now=timezone.now())
    return format_html('<span class="badge {}">{}</span>', told.tone, told.badge)
