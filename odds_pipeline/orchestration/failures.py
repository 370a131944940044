"""Our errors as Dagster shows them: one line, and retried only where another try can help.

Belongs here: that translation. Does not belong here: handling.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from odds_pipeline.errors import DatabaseUnavailable, OddsPipelineError, ProviderUnreachable

_PASSING = (ProviderUnreachable, DatabaseUnavailable)


@contextmanager
def one_line_failures() -> Iterator[None]:
    """Turn an ``OddsPipelineError`` into a Dagster failure.

    Raises:
        Failure: with the error's own line; a refusal or an empty budget is not tried again.
    """
    try:
        yield
    except OddsPipelineError as error:
        kind = type(error).__name__
        raise dg.Failure(
            description=f"{kind}: {error}",
            metadata={"kind": kind, "exit_code": error.exit_code},
            allow_retries=isinstance(error, _PASSING),
        ) from error
