"""What fails inside Dagster as Dagster shows it: our errors in one line, and never a secret.

Belongs here: that translation. Does not belong here: handling, what is secret (``redaction``).
"""

from contextlib import AbstractContextManager
from types import TracebackType

import dagster as dg

from odds_pipeline.errors import DatabaseUnavailable, OddsPipelineError, ProviderUnreachable
from odds_pipeline.redaction import IN_FORCE, redact

_PASSING = (ProviderUnreachable, DatabaseUnavailable)


def one_line_failures() -> AbstractContextManager[None]:
    """Turn an ``OddsPipelineError`` into a Dagster failure, and hide secrets in any other error.

    Dagster stores an error's text, its traceback and all that caused it before any log filter
    sees them. So an error that quotes a secret is replaced here by a failure that holds the same
    texts redacted and does not lead back to the error. Every other error passes as it is.

    Raises:
        Failure: with the error's own line; a refusal or an empty budget is not tried again.
    """
    return _Told()


class _Told(AbstractContextManager[None]):
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, Exception):
            return
        hidden = IN_FORCE.trace(error)
        if hidden is not None:
            # Dagster leaves out a context that is suppressed, which is what "from None" does.
            raise _failure(error, {"traceback": dg.MetadataValue.text(hidden)}) from None
        if isinstance(error, OddsPipelineError):
            raise _failure(error, {}) from error


def _failure(error: Exception, more: dict[str, dg.MetadataValue[str]]) -> dg.Failure:
    kind = type(error).__name__
    told = f"{kind}: {redact(str(error))}"
    if not isinstance(error, OddsPipelineError):
        return dg.Failure(description=told.strip(), metadata=more)
    return dg.Failure(
        description=told,
        metadata={"kind": kind, "exit_code": error.exit_code, **more},
        allow_retries=isinstance(error, _PASSING),
    )
