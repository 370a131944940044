"""Secrets that stand in files: ``NAME_FILE`` names the file that holds the setting ``NAME``.

As containers are handed secrets (``/run/secrets/…``): no secret then stands in the environment,
which every child process inherits and ``docker inspect`` shows.

Belongs here: reading such files. Does not belong here: which settings are secret (``settings``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

LARGEST = 64 * 1024


class Unreadable(NamedTuple):
    """What stands for a secret whose file cannot be read: why."""

    reason: str


class SecretFiles(PydanticBaseSettingsSource):
    """The contents of the files that the environment or `.env` names, without the last newline.

    Args:
        settings_cls: the settings.
        secrets: the fields that may stand in a file.
        places: where ``NAME_FILE`` is looked for, in this order.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        secrets: Sequence[str],
        *places: PydanticBaseSettingsSource,
    ) -> None:
        super().__init__(settings_cls)
        self._secrets = secrets
        self._places = places

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The secret of one field, if a file is named for it."""
        variable = f"{field_name}_file"
        for place in self._places:
            named = getattr(place, "env_vars", {}).get(variable)
            if named:
                return _content(Path(named), variable.upper()), field_name, False
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every secret that stands in a file."""
        fields = self.settings_cls.model_fields
        found = {name: self.get_field_value(fields[name], name)[0] for name in self._secrets}
        return {name: value for name, value in found.items() if value is not None}


def _content(path: Path, variable: str) -> str | Unreadable:
    try:
        with path.expanduser().open(encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    except (OSError, UnicodeDecodeError) as refused:
        why = getattr(refused, "strerror", None) or "it is not text"
        return Unreadable(f"{path}, named by {variable}, cannot be read ({why})")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or len(text) > LARGEST:
        return Unreadable(f"{path}, named by {variable}, is empty or longer than a secret")
    return text
