"""Prices of the markets that are served one event at a time.

Reading order: ``outcomes`` -> ``parts`` -> ``lines``, ``results`` -> ``names``, ``rosters``,
``counts``, ``props`` -> ``table``. Everything is a function of a book's opinion of the market's
truth, as ``market`` formed it.
"""
