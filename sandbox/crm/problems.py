"""amoCRM's refusals: problem+json with a status, a title and a detail (docs/amocrm-contract.md §3.2)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

TITLES = {
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Payload Too Large", 418: "I'm a teapot",
    421: "Misdirected Request", 423: "Locked", 425: "Too Early", 422: "Unprocessable Entity", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip
DETAILS = {402: "Payment required", 500: "An unknown error occurred."}
NGINX_403 = (
    "<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center>"
    "<hr><center>nginx</center></body></html>"
)
TOO_MANY = "You have sent too many requests in a given amount of time. Please try again later."


class Problem(Exception):
    """Ends the request with this answer; nothing was written."""

    def __init__(self, status: int, detail: str | None = None, **more: Any) -> None:
        super().__init__(status, detail)
        self.status = status
        self.body = {
            **more,
            "title": TITLES.get(status, "Error"),
            "type": f"https://httpstatus.es/{status}",
            "status": status,
            "detail": detail or DETAILS.get(status, TITLES.get(status, "Error")),
        }

    def answer(self) -> Response:
        return Response(json.dumps(self.body, ensure_ascii=False), self.status, mimetype=PROBLEM_TYPE)


PROBLEM_TYPE = "application/problem+json"


def too_many(retry_after: int) -> Response:
    """The 429 of docs/amocrm-contract.md §3.1; `retry_after` in seconds."""
    problem = Problem(429, TOO_MANY)
    problem.body["retry_after"] = retry_after
    return problem.answer()


def page(status: int) -> Response:
    """What a server on the way says instead of amoCRM: maintenance, a balancer, a guard."""
    words = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>"
    return Response(words, status, mimetype="text/html")


def blocked() -> Response:
    """What the front server says to a banned address: HTML, not JSON (docs/amocrm-contract.md §1.3, §3.1)."""
    return Response(NGINX_403, 403, mimetype="text/html")
