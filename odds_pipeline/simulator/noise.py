"""Noise that is a function of its labels, so that a market needs no stored state.

Belongs here: hashing labels to numbers. Does not belong here: what the numbers mean.
The same labels give the same number on every machine and in every process.
"""

from hashlib import blake2b
from random import Random
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()
_TWO_TO_64 = 2.0**64


def bits(*labels: object) -> int:
    """64 bits that depend on the labels alone."""
    text = "|".join(map(str, labels))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def uniform(*labels: object) -> float:
    """A number in the open interval (0, 1)."""
    return (bits(*labels) + 0.5) / (_TWO_TO_64 + 1.0)


def between(low: float, high: float, *labels: object) -> float:
    """A number spread evenly from ``low`` to ``high``."""
    return low + (high - low) * uniform(*labels)


def normal(*labels: object) -> float:
    """A standard normal number."""
    return _STANDARD_NORMAL.inv_cdf(min(max(uniform(*labels), 1e-12), 1 - 1e-12))


def stream(*labels: object) -> Random:
    """A generator for a whole path of numbers."""
    return Random(bits(*labels))
