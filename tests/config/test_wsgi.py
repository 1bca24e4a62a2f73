"""What gunicorn serves."""

import runpy

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from config import env
from tests.config.settings_file import process_of_kind


def test_the_application_is_a_web_process() -> None:
    with process_of_kind(env.Process.OTHER):
        module = runpy.run_path(str(settings.BASE_DIR / "config" / "wsgi.py"))
        assert env.declared() is env.Process.WEB
    assert isinstance(module["application"], WSGIHandler)
