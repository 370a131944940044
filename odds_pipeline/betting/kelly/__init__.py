"""How much to stake: the Kelly criterion, one situation a file.

Belongs here: stakes as shares of the bankroll that maximise its expected logarithm. Does not belong
here: rounding to money (``arbitrage`` rounds stakes that must cover each other), a bettor's limits
beyond caps.

Units: shares of the bankroll; decimal odds; growth in nats a bet.
"""
