"""The optional login: a password's hash, or a header of a proxy that is believed."""

import asyncio
import base64
from ipaddress import ip_network

import pytest
from argon2 import PasswordHasher

from odds_pipeline.webserver.login import PasswordLogin, ProxyLogin
from odds_pipeline.webserver.policy import Call

PASSWORD = "correct horse: battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASHED = CHEAP.hash(PASSWORD)


def _call(header: str | None, name: str = "authorization") -> Call:
    return Call("GET", "/", "", {} if header is None else {name: [header]})


def _basic(user: str, password: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _login() -> PasswordLogin:
    return PasswordLogin("ann", HASHED, wrong_costs_s=0)


@pytest.mark.parametrize("scheme", ["Basic", "basic"])
def test_the_right_password_is_accepted_and_remembered(scheme: str) -> None:
    login = _login()
    header = _basic("ann", PASSWORD, scheme)
    assert asyncio.run(login.accepts(_call(header), "127.0.0.1"))
    login._hashed = "gone"
    assert asyncio.run(login.accepts(_call(header), "127.0.0.1"))


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "Basic", "Basic !!!", f"Bearer {PASSWORD}", "Basic " + "A" * 5000),
        *(_basic("ann", ""), _basic("ann", PASSWORD + " "), _basic("bob", PASSWORD)),
        *(_basic("", ""), "Basic " + base64.b64encode(b"\xff\xfe:x").decode()),
    ],
)
def test_anything_else_is_not(header: str | None) -> None:
    login = _login()
    assert not asyncio.run(login.accepts(_call(header), "127.0.0.1"))
    assert not asyncio.run(login.accepts(_call(header), "127.0.0.1"))


def test_two_passwords_at_once_are_not_accepted() -> None:
    call = Call("GET", "/", "", {"authorization": [_basic("ann", PASSWORD)] * 2})
    assert not asyncio.run(_login().accepts(call, "127.0.0.1"))


def test_wrong_guesses_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come at once, they are weighed one by one, and each costs its time."""
    under_way = 0
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal under_way
        under_way += 1
        assert under_way == 1
        slept.append(seconds)
        under_way -= 1

    monkeypatch.setattr("odds_pipeline.webserver.login.asyncio.sleep", sleep)
    login = PasswordLogin("ann", HASHED)

    async def attack() -> list[bool]:
        guesses = [_call(_basic("ann", f"guess {n}")) for n in range(8)]
        return await asyncio.gather(*(login.accepts(guess, "127.0.0.1") for guess in guesses))

    assert asyncio.run(attack()) == [False] * 8
    assert slept == [1.0] * 8


def test_a_proxy_is_believed_only_from_where_it_stands() -> None:
    login = ProxyLogin("X-Remote-User", [ip_network("10.0.0.0/8"), ip_network("::1/128")])
    named = _call("ann", "x-remote-user")
    assert asyncio.run(login.accepts(named, "10.1.2.3"))
    assert asyncio.run(login.accepts(named, "::1"))
    assert not asyncio.run(login.accepts(named, "127.0.0.1"))
    assert not asyncio.run(login.accepts(named, ""))
    assert not asyncio.run(login.accepts(_call("", "x-remote-user"), "10.1.2.3"))
    assert not asyncio.run(login.accepts(_call("ann"), "10.1.2.3"))
