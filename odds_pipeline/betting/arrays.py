"""The array types of this package.

Belongs here: type names shared by its modules. Does not belong here: mathematics.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Texts = NDArray[np.str_]
