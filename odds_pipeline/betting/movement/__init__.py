"""How prices move.

Belongs here: opening and closing, steam, who leads, how prices converge, who has the best price.
Does not belong here: reading the series, plots.

Moves are measured in the logit of the no-vig probability (``logit``), so that a change of price at
the same number counts, and one at 95 % counts as much as one at 50 %. What the sampling cannot show
is said to be not observable, with the reason, and never guessed. Tickets and money splits are not
in the feed: reverse line movement is not computed at all.

Units: seconds on any common clock.
"""
