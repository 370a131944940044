"""Spreads and totals at any number.

Belongs here: how a game's margin or total is distributed around what the market expects, fitting
that, and pricing any line from it. Does not belong here: closing line value and middles, which use
it (``closing_line_value``, ``middles``).

A *handicap* is a line seen from the side that is backed: the bet wins if its score plus the
handicap is above 0, is pushed at 0 and loses below. A spread's handicap is its point, with the
backed side's margin as the score; Over 220.5 has handicap -220.5 on the total, Under 220.5 has
+220.5 on minus the total (``handicap_of_total``). Quarter points are two half stakes.
"""
