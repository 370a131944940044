"""Backtests: strategies, the engine, and whether a result means anything. Pure.

No I/O, no clock, no Dagster: frames and arrays in, results out.

| module | what it is |
|---|---|
| ``offers`` | what a strategy sees: what was on offer at each decision, and never a result |
| ``strategy``, ``strategies`` | how a strategy is written, and the ones there are |
| ``sizing`` | how much is staked: flat, a share, Kelly |
| ``costs`` | commission, limits, rejected bets, rounding of stakes |
| ``results``, ``grading`` | how events ended, and how bets on them did |
| ``bankroll`` | money through time: stakes leave at the bet and come back at settlement |
| ``engine`` | one run: decisions, stakes, settlement, ledger |
| ``figures`` | a run's figures |
| ``leaks`` | whether a strategy looks ahead |
| ``significance`` | whether the figures mean anything |
"""
