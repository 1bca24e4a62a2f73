# One image for the web process, the workers, beat and the jobs: the command says which.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /tmp/
RUN /venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.txt
WORKDIR /app
COPY . .
# Compiled here, since nobody may write later; `collectstatic` needs no secret.
RUN /venv/bin/python manage.py collectstatic --no-input \
    && /venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
# What the processes call themselves: the commit, given at the build.
ARG VERSION=development
ENV PATH=/venv/bin:$PATH \
    VERSION=$VERSION \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    PORT=8000
COPY --from=build /venv /venv
COPY --from=build /app /app
# What belongs to root cannot be changed by the product; it writes to /tmp alone.
WORKDIR /app
USER 10001:10001
EXPOSE 8000
# For the web process. Workers and beat serve nothing: docker-compose.yml and Cloud Run say how they are watched.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
CMD ["gunicorn", "config.wsgi"]
