"""An embedded PostgreSQL 18 under the platform's home folder, shared by all its processes.

Belongs here: finding the wheel's binaries, creating the cluster, starting, adopting, sharing and
stopping the server. Does not belong here: tables, engines, settings. Ports are TCP ports on
127.0.0.1, waits are seconds.
"""

from odds_pipeline.storage.embedded.server import EmbeddedServer, ServerStatus

__all__ = ["EmbeddedServer", "ServerStatus"]
