"""Bounds of the back office."""

SEARCH_TERM_LENGTH_MAX = 255
SEARCH_BEGINNING_LENGTH_MIN = 3  # a shorter beginning is everybody's
SEARCH_HITS_SHOWN = 20  # of one kind of row; who needs more has the list
