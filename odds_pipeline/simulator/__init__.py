"""A loopback provider that speaks The Odds API's protocol, with a simulated market behind it."""
