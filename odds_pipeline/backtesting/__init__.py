"""Backtests: strategies, the engine, and whether a result means anything. Pure.

No I/O, no clock, no Dagster: frames and arrays in, results out.

| module | what it is |
|---|---|
| ``offers`` | what a strategy sees: what was on offer at each decision, and never a result |
| ``strategy``, ``strategies`` | how a strategy is written, and the ones there are |
| ``sizing`` | how much is staked: flat, a share, Kelly |
| ``costs`` | commission, limits, rejected bets, rounding of stakes |
| ``results``, ``grading`` | how events ended, and how bets on them did |
| ``tape`` | the offers as arrays, and how a bet on each ends |
| ``bankroll`` | money through time: stakes leave at the bet and come back at settlement |
| ``engine`` | one run: decisions, stakes, settlement, ledger |
| ``figures`` | a run's figures |
| ``closing`` | what the closing line said of each bet |
| ``honesty`` | what the figures are worth: intervals, chances, trials, closing line value |
| ``breakdowns`` | a run cut by book, market, price, month and time to start |
| ``grid``, ``sweep`` | many parameters in one pass over the same tape |
| ``sweep_honesty`` | what the best of a sweep is worth |
| ``leaks`` | whether a strategy looks ahead |
| ``significance`` | whether the figures mean anything |
"""
