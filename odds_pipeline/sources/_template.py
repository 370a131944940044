"""A source to copy: what a new one must bring and what it may leave out.

Copy this file to ``sources/<name>/``, fill in the functions, register the parsers in
``sources.parse.PARSERS`` and the kinds in ``catalog.endpoints``. Everything downstream (storage,
quality, readers) then works: it only sees the types of ``catalog.observations``.

| part                | required | what it does |
|---------------------|----------|--------------|
| ``parse(raw)``      | yes      | pure: ``RawDocument`` -> ``Document``; no I/O, no clock |
| a kind in ``Endpoint`` | yes   | names the documents the parser reads |
| fixtures and tests  | yes      | documents of your own making; every price comes through |
| capture time rule   | yes      | live: our clock; history: the provider's; file: stated |
| ``Scope``           | yes      | what was asked and answered; when in doubt cover less |
| ``client``          | no       | live sources only: bytes for any status, never parses |
| a tariff            | no       | paid sources only: an entry in ``planning.rate_cards`` |
| ``detect`` rule     | no       | file sources only: recognise by content, refuse with a reason |
| ``Board.last_update`` | no     | leave ``None`` where the source states none |
| ``bookmaker_titles``  | no     | leave empty where the source gives keys only |

A part that cannot be used becomes a ``Rejection`` and never stops the rest:

| what is unreadable   | what the parser does |
|----------------------|----------------------|
| a price              | ``UnusableQuote`` and a rejection |
| an outcome's name    | ``Board.complete = False`` and a rejection |
| a bookmaker, market  | ``EventOdds.complete = False`` and a rejection |
| an event             | ``OddsCapture.listing_complete = False`` and a rejection |
| the whole document   | ``MalformedResponse``, one line |
"""

from odds_pipeline.catalog.observations import Document, RawDocument


def parse(raw: RawDocument) -> Document:
    """Say what one document says.

    Raises:
        MalformedResponse: the body cannot be read at all.
    """
    raise NotImplementedError
