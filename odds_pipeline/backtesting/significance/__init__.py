"""Whether a backtest's result means anything, given everything else that was tried.

Belongs here: intervals by event-day, Sharpe ratios corrected for their shape and for the number of
trials, tests of the best of many, the probability that a sweep was overfitted. Does not belong
here: tests of one record alone (``betting.yield_test``), running backtests.

Series are by day, since bets of one day share games, injuries and mistakes.
"""
