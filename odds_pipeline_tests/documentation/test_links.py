"""Every link of README and docs leads to a page, a heading or a picture that is there."""

import re
from pathlib import Path

import pytest

from odds_pipeline_tests.documentation.blocks import PAGES, REPOSITORY

_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_CODE = re.compile(r"^```.*?^```$", re.M | re.S)
PICTURES = REPOSITORY / "docs" / "screenshots"
LARGEST = 2 * 2**20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for name, heading in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        target = page if not name else (page.parent / name).resolve()
        assert target.exists(), f"{page.name} links to {name}"
        if heading:
            assert heading in headings(target), f"{page.name} links to {name}#{heading}"


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    told = re.findall(r"^#+ (.+)$", _CODE.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in told}


def test_pictures_are_shown_and_small() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = list(PICTURES.iterdir())
    assert all(f"screenshots/{picture.name}" in told for picture in pictures)
    assert sum(picture.stat().st_size for picture in pictures) < LARGEST
