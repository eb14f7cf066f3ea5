"""Superset's configuration: Chinese, loopback only, no outside host, read-only on serving files.

Loaded by Superset itself, in Superset's own environment; `dashboards.environment` sets
the variables read here. Everything that guards the data is set here and not in
an asset, so that nobody can edit it away on the web page.
"""

from __future__ import annotations

import codecs
import csv
import importlib.util
import json
import os
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from string import Template
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import humanize
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations
from cachelib.file import FileSystemCache
from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import get_locale, get_translations
from jinja2 import ChoiceLoader, FileSystemLoader
from sqlalchemy.engine import URL

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ["BRAIN_SUPERSET_HOME"])
SERVING = Path(os.environ["BRAIN_SERVING"])
_SECRETS = json.loads(Path(os.environ["BRAIN_SUPERSET_SECRETS"]).read_text())

# --- Metadata database ------------------------------------------------------------------------
SECRET_KEY = _SECRETS["secret_key"]
GUEST_TOKEN_JWT_SECRET = _SECRETS["guest_token_secret"]
GLOBAL_ASYNC_QUERIES_JWT_SECRET = _SECRETS["async_queries_secret"]
SQLALCHEMY_DATABASE_URI = os.environ["BRAIN_SUPERSET_DATABASE"]
DATA_DIR = str(HOME)
UPLOAD_FOLDER = str(HOME / "uploads")

# --- Sessions and requests --------------------------------------------------------------------
SESSION_SERVER_SIDE = True
SESSION_TYPE = "cachelib"
SESSION_CACHELIB = FileSystemCache(str(HOME / "sessions"), threshold=5000, mode=0o600)
SESSION_PERMANENT = True
PERMANENT_SESSION_LIFETIME = timedelta(hours=8)
# Only a request that changes its session writes it. Otherwise a slow request that began before a login or
# logout would write back the old session: logged out in the middle of a page, or logged in again.
SESSION_REFRESH_EACH_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Browsers send Secure cookies over plain HTTP only to loopback, as an exception; set this behind TLS.
SESSION_COOKIE_SECURE = os.environ.get("BRAIN_SUPERSET_TLS") == "1"
WTF_CSRF_ENABLED = True
ENABLE_CORS = False
RATELIMIT_ENABLED = True
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "10 per second"
RATELIMIT_STORAGE_URI = "memory://"
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": SESSION_COOKIE_SECURE,
}
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []
DECKGL_BASE_MAP = [["", "无底图"]]
MAPBOX_API_KEY = ""
SLACK_API_TOKEN = None
HTML_SANITIZATION = True
SHOW_STACKTRACE = False
FAB_API_SWAGGER_UI = False

# --- Data: serving files only, read-only, nothing else reachable ----------------------------------
PREVENT_UNSAFE_DB_CONNECTIONS = True
LOCKED_DUCKDB = {"enable_external_access": "false", "lock_configuration": "true"}


def DB_CONNECTION_MUTATOR(uri: URL, params: dict, *_: object) -> tuple[URL, dict]:
    """Open every DuckDB connection as a locked, read-only view of one serving file.

    The asset names the file (`duckdb:///leadership.duckdb`); its folder is this installation's. Other
    settings in the database record are overridden.
    """
    if not uri.drivername.startswith("duckdb"):
        raise PermissionError(f"Superset reads serving files only, not '{uri.drivername}'.")
    params["connect_args"] = {"read_only": True, "config": dict(LOCKED_DUCKDB)}
    return uri.set(database=str(SERVING / Path(uri.database or "").name), query={}), params


def DB_SQLA_URI_VALIDATOR(uri: URL) -> None:
    """Accept only a serving file as a database added in the web interface."""
    if not uri.drivername.startswith("duckdb"):
        raise PermissionError("Only duckdb:///<audience>.duckdb, a serving file, can be connected.")


SQLLAB_TIMEOUT = 30
SQL_MAX_ROW = 50_000
ROW_LIMIT = 10_000
DEFAULT_SQLLAB_LIMIT = 1_000
SUPERSET_WEBSERVER_TIMEOUT = 60
# Serving files are replaced under a running server; querying DuckDB is faster than detecting a stale cache.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
# Exports must not contain names that a spreadsheet runs as formulas; streaming would skip the escaping.
CSV_STREAMING_ROW_THRESHOLD = 10**9
# Words in quotes, so that a region's twelve digits are one; with the mark by which Excel knows UTF-8.
CSV_EXPORT = {"encoding": "utf-8-sig", "quoting": csv.QUOTE_NONNUMERIC}

FEATURE_FLAGS = {
    "CACHE_QUERY_BY_USER": True,
    "ALERT_REPORTS": False,
    "DASHBOARD_RBAC": False,
    "DRILL_BY": True,
    "DRILL_TO_DETAIL": False,
    "EMBEDDED_SUPERSET": False,
    "ENABLE_TEMPLATE_PROCESSING": False,
    "ENABLE_JAVASCRIPT_CONTROLS": False,
    "ESCAPE_MARKDOWN_HTML": False,
    "ALLOW_ADHOC_SUBQUERY": False,
    "HORIZONTAL_FILTER_BAR": True,
    "DYNAMIC_PLUGINS": False,
}

# --- Looks ---------------------------------------------------------------------------------------
APP_NAME = "社区大脑"
APP_ICON = "/brain/brand.svg"
FAVICONS = [{"href": "/brain/brand.svg", "type": "image/svg+xml"}]
BLUEPRINTS = [Blueprint("brain", __name__, static_folder=str(HERE / "static"), static_url_path="/brain")]
LOGO_TARGET_PATH = "/superset/welcome/"
BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}, "en": {"flag": "us", "name": "English"}}
_TRANSLATIONS = json.loads((HERE / "translations_zh.json").read_text())
_FONTS = "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_BRAND = "#1554a3"
THEME_DEFAULT = {
    "algorithm": "default",
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": "/brain/brand.svg",
        "brandLogoHeight": "32px",
        "brandLogoMargin": "6px 0",
        "brandLogoHref": "/superset/welcome/",
        "colorPrimary": _BRAND,
        "colorLink": _BRAND,
        "colorInfo": "#2f7fd1",
        "colorSuccess": "#2e9e6b",
        "colorWarning": "#e6a23c",
        "colorError": "#d1453b",
        "fontFamily": _FONTS,
        "fontFamilyCode": "'Noto Sans Mono CJK SC', monospace",
        "fontUrls": [],
        "borderRadius": 6,
    },
}
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "brain_blue",
        "label": "社区大脑蓝",
        "description": "浅到深的蓝色，浅为低、深为高",
        "isDiverging": False,
        "colors": ["#dcebf9", "#b3d3f2", "#7fb2e5", "#4a8cd0", "#1f66b0", "#0d4482"],
    }
]
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "brain",
        "label": "社区大脑",
        "description": "",
        "isDefault": True,
        "colors": ["#1f66b0", "#2e9e6b", "#e6a23c", "#7a5ab5", "#d1603d", "#2aa5b8", "#8a94a6", "#b8437d"],
    }
]
D3_TIME_FORMAT = {
    "dateTime": "%Y-%m-%d %H:%M:%S",
    "date": "%Y-%m-%d",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "months": [f"{month}月" for month in range(1, 13)],
    "shortMonths": [f"{month}月" for month in range(1, 13)],
}


_ASK = "请向市数据资源管理局的平台管理员申请权限，并说明您的单位、用户名和这个页面的网址。"
_REFUSALS = {
    403: ("您没有查看这个页面的权限", _ASK),
    # Superset does not reveal to those without access whether a page exists.
    404: ("没有这个页面，或者您没有查看它的权限", f"请先核对网址。{_ASK}"),
    500: ("页面暂时打不开", "请稍后再试；仍然打不开的，请告诉市数据资源管理局的平台管理员。"),
}
_REFUSED_PAGE = Template((HERE / "refused.html").read_text(encoding="utf-8"))


def chinese_error_page(response: Response) -> Response:
    """Answer a browser with a Chinese error page instead of JSON or the packaged page with external fonts.

    Scripts ask for JSON or for anything; only a browser that opens a page prefers HTML.
    """
    wanted = request.accept_mimetypes
    if response.status_code not in _REFUSALS or wanted["text/html"] <= wanted["application/json"]:
        return response
    title, advice = _REFUSALS[response.status_code]
    page = _REFUSED_PAGE.substitute(title=title, advice=advice)
    # Not cached: somebody who is granted access later opens the same address again.
    headers = {"Cache-Control": "no-store"}
    return Response(page, response.status_code, headers, mimetype="text/html")


def with_byte_order_mark(response: Response) -> Response:
    """Begin a chart's CSV with the mark that `CSV_EXPORT` asks for.

    Superset sets it as the answer's charset, which Werkzeug no longer heeds.
    """
    if response.mimetype == "text/csv" and not response.is_streamed:
        content = response.get_data()
        if not content.startswith(codecs.BOM_UTF8):
            response.set_data(codecs.BOM_UTF8 + content)
    return response


def corrected_language_pack() -> Response | None:
    """Answer scripts that ask for the strings: Superset's own view sends the packaged file as it is."""
    from superset.translations.utils import get_language_pack

    if request.endpoint != "Superset.language_pack":
        return None
    if request.view_args["lang"] not in LANGUAGES:
        abort(404)
    answer = jsonify(get_language_pack(request.view_args["lang"]))
    answer.add_etag()
    return answer.make_conditional(request)


def _righted_messages() -> Translations:
    catalogue = Catalog(locale="zh")
    for source, target in _TRANSLATIONS.items():
        catalogue.add(source, target)
    written = BytesIO()
    write_mo(written, catalogue)
    written.seek(0)
    return Translations(written)


def right_server_messages() -> None:
    """Right what the server says itself, as errors of SQL Lab: it keeps a catalogue of its own."""
    if str(get_locale()) == "zh" and not hasattr(translations := get_translations(), "are_righted"):
        translations.merge(_righted_messages())
        translations.are_righted = True


_packaged_naturaltime = humanize.naturaltime


def _naturaltime(*arguments: Any, **options: Any) -> str:
    """Return how long ago a page was changed; the packaged Chinese says 20分之前."""
    return _packaged_naturaltime(*arguments, **options).replace("分之前", "分钟前").replace("之前", "前")


humanize.naturaltime = _naturaltime


def FLASK_APP_MUTATOR(app: Any) -> None:
    """Correct wrong strings of the Chinese translation, the head of pages, and the error pages."""
    from superset.translations import utils

    app.jinja_loader = ChoiceLoader([FileSystemLoader(HERE / "templates"), app.jinja_loader])
    pack = utils.get_language_pack("zh")
    messages = pack["locale_data"]["superset"]
    messages.update({source: [target] for source, target in _TRANSLATIONS.items()})
    app.before_request(corrected_language_pack)
    app.before_request(right_server_messages)
    app.after_request(chinese_error_page)
    app.after_request(with_byte_order_mark)


class MendedScripts:
    """WSGI middleware that serves Superset's scripts without what is wrong with the packaged ones.

    The content security policy blocks the tracking pixel anyway; this removes the attempt from the page. The
    Chinese words for "a minute ago" are packaged under a name other than the language's own, and never found.
    """

    REPLACED = (
        (b"https://apachesuperset.gateway.scarf.sh/pixel/", b"data:image/gif;base64,R0lGODlhAQABAAAAACw=#"),
        (b'name:"zh-cn",weekdays', b'name:"zh",weekdays'),
    )

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        package = importlib.util.find_spec("superset")
        if package is None or package.origin is None:
            raise RuntimeError("Superset is not installed in this environment.")
        folder = Path(package.origin).parent / "static" / "assets"
        self.cleaned = {
            f"/static/assets/{script.name}": self._mended(content)
            for script in folder.glob("*.entry.js")
            if any(packaged in (content := script.read_bytes()) for packaged, _ in self.REPLACED)
        }

    def _mended(self, content: bytes) -> bytes:
        for packaged, served in self.REPLACED:
            content = content.replace(packaged, served)
        return content

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer requests for a cleaned script, pass on all others."""
        content = self.cleaned.get(environ.get("PATH_INFO", ""))
        if content is None or environ.get("REQUEST_METHOD") != "GET":
            return self.application(environ, start_response)
        headers = [
            ("Content-Type", "text/javascript; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "public, max-age=31536000"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response("200 OK", headers)
        return [content]


ADDITIONAL_MIDDLEWARE = [MendedScripts]
