"""Checks of the dashboard's assets without Superset: they take a second and run in every test.

They find what Superset would accept and then display wrongly: a chart on no page, a query that differs from
what its chart draws, a duplicate id.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml


def faults(folder: Path) -> list[str]:
    """Return the faults of the assets in a folder, one sentence each; empty if there are none."""
    assets = {
        path: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.yaml"))
    }
    kinds = {path: path.relative_to(folder).parts[0] for path in assets}

    def of(kind: str) -> dict[Path, dict]:
        return {path: asset for path, asset in assets.items() if kinds[path] == kind}

    databases, datasets, charts = of("databases"), of("datasets"), of("charts")
    return [
        *_repeated_ids(assets),
        *_unguarded(databases),
        *_dangling("database_uuid", datasets, databases),
        *_dangling("dataset_uuid", charts, datasets),
        *_unknown_names(charts, datasets),
        *_faults_of_pages(of("dashboards"), charts, datasets),
    ]


def _repeated_ids(assets: dict[Path, dict]) -> Iterator[str]:
    counted = Counter(asset["uuid"] for asset in assets.values() if "uuid" in asset)
    for uuid, times in counted.items():
        if times > 1:
            yield f"uuid {uuid} is used {times} times."


def _unguarded(databases: dict[Path, dict]) -> Iterator[str]:
    for path, database in databases.items():
        arguments = database["extra"]["engine_params"]["connect_args"]
        locked = {"enable_external_access": "false", "lock_configuration": "true"}
        if not arguments.get("read_only") or arguments.get("config") != locked:
            yield f"{path.name}: the database is not opened read-only and locked."
        if any(
            database.get(right) for right in ("allow_dml", "allow_ctas", "allow_cvas", "allow_csv_upload")
        ):
            yield f"{path.name}: the database may be written to."
        if "/" in database["sqlalchemy_uri"].removeprefix("duckdb:///"):
            yield f"{path.name}: the address names a folder; folders belong to an installation."


def _dangling(column: str, assets: dict[Path, dict], targets: dict[Path, dict]) -> Iterator[str]:
    known = {target["uuid"] for target in targets.values()}
    for path, asset in assets.items():
        if asset[column] not in known:
            yield f"{path.name}: {column} {asset[column]} is nowhere defined."


def _unknown_names(charts: dict[Path, dict], datasets: dict[Path, dict]) -> Iterator[str]:
    by_uuid = {dataset["uuid"]: dataset for dataset in datasets.values()}
    for path, chart in charts.items():
        if not chart.get("query_context"):
            yield f"{path.name}: query_context is empty, so its data cannot be asked for."
            continue
        dataset = by_uuid.get(chart["dataset_uuid"], {"columns": [], "metrics": []})
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        context = json.loads(chart["query_context"])
        for query in context["queries"]:
            asked = {column if isinstance(column, str) else column["label"] for column in query["columns"]}
            filtered = {each["col"] for each in query["filters"]}
            for name in sorted((asked | filtered) - columns) + sorted(set(query["metrics"]) - metrics):
                yield f"{path.name}: the query names '{name}', which the dataset does not have."
        if context["form_data"] != chart["params"]:
            yield f"{path.name}: query_context was made from other params than the chart's."


def _faults_of_pages(
    pages: dict[Path, dict], charts: dict[Path, dict], datasets: dict[Path, dict]
) -> Iterator[str]:
    known = {chart["uuid"] for chart in charts.values()}
    sets = {dataset["uuid"] for dataset in datasets.values()}
    shown: set[str] = set()
    for path, page in pages.items():
        position = page["position"]
        here = {node["meta"]["uuid"] for node in position.values() if _is_chart(node)}
        for uuid in sorted(here - known):
            yield f"{path.name}: holds chart {uuid}, which does not exist; later charts would be lost."
        for wanted in page["metadata"]["native_filter_configuration"]:
            if wanted["controlValues"].get("creatable", True):
                yield f"{path.name}: filter '{wanted['name']}' takes free text, which empties the page."
            for target in wanted["targets"]:
                if target["datasetUuid"] not in sets:
                    yield f"{path.name}: filter '{wanted['name']}' reads a dataset that does not exist."
        shown |= here
    for path, chart in charts.items():
        if chart["uuid"] not in shown:
            yield f"{path.name}: no page holds this chart."


def _is_chart(node: object) -> bool:
    return isinstance(node, dict) and node.get("type") == "CHART"
