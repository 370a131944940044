"""A loopback provider that speaks The Odds API's protocol, with a simulated market behind it.

Reading order: ``sports``, ``books``, ``lifetimes`` and ``efficiency`` (data) -> ``schedule`` ->
``life`` -> ``scoring`` -> ``readings`` -> ``prices`` -> ``pricing`` (markets of one event) ->
``market`` -> ``outright_sports``, ``outrights`` (pure, a function of seed and time) ->
``listing``, ``source_ids``, ``wire`` (its JSON) -> ``feed`` and ``replay`` (what is served) ->
``parameters``, ``asked_boards``, ``refusals``, ``credits``, ``limiter``, ``endpoints`` (the
protocol) -> ``app`` -> ``server``.
"""
