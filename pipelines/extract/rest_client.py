"""HTTP client that retries as told and does not trust the responses.

Responses are bounded in size and time; redirects are not followed, because our token would be sent along;
anything but the agreed JSON is refused.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import tenacity

from pipelines.extract.errors import SourceRefusedError, SourceUnreachableError, SourceUnreadableError
from pipelines.extract.json_text import parse_json
from pipelines.extract.request import ReadRequest
from pipelines.extract.rest_access import access_of
from pipelines.extract.schema_drift import missing_table

GONE = (httpx.codes.NOT_FOUND, httpx.codes.GONE)
TIMEOUT_SECONDS = 30.0
LONGEST_ANSWER_SECONDS = 300.0
LONGEST_WAIT_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.2
LARGEST_PAGE_BYTES = 64 * 1024 * 1024
NOT_NOW = (429, 500, 502, 503, 504)


class _AskAgainError(Exception):
    """A retryable response; `after` seconds if the server gave them."""

    def __init__(self, status: int, after: float | None) -> None:
        super().__init__(f"HTTP status {status}")
        self.after = after


@dataclass(frozen=True)
class Page:
    """One response: its rows, the whole body, and the URL of the next page if linked."""

    rows: list[Any]
    body: Mapping[str, Any]
    following: str | None


class RestClient:
    """A client for one API and one table."""

    def __init__(self, request: ReadRequest) -> None:
        self._request = request
        self._options = request.contract.server.options
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, verify=_trusted(request), follow_redirects=False)
        self._access = access_of(request, self._token)
        self.url = request.endpoint.url.rstrip("/") + str(request.table.ingest.path)

    def __enter__(self) -> RestClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, url: str, parameters: Mapping[str, Any] | None = None) -> Page:
        """Request one page.

        Raises:
            SourceUnreachableError: no answer, or only retryable errors, after all attempts.
            SourceRefusedError: our credentials are not accepted.
            SourceUnreadableError: the response does not match the contract, or is too large.
            SchemaChangedError: there is nothing under the table's path.
        """
        retry = self._options.get("retry") or {}
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(int(retry.get("attempts", 6))),
            wait=_wait,
            retry=tenacity.retry_if_exception_type((_AskAgainError, httpx.TransportError)),
            reraise=True,
        )
        try:
            return attempts(self._ask_once, url, parameters)
        except (_AskAgainError, httpx.TransportError) as error:
            reason = str(error) if isinstance(error, _AskAgainError) else type(error).__name__
            raise SourceUnreachableError(
                f"The interface of {self._request.where} does not answer ({reason}, asked several times).",
                next_step="Check that it runs and can be reached from here, then pull again.",
            ) from None

    def unreadable(self, what: str) -> SourceUnreadableError:
        """Return the error for a response that does not match the contract."""
        return SourceUnreadableError(
            f"The interface of {self._request.where} sent something else than its contract says: {what}.",
            next_step=f"Ask {self._request.contract.owner}; if the interface has changed, "
            "change the contract.",
        )

    def _ask_once(self, url: str, parameters: Mapping[str, Any] | None) -> Page:
        answer = self._get(url, parameters)
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._access.renew():
            answer = self._get(url, parameters)
        if answer.status_code in GONE:
            contract, table = self._request.contract, self._request.table
            raise missing_table(contract, table, f"The interface of {self._request.where}")
        self._check_status(answer)
        body = self._json(answer)
        rows = field_of(body, self._options["records"])
        if not isinstance(rows, list):
            raise self.unreadable(f"a page has no list in '{self._options['records']}'")
        return Page(rows, body, self._following(answer))

    def _get(self, url: str, parameters: Mapping[str, Any] | None) -> httpx.Response:
        headers = self._access.headers()
        return self._send(self._http.build_request("GET", url, params=parameters, headers=headers))

    def _token(self, asked: httpx.Request) -> Mapping[str, Any]:
        answer = self._send(asked)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise self._refused(answer.status_code)
        self._check_status(answer)
        body = self._json(answer)
        if not isinstance(body.get("access_token"), str):
            raise self.unreadable("its answer to our login has no access_token")
        return body

    def _send(self, asked: httpx.Request) -> httpx.Response:
        """Return the whole response in memory, bounded in size and time."""
        deadline = time.monotonic() + LONGEST_ANSWER_SECONDS
        answer, content = self._http.send(asked, stream=True), bytearray()
        try:
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > LARGEST_PAGE_BYTES:
                    raise self.unreadable(f"an answer is larger than {LARGEST_PAGE_BYTES // 1024**2} MiB")
                if time.monotonic() > deadline:
                    raise self.unreadable(f"an answer takes longer than {LONGEST_ANSWER_SECONDS:.0f} s")
        finally:
            answer.close()
        plain = [(name, value) for name, value in answer.headers.items() if name != "content-encoding"]
        return httpx.Response(answer.status_code, headers=plain, content=bytes(content), request=asked)

    def _check_status(self, answer: httpx.Response) -> None:
        retry = self._options.get("retry") or {}
        if answer.status_code in retry.get("on_status", NOT_NOW):
            raise _AskAgainError(answer.status_code, _retry_after(answer))
        if answer.status_code in (401, 403):
            raise self._refused(answer.status_code)
        if answer.is_redirect:
            raise self.unreadable("it sends us to another address, where our token does not belong")
        if answer.status_code != httpx.codes.OK:
            raise self.unreadable(f"it answered with HTTP status {answer.status_code}")

    def _refused(self, status: int) -> SourceRefusedError:
        contract = self._request.contract
        return SourceRefusedError(
            f"The interface of {self._request.where} does not accept our token (HTTP {status}).",
            next_step=f"Ask {contract.owner} for a valid token of '{contract.system}', "
            "set it, and pull again.",
        )

    def _json(self, answer: httpx.Response) -> Mapping[str, Any]:
        try:
            body = parse_json(answer.content, answer.charset_encoding)
        except ValueError:
            raise self.unreadable("a page is not JSON") from None
        if not isinstance(body, dict):
            raise self.unreadable("a page is not a JSON object")
        return body

    def _following(self, answer: httpx.Response) -> str | None:
        """Return the page linked as next (RFC 8288), which must be on the same server."""
        link = answer.links.get("next", {}).get("url")
        if link is None:
            return None
        following = urljoin(str(answer.request.url), link)
        if urlsplit(following)[:2] != urlsplit(self.url)[:2]:
            raise self.unreadable("its next page is on another server, where our token does not belong")
        return following


def field_of(body: Mapping[str, Any], path: str) -> Any:
    """Return the value of a field, nested ones by a path such as `data.rows`; None if absent."""
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _trusted(request: ReadRequest) -> ssl.SSLContext:
    """Return the TLS context of the endpoint.

    Raises:
        SourceUnreachableError: an authority is named for an address that is not encrypted.
    """
    system, endpoint = request.contract.system, request.endpoint
    if endpoint.ca_file and urlsplit(endpoint.url).scheme != "https":
        raise SourceUnreachableError(
            f"The address of {system} names a certificate authority (ca_file) but is not https: token and "
            "rows would travel unencrypted. Nothing was asked.",
            next_step=f"Correct the address in secrets/sources/{system}.json.",
        )
    return ssl.create_default_context(cafile=request.endpoint.ca_file)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _AskAgainError) and error.after is not None:
        return min(error.after, LONGEST_WAIT_SECONDS)
    return min(FIRST_WAIT_SECONDS * 2**state.attempt_number, LONGEST_WAIT_SECONDS)


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds from a number or a date; None if the server gives none."""
    value = answer.headers.get("Retry-After", "")
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
