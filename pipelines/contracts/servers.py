"""Validate what a contract says of its system's server: which transport, and how it is spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard

from pipelines.contracts.files import check_sftp
from pipelines.contracts.model import ContractError, Server
from pipelines.contracts.words import custom_properties, mapping, refuse_other_than_text

TRANSPORTS = {"postgres": "postgres", "mysql": "mysql", "api": "rest", "sftp": "sftp", "custom": None}
CUSTOM_TRANSPORTS = ("mqtt", "reader")
OPTIONS = ("rest", "sftp", *CUSTOM_TRANSPORTS)
# Required options of each pagination and authentication kind.
PAGINATIONS = {
    "next_token": ("parameter", "response_field"),
    "page_number": ("parameter", "size_parameter", "size"),
    "offset": ("parameter", "size_parameter", "size"),
    "link_header": (),
    "none": (),
}
AUTHENTICATIONS = {
    "bearer": (),
    "header": ("header",),
    "basic": (),
    "oauth2_client_credentials": ("token_path",),
    "none": (),
}
REST_TEXTS = (
    "authentication", "records", "cursor_parameter", "until_parameter", "header", "token_path", "scope",
)  # fmt: skip
REST_WORDS = (*REST_TEXTS, "pagination", "retry")
PAGINATION_TEXTS = ("kind", "parameter", "response_field", "size_parameter", "ordered_by")
PAGINATION_NUMBERS = {"size": 1, "first": 0}
RETRY_WORDS = ("attempts", "on_status")


def build_server(path: Path, document: OpenDataContractStandard) -> Server:
    """Return the transport of a system and its options.

    Raises:
        ContractError: not exactly one server, an unknown transport, or options that cannot be meant.
    """
    servers = document.servers or []
    if len(servers) != 1:
        raise ContractError(f"{path}: servers lists {len(servers)} entries; the engine needs exactly one.")
    server = servers[0]
    if server.type not in TRANSPORTS:
        raise ContractError(f"{path}: servers/type is '{server.type}'; legal are {', '.join(TRANSPORTS)}.")
    extra = custom_properties(f"{path}: servers", server.customProperties, OPTIONS)
    transport = TRANSPORTS[server.type] or next((name for name in CUSTOM_TRANSPORTS if name in extra), None)
    if transport is None:
        raise ContractError(
            f"{path}: a server of type 'custom' needs one of the customProperties "
            f"{', '.join(CUSTOM_TRANSPORTS)} that says how it speaks."
        )
    where = f"{path}: servers/customProperties/{transport}"
    options = {"reader": extra["reader"]} if transport == "reader" else _options(where, extra.get(transport))
    if server.schema_:
        options["schema"] = server.schema_
    if transport == "rest":
        _check_rest(where, options)
    if transport == "sftp":
        check_sftp(path, options)
    return Server(server.type, transport, options)


def _options(where: str, value: Any) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise ContractError(f"{where} is {value!r}; write a mapping of its options.")
    return dict(value or {})


def _check_rest(where: str, options: dict[str, Any]) -> None:
    mapping(where, options, (*REST_WORDS, "schema"))
    refuse_other_than_text(where, options, REST_TEXTS)
    pagination = _pagination(where, options)
    for name, value, legal, holder in (
        ("pagination/kind", pagination.get("kind"), PAGINATIONS, pagination),
        ("authentication", options.get("authentication"), AUTHENTICATIONS, options),
    ):
        if value not in legal:
            raise ContractError(f"{where}/{name} is {value!r}; legal are {', '.join(legal)}.")
        for needed in legal[value]:
            if needed not in holder:
                raise ContractError(f"{where}: '{value}' needs '{needed}' beside {name}.")
    if "size_parameter" in pagination and "size" not in pagination:
        raise ContractError(f"{where}/pagination: 'size_parameter' needs 'size' beside it.")
    _check_order(where, options, pagination)
    _check_retry(f"{where}/retry", options.get("retry"))
    if "records" not in options:
        raise ContractError(f"{where}/records is missing: the field of an answer that holds the rows.")


def _pagination(where: str, options: dict[str, Any]) -> dict[str, Any]:
    place = f"{where}/pagination"
    pagination = mapping(place, options.get("pagination"), (*PAGINATION_TEXTS, *PAGINATION_NUMBERS))
    refuse_other_than_text(place, pagination, PAGINATION_TEXTS)
    for name, least in PAGINATION_NUMBERS.items():
        if name in pagination and (type(pagination[name]) is not int or pagination[name] < least):
            raise ContractError(f"{place}/{name} is {pagination[name]!r}; write a number from {least}.")
    return pagination


def _check_order(where: str, options: dict[str, Any], pagination: dict[str, Any]) -> None:
    order = pagination.get("ordered_by")
    if order is None:
        return
    if order != "cursor" or pagination["kind"] not in ("page_number", "offset"):
        raise ContractError(
            f"{where}/pagination/ordered_by is {order!r}; legal is 'cursor', with page_number or offset."
        )
    if "cursor_parameter" not in options:
        raise ContractError(f"{where}: ordered_by 'cursor' needs 'cursor_parameter', to go on from a cursor.")


def _check_retry(where: str, value: Any) -> None:
    retry = mapping(where, value, RETRY_WORDS)
    attempts, statuses = retry.get("attempts", 1), retry.get("on_status", [])
    if type(attempts) is not int or attempts < 1:
        raise ContractError(f"{where}/attempts is {attempts!r}; write a number from 1.")
    if not isinstance(statuses, list) or not all(type(status) is int for status in statuses):
        raise ContractError(f"{where}/on_status is {statuses!r}; write a list such as [429, 503].")
