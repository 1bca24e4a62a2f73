"""Filters of pages that tell somebody's devices."""

from django import template

from identity.queries.devices import device_words

register = template.Library()
register.filter("device_words", device_words)
