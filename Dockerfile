# Targets: `app` (web, worker, beat, migrate, relay) and `pgbouncer`.

FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# `kafka` for the relay of events (docs/kafka.md).
ARG REQUIREMENTS=prod
COPY requirements/${REQUIREMENTS}.txt /tmp/requirements.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --require-hashes --only-binary :all: -r /tmp/requirements.txt

FROM python:3.11-slim-bookworm AS app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/compiled \
    DJANGO_SETTINGS_MODULE=config.settings.prod
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin app
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# The variables are needed to load the settings and stay in this one step; nothing made here depends on them.
RUN SECRET_KEY=build FIELD_ENCRYPTION_KEYS=YnVpbGQtYnVpbGQtYnVpbGQtYnVpbGQtYnVpbGQtYnU= BLIND_INDEX_KEY=build \
    ALLOWED_HOSTS=localhost SITE_URL=https://localhost DATABASE_URL=postgresql://build@localhost/build \
    REDIS_URL=redis://localhost EMAIL_URL=smtp://localhost \
    sh -c 'python manage.py messages --compile && python manage.py collectstatic --no-input --verbosity 0 \
    && NUMBA_CACHE_DIR=/app/.compiled python manage.py compile_engine' \
 && python -m compileall -q apps config
USER app
EXPOSE 8000
# The engine's compiled code is for the processor it was built on; on another one it is compiled anew, and for
# that its folder must be writable.
ENTRYPOINT ["sh", "-c", "cp -rn /app/.compiled /tmp/compiled 2>/dev/null; exec \"$0\" \"$@\""]
# Two workers of four threads; more: --env GUNICORN_CMD_ARGS="--workers 4". No access log of its own: the
# application logs requests without queries and without the tokens of reply links.
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "4", "--timeout", "60", "--limit-request-line", "8190", "--max-requests", "2000", "--max-requests-jitter", "200", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]

FROM debian:bookworm-slim AS pgbouncer
RUN apt-get update \
 && apt-get install --yes --no-install-recommends pgbouncer postgresql-client \
 && rm -rf /var/lib/apt/lists/*
USER postgres
EXPOSE 6432
CMD ["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"]
