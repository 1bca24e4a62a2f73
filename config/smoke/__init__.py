"""Whether an installation works, looked at from outside and from within: `manage.py smoke`."""
