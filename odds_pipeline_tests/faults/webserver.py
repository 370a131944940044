"""Everything Dagster's webserver says to whoever asks: GraphQL, downloads, reports.

Belongs here: the questions. Does not belong here: starting it, what must not be in an answer
(``exposed``). An answer that GraphQL calls an error fails: nothing would have been searched.
"""

import gzip
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from dagster_graphql.client.query import (
    ERROR_FRAGMENT,
    LAUNCH_PIPELINE_EXECUTION_MUTATION,
    METADATA_ENTRY_FRAGMENT,
    RUN_EVENTS_QUERY,
)

REPOSITORY = "__repository__"
_PAGE = 1000
_POLL_S = 0.2
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}

_INSTANCE = (
    """{ instance { info executablePath runLauncher { name } daemonHealth { allDaemonStatuses {
    daemonType lastHeartbeatErrors { ...errorFragment } } } }
    workspaceOrError { __typename ... on Workspace { locationEntries { name displayMetadata {
    key value } locationOrLoadError { __typename ... on PythonError { ...errorFragment } } } } }
    runTagKeysOrError { __typename ... on RunTagKeys { keys } } }"""
    + ERROR_FRAGMENT
)
_DEFINITIONS = (
    """{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { name
    displayMetadata { key value }
    assetNodes { opName description jobNames metadataEntries { ...metadataEntryFragment } }
    pipelines { name description tags { key value } metadataEntries { ...metadataEntryFragment }
      modes { resources { name description configField { name defaultValueAsJson } } } }
    schedules { name description cronSchedule tags { key value }
      scheduleState { ticks { status skipReason error { ...errorFragment } } }
      futureTicks(limit: 1) { results { evaluationResult { error { ...errorFragment }
        runRequests { runKey runConfigYaml tags { key value } } } } } }
    allTopLevelResourceDetails { name description resourceType configFields { name
      defaultValueAsJson } configuredValues { key value } } } } } }"""
    + ERROR_FRAGMENT
    + METADATA_ENTRY_FRAGMENT
)
_CONFIG = """query($job: PipelineSelector!) { runConfigSchemaOrError(selector: $job) {
    __typename ... on RunConfigSchema { rootDefaultYaml allConfigTypes { key description } } } }"""
_ENVIRONMENT = """query($repository: RepositorySelector!) {
    utilizedEnvVarsOrError(repositorySelector: $repository) { __typename
    ... on EnvVarWithConsumersList { results { envVarName } } } }"""
_ASSETS = (
    """{ assetsOrError { __typename ... on AssetConnection { nodes { key { path }
    assetMaterializations(limit: 500) { description metadataEntries { ...metadataEntryFragment } }
    } } } }"""
    + METADATA_ENTRY_FRAGMENT
)
_RUNS = """{ runsOrError(limit: 1000) { __typename ... on Runs { results { runId status
    runConfigYaml runConfig tags { key value } stepKeysToExecute pipelineName
    stepStats { stepKey status } } } } }"""
_MORE_EVENTS = (
    """query($runId: ID!) { logsForRun(runId: $runId) { __typename ... on EventConnection {
    events { __typename
      ... on LogsCapturedEvent { logKey fileKey externalUrl shellCmd { stdout stderr } }
      ... on ErrorEvent { error { errorChain { isExplicitLink error { message className stack } }
        causes { message className stack } } }
      ... on AssetCheckEvaluationEvent { evaluation { checkName description metadataEntries {
        ...metadataEntryFragment } } } } } } }"""
    + METADATA_ENTRY_FRAGMENT
)
_LOGS = """query($logKey: [String!]!) { capturedLogs(logKey: $logKey) { stdout stderr }
    capturedLogsMetadata(logKey: $logKey) { stdoutDownloadUrl stdoutLocation stderrDownloadUrl
    stderrLocation } }"""
_STATUS = """query($runId: ID!) { runOrError(runId: $runId) { ... on Run { status } } }"""
_DRY_RUN = (
    """mutation($tick: ScheduleSelector!, $at: Float!) {
    scheduleDryRun(selectorData: $tick, timestamp: $at) { __typename
    ... on PythonError { ...errorFragment }
    ... on DryRunInstigationTick { evaluationResult { error { ...errorFragment } } } } }"""
    + ERROR_FRAGMENT
)


class Asked:
    """A running webserver.

    Args:
        address: its root address.
        location: name of the code location in its workspace.
    """

    def __init__(self, address: str, location: str) -> None:
        self._address = address
        self._location = location

    def launch(self, job: str, partition: str, meanwhile: Callable[[], None]) -> str:
        """Launch a run as the UI does, wait for its end; returns its status."""
        parameters = {
            "selector": {**self._repository(), "jobName": job},
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": partition}]},
        }
        said = self._graphql(LAUNCH_PIPELINE_EXECUTION_MUTATION, executionParams=parameters)
        run_id = said["launchPipelineExecution"]["run"]["runId"]
        while True:
            meanwhile()
            status = str(self._graphql(_STATUS, runId=run_id)["runOrError"]["status"])
            if status in _ENDED:
                return status
            time.sleep(_POLL_S)

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Every answer, with what it answers."""
        repository = self._repository()
        job = {**repository, "pipelineName": "collect"}
        yield from self._told("instance", _INSTANCE)
        yield from self._told("definitions", _DEFINITIONS)
        yield from self._told("run config", _CONFIG, job=job)
        yield from self._told("environment", _ENVIRONMENT, repository=repository)
        yield from self._told("assets", _ASSETS)
        tick = {**repository, "scheduleName": "collect_odds"}
        yield from self._told("tick", _DRY_RUN, tick=tick, at=time.time())
        runs = self._graphql(_RUNS)["runsOrError"]
        yield "GraphQL runs", _bytes(runs)
        for run in runs["results"]:
            yield from self._of_run(run["runId"])
        for what in ("materialization", "check", "observation"):
            yield f"report {what}", self._get(f"/report_asset_{what}/odds", b"{}")
        for path in ("/", "/server_info", "/logs/none/compute_logs/none/err", "/notebook"):
            yield f"GET {path}", self._get(path)

    def _of_run(self, run_id: str) -> Iterator[tuple[str, bytes]]:
        cursor = None
        while True:
            page = self._graphql(RUN_EVENTS_QUERY, runId=run_id, cursor=cursor, limit=_PAGE)
            yield "GraphQL events", _bytes(page)
            cursor = page["logsForRun"]["cursor"]
            if len(page["logsForRun"]["events"]) < _PAGE:
                break
        more = self._graphql(_MORE_EVENTS, runId=run_id)
        yield "GraphQL event errors", _bytes(more)
        for event in more["logsForRun"]["events"]:
            if event["__typename"] == "LogsCapturedEvent":
                yield from self._captured([run_id, "compute_logs", event["fileKey"]])
        packed = self._get(f"/download_debug/{run_id}")
        yield "debug download", gzip.decompress(packed)

    def _captured(self, key: list[str]) -> Iterator[tuple[str, bytes]]:
        logs = self._graphql(_LOGS, logKey=key)
        assert logs["capturedLogs"]["stderr"], "no compute log was captured"
        yield "GraphQL captured logs", _bytes(logs)
        for kind in ("out", "err"):
            yield f"download of .{kind}", self._get("/logs/" + "/".join([*key, kind]))

    def _told(self, name: str, query: str, **variables: object) -> Iterator[tuple[str, bytes]]:
        yield f"GraphQL {name}", _bytes(self._graphql(query, **variables))

    def _graphql(self, query: str, **variables: object) -> dict[str, Any]:
        asked = _bytes({"query": query, "variables": variables})
        answer: dict[str, Any] = json.loads(self._get("/graphql", asked))
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def _get(self, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 (loopback)
            self._address + path, body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 (loopback)
                return bytes(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return bytes(refused.read())

    def _repository(self) -> dict[str, str]:
        return {"repositoryName": REPOSITORY, "repositoryLocationName": self._location}


def _bytes(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
