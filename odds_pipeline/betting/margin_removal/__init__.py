"""Removing a bookmaker's margin, one method a file.

Belongs here: from the prices of whole markets to fair probabilities. Does not belong here: pooling
books (``consensus``), judging which method is right (``calibration``).

Every method takes decimal odds of shape (..., n), the outcomes of one market on the last axis, and
gives ``FairMarkets``: probabilities of that shape which sum to ``winners`` (1 unless several
outcomes of the market win, as in "to finish in the top three"), and the method's parameter, shape
(...). A market that cannot be used (``margin.market_fault`` says why), or to which the method has
no distribution strictly between 0 and 1, is NaN throughout. Under-round markets are solved like any
other. ``methods`` has them by name.
"""
