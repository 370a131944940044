"""Arrays of numbers as PostgreSQL reads them: far quicker than one parameter a number.

Belongs here: the text of an array. Does not belong here: queries.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def array_text(values: "np.ndarray[Any, np.dtype[np.int64 | np.bool_]]") -> str:
    """Whole numbers or booleans, for a parameter that is cast to an array."""
    return f"{{{','.join(map(str, values.tolist()))}}}"
