"""From a stored archive to what it says: which layout it is read by.

Belongs here: a layout's way into a raw document's request and back. Does not belong here: reading
by it (``reading``). A layout of one's own is kept whole beside the file, so that the file can be
read again in the same way without the mapping file it came from.
"""

import tomllib
from pathlib import Path

import msgspec

from odds_pipeline.catalog.observations import Document, RawDocument
from odds_pipeline.errors import MalformedResponse, UsageError
from odds_pipeline.sources.archives.layout import Layout
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline.sources.archives.reading import read_archive

NAMED, WHOLE = "layout", "mapping"


def request_of(layout: Layout) -> dict[str, str]:
    """What a raw document remembers of its layout."""
    if LAYOUTS.get(layout.name) is layout:
        return {NAMED: layout.name}
    return {WHOLE: msgspec.json.encode(layout).decode()}


def parse_archive(raw: RawDocument) -> Document:
    """Read an archive by the layout it was imported with.

    Raises:
        MalformedResponse: see ``read_archive``; or no layout of that name is known any more.
    """
    whole = raw.request.get(WHOLE)
    if whole is not None:
        return read_archive(raw, msgspec.json.decode(whole, type=Layout))
    name = raw.request.get(NAMED, "")
    layout = LAYOUTS.get(name)
    if layout is None:
        raise MalformedResponse(f"no layout of the name {name!r} is known")
    return read_archive(raw, layout)


def layout_from(path: Path) -> Layout:
    """A layout out of a mapping file (TOML), as ``docs/imports.md`` explains it.

    Raises:
        UsageError: the file is not TOML or says what no layout has; one line names the place.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Layout)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        reason = str(wrong)
    raise UsageError(f"{path}: {reason}")
