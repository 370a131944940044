"""Dagster's own application: for people who change things, or for looking only.

Belongs here: making it. Does not belong here: who may call it (``guard``).

Dagster's read-only mode leaves it to each mutation to ask for a permission, and some ask for none
(measured: `setNuxSeen` writes a file). Ours refuses all of them before any is executed.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.webserver import DagsterWebserver
from graphql import GraphQLError, OperationDefinitionNode, OperationType, ValidationRule
from graphql.validation.rules import ASTValidationRule
from starlette.types import ASGIApp

READ_ONLY: Final = "this UI is for looking only (ODDS_UI_READ_ONLY)"
_POLL_MS = 2000


def dagster_ui(context: WorkspaceProcessContext) -> ASGIApp:
    """The application; without a single mutation where the context is read-only."""
    if context.read_only:
        looking = _Looking(context, live_data_poll_rate=_POLL_MS)
        return looking.create_asgi_app(lifespan=_ending_quietly)
    return create_app_from_workspace_process_context(
        context, live_data_poll_rate=_POLL_MS, lifespan=_ending_quietly
    )


class _NoMutation(ValidationRule):
    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        if node.operation is OperationType.MUTATION:
            self.report_error(GraphQLError(READ_ONLY, node))


class _Looking(DagsterWebserver[Any, Any]):
    def build_graphql_validation_rules(self) -> Collection[type[ASTValidationRule]]:
        return [*super().build_graphql_validation_rules(), _NoMutation]


@asynccontextmanager
async def _ending_quietly(_app: object) -> AsyncIterator[None]:
    with suppress(asyncio.CancelledError):  # uvicorn cancels us when a signal ends it
        yield
