"""What quotes are worth: fair prices, edges, closes, movements, scorecards, calibration.

Belongs here: reading quotes through the readers, handing them to ``betting``, keeping the answers.
Does not belong here: mathematics (``betting``), SQL (``storage``).
"""
