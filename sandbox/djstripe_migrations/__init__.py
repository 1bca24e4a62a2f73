"""dj-stripe 2.11's tables in one generated migration, for the demo and the tests alone.

Its own migrations take minutes of computing on an empty database. After an upgrade of dj-stripe, delete
0001_initial.py and run `./dev manage makemigrations djstripe` with DJSTRIPE_MIGRATIONS naming this package.
"""
