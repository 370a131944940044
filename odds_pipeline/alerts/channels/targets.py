"""Where an alert may be sent: public places over TLS, or this machine where that is allowed.

Belongs here: judging a target at the moment of sending. Does not belong here: sending.

An address is judged by what its name resolves to now: a name that leads into a private network,
to a link-local service or to this machine is refused, however it is written.
"""

import socket
from ipaddress import IPv6Address, ip_address

from odds_pipeline.errors import AlertNotSent

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def require_target(host: str, *, secure: bool, local: bool) -> None:
    """Refuse a target that is not public, or not over TLS.

    Args:
        host: name or address.
        secure: whether the channel speaks TLS and checks the certificate.
        local: whether this machine, named as such, is allowed too, also without TLS.

    Raises:
        AlertNotSent: it is refused, or its name cannot be resolved.
    """
    plain = host.strip("[]").lower()
    if local and plain in LOOPBACK:
        return
    if not secure:
        raise AlertNotSent(f"{plain} is not addressed over TLS with its certificate checked")
    for address in _addresses(plain):
        if not _is_public(address):
            raise AlertNotSent(f"{plain} is an address of a private network or of this machine")


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise AlertNotSent(f"{host} cannot be resolved")
    return [str(each[4][0]) for each in found]


def _is_public(address: str) -> bool:
    """Whether an address is one of the public internet; one inside another counts as the inner."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            return _is_public(str(inner))
    return found.is_global and not found.is_multicast
