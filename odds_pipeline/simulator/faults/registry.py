"""All faults by name.

Belongs here: finding them. Does not belong here: switching one on (``switch``).
"""

import importlib
import pkgutil

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.faults import families
from odds_pipeline.simulator.faults.fault import Fault


def load_faults() -> dict[str, Fault]:
    """Every fault in ``families``, by name, in order of files and then as written there.

    Raises:
        UsageError: two faults have the same name.
    """
    found: dict[str, Fault] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(families.__path__)):
        declared = vars(importlib.import_module(f"{families.__name__}.{module}")).values()
        for one in (value for value in declared if isinstance(value, Fault)):
            if found.setdefault(one.name, one) is not one:
                raise UsageError(f"two faults are called {one.name!r}: rename one of them")
    return found


def fault_named(name: str) -> Fault:
    """One fault.

    Raises:
        UsageError: there is none of this name.
    """
    known = load_faults().get(name)
    if known is None:
        raise UsageError(f"no fault is called {name!r}; `odds simulator faults` lists them")
    return known
