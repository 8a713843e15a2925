FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/lucy \
    && /opt/lucy/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY bot bot
RUN /opt/lucy/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
    && /opt/lucy/bin/python -m compileall -q -j 0 /opt/lucy/lib

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/lucy lucy
COPY --from=build /opt/lucy /opt/lucy
ENV PATH=/opt/lucy/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    LUCY_HOME=/var/lib/lucy/home \
    LUCY_LOG_FORMAT=json
USER lucy
WORKDIR /var/lib/lucy
VOLUME /var/lib/lucy
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["lucy", "run"]
