"""A loopback provider that speaks The Odds API's protocol, with a simulated market behind it.

Reading order: ``sports``, ``books`` and ``efficiency`` (data) -> ``schedule`` -> ``life`` ->
``scoring`` -> ``readings`` -> ``prices`` -> ``market`` (pure, a function of seed and time) ->
``feed`` and ``replay`` (what is served) -> ``parameters``, ``refusals``, ``credits``, ``limiter``
(the protocol) -> ``app`` -> ``server``.
"""
