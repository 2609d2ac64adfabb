# The site as one process: waits for its database, migrates, loads the codebook, serves.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MILIDIP_PRODUCTION=1 MILIDIP_HOST=0.0.0.0 PORT=8000 STATIC_ROOT=/srv/static

RUN useradd --system --uid 10001 --home-dir /srv/milidip milidip
WORKDIR /srv/milidip

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock

COPY . ./
# Nothing of these values stays in the image: collecting files needs no secret.
RUN SECRET_KEY=none ALLOWED_HOSTS=none DATABASE_URL=postgresql://none@none/none \
    python manage.py collectstatic --no-input --verbosity 0 \
    && mkdir --mode 700 var && chown milidip var

USER milidip
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-m", "milidip.healthcheck"]
CMD ["python", "manage.py", "serve"]
