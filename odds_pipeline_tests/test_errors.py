"""Every error of ours survives the way between two processes."""

import pickle
from collections.abc import Iterator

import pytest

from odds_pipeline.errors import OddsPipelineError, ProviderRefused


def kinds(base: type[OddsPipelineError]) -> Iterator[type[OddsPipelineError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


OURS = [kind for kind in kinds(OddsPipelineError) if kind.__module__ == "odds_pipeline.errors"]


@pytest.mark.parametrize("kind", OURS)
def test_an_error_is_the_same_after_pickling(kind: type[OddsPipelineError]) -> None:
    refused = issubclass(kind, ProviderRefused)
    error = kind(422, "INVALID_MARKET", "Not here") if refused else kind("what, where, what to do")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    assert (type(back), str(back), vars(back)) == (kind, str(error), vars(error))
    assert back.exit_code == error.exit_code
