# One image for the code server, the webserver and the daemon.
# Pin it for production: --build-arg PYTHON_IMAGE=python:3.11-slim@sha256:<digest>
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/odds/venv
ENV PATH=/opt/odds/venv/bin:$PATH
WORKDIR /opt/odds/app
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md dagster.yaml workspace.yaml ./
COPY deploy/workspace.grpc.yaml deploy/
COPY migrations migrations
COPY odds_pipeline odds_pipeline
# Editable, so that migrations and dagster.yaml are found beside the package; hatchling comes from
# the lock, so nothing without a hash is downloaded.
RUN pip install --no-deps --no-build-isolation --no-index --editable . \
    && python -m compileall -q odds_pipeline

FROM ${PYTHON_IMAGE}
# The user's home is the one place that may be written: numba and matplotlib keep what they compile
# under it, and refuse to start without such a place.
RUN useradd --uid 1000 --create-home --home-dir /opt/odds/home --shell /usr/sbin/nologin odds
COPY --from=build /opt/odds/venv /opt/odds/venv
COPY --from=build /opt/odds/app /opt/odds/app
ENV PATH=/opt/odds/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DAGSTER_DISABLE_TELEMETRY=yes \
    HOME=/opt/odds/home \
    ODDS_HOME=/opt/odds/home
WORKDIR /opt/odds/app
USER 1000:1000
# One container for a host that gives DATABASE_URL and PORT; compose runs each program by itself.
CMD ["odds", "serve"]
