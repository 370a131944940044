"""Dagster definitions, one module per concept; thin, no logic of its own."""

import warnings

from dagster import BetaWarning, PreviewWarning

# Backfill policies are in beta; the version is pinned, so we know what they do.
for _unstable in (BetaWarning, PreviewWarning):
    warnings.filterwarnings("ignore", category=_unstable)

# In the job `collect` the stricter policy, ten days a run, is what we want.
warnings.filterwarnings("ignore", message="Asset job .* with varying BackfillPolicies")
