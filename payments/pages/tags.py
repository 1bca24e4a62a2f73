"""How pages show a purchase's status: loaded in templates as `payments`."""

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from payments.models import Purchase
from payments.pages.words import tell
from tokens.queries.packages import lifetime_in_words

register = template.Library()


@register.simple_tag
def status_badge(purchase: Purchase) -> str:
    """The purchase's status in a word or two."""
    told = tell(purchase, now=timezone.now())
    return format_html('<span class="badge {}">{}</span>', told.tone, told.badge)


@register.simple_tag
def unused_tokens(purchase: Purchase) -> str:
    """What happens to tokens of this purchase that are not used: with the day, once it is known."""
    if purchase.tokens_expire_at:
        return f"Unused tokens expire on {date_format(purchase.tokens_expire_at, 'j F Y')}."
    return lifetime_in_words(purchase.tokens_expire_after_days)
