"""The affairs API over real HTTP: who may ask, how it pages, how it refuses."""

from __future__ import annotations

import time

import duckdb
import httpx
import pytest
from fastapi.testclient import TestClient

from pipelines.installation import processes
from pipelines.settings import Settings
from simulator.serve.rest_api import create_api
from simulator.serve.rest_guard import Guard
from simulator.serve.rest_store import RowStore
from tests.support.fake_city import write_fake_city
from tests.support.servers import kill_process, start_source, stop_sources

ROWS = 700
OPEN = Guard({"authentication": "bearer"}, "token")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("affairs"))
    write_fake_city(settings.home, rows=ROWS, messages=0)
    start_source(settings, "affairs")
    yield settings
    stop_sources(settings)


@pytest.fixture
def client(settings):
    endpoint = settings.source_endpoint("affairs")
    headers = {"Authorization": f"Bearer {endpoint.token.get_secret_value()}"}
    with httpx.Client(base_url=endpoint.url, headers=headers) as client:
        yield client


def ask(client: httpx.Client, path: str, **parameters: object) -> httpx.Response:
    """Ask as a patient client does: again after 429 and 503."""
    for _ in range(50):
        response = client.get(path, params={k: v for k, v in parameters.items() if v is not None})
        if response.status_code not in (429, 503):
            return response
        time.sleep(0.1)
    raise AssertionError("the service never answered")


def pull(client: httpx.Client, path: str, **parameters: object) -> list[dict]:
    rows, token = [], None
    while True:
        page = ask(client, path, page_token=token, **parameters).json()
        rows += page["items"]
        token = page["next_page_token"]
        if token is None:
            return rows


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "é"}])
def test_without_the_right_token_nothing_is_served(client, headers):
    response = httpx.get(
        f"{client.base_url}/api/v1/cases", headers=[(k, v.encode()) for k, v in headers.items()]
    )
    assert response.status_code == 401
    assert "items" not in response.text


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_there_are_no_documentation_pages(client, path):
    assert ask(client, path).status_code == 404


def test_pages_give_every_row_once_in_a_stable_order(client):
    rows = pull(client, "/api/v1/cases", page_size=97)
    keys = [(row["updated_at"], f"{row['county_code']}|{row['case_no']}") for row in rows]
    assert len(set(keys)) == ROWS
    assert keys == sorted(keys)


def test_since_is_inclusive_and_until_is_exclusive(client):
    rows = pull(client, "/api/v1/cases", page_size=500)
    first, last = rows[200]["updated_at"], rows[400]["updated_at"]
    some = pull(client, "/api/v1/cases", updated_since=first, updated_until=last, page_size=50)
    assert some == [row for row in rows if first <= row["updated_at"] < last]


def test_values_are_those_of_the_file_with_their_zone(client, settings):
    row = pull(client, "/api/v1/ratings", page_size=5000)[0]
    parquet = settings.home / "simulator" / "affairs" / "rating.parquet"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        expected = connection.execute(
            f"select rating_id, score, strftime(updated_at, '%Y-%m-%dT%H:%M:%S.%f+08:00'), is_deleted "
            f"from '{parquet}' order by updated_at, rating_id limit 1"
        ).fetchone()
    assert (row["rating_id"], row["score"], row["updated_at"], row["is_deleted"]) == expected


def test_a_foreign_page_token_is_refused(client):
    assert ask(client, "/api/v1/cases", page_token="bm8=").status_code == 400


def test_too_many_requests_are_told_when_to_come_back(settings):
    api = create_api(RowStore(settings.home, "affairs"), OPEN, requests_per_second=1, failure_rate=0)
    client = TestClient(api, headers={"Authorization": "Bearer token"})
    responses = [client.get("/api/v1/items", params={"page_size": 1}) for _ in range(5)]
    refused = [response for response in responses if response.status_code == 429]
    assert responses[0].status_code == 200
    assert int(refused[0].headers["Retry-After"]) >= 1


def test_the_service_is_out_of_order_now_and_then_in_the_same_way_each_time(settings):
    runs = []
    for _ in range(2):
        api = create_api(
            RowStore(settings.home, "affairs"), OPEN, requests_per_second=1e6, failure_rate=0.2, seed=3
        )
        client = TestClient(api, headers={"Authorization": "Bearer token"})
        runs.append([client.get("/api/v1/items").status_code for _ in range(40)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_after_a_kill_it_answers_again_under_the_same_address(settings, client):
    before = settings.source_endpoint("affairs")
    kill_process(settings, "affairs")
    start_source(settings, "affairs")
    assert settings.source_endpoint("affairs") == before
    assert ask(client, "/api/v1/items").status_code == 200
    assert processes.stop(settings, "affairs")
    start_source(settings, "affairs")
