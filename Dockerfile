FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
WORKDIR /build
COPY requirements.txt .
RUN /venv/bin/pip install --require-hashes --no-deps -r requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --system --no-create-home --uid 10001 app
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py gunicorn.conf.py ./
COPY config config
COPY foundation foundation
COPY identity identity
COPY mirror mirror
COPY tokens tokens
COPY security security
COPY payments payments
COPY backoffice backoffice
COPY templates templates
COPY static static
RUN python manage.py collectstatic --no-input
USER 10001
EXPOSE 8000
ENV PORT=8000
CMD ["gunicorn", "config.wsgi"]
