"""An S3-compatible server over loopback, as far as a shelf goes: objects by path, ranges, parts, signatures (SigV4).

The shelf's tests were once run on SeaweedFS's own S3 server as well.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<scope>(?P<day>\d{8})/(?P<region>[\w-]+)/s3/aws4_request),"
    r" ?SignedHeaders=(?P<headers>[\w;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass
class Bucket:
    """`objects` are all there is, by their paths `/bucket/key`."""

    key: str = field(default_factory=lambda: secrets.token_hex(8))
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    endpoint: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)

    def signature(self, method: str, url: str, headers: Mapping[str, str], told: re.Match[str]) -> str:
        """As AWS describes it: of the request as it came, with our secret."""
        path, query = urlsplit(url).path, sorted(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        names = told["headers"].split(";")
        canonical = "\n".join([
            method, path, "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query),
            *(f"{name}:{headers[name].strip()}" for name in names), "", told["headers"],
            headers["x-amz-content-sha256"],
        ])  # fmt: skip
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], told["scope"], digest])
        key = f"AWS4{self.secret}".encode()
        for word in (told["day"], told["region"], "s3", "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        self.close_connection = False
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(*(self._do(body) if self._may() else (403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")))

    def _may(self) -> bool:
        told = SIGNED.fullmatch(self.headers.get("Authorization", ""))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return (
            told is not None
            and told["key"] == self.bucket.key
            and self.bucket.signature(self.command, self.path, headers, told) == told["signature"]
        )

    def _do(self, body: bytes) -> tuple[int, bytes, dict[str, str]] | tuple[int, bytes]:
        path = urlsplit(self.path).path
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        match self.command, query:
            case "POST", {"uploads": _}:
                self.bucket.parts[path] = {}
                return 200, b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
            case "PUT", {"partNumber": number}:
                self.bucket.parts[path][int(number)] = body
                return 200, b"", {"ETag": f'"{number}"'}
            case "POST", {"uploadId": _}:
                self.bucket.objects[path] = b"".join(part for _, part in sorted(self.bucket.parts.pop(path).items()))
                return 200, b'<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>'
            case "POST", {"delete": _}:
                keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
                for key in keys:
                    self.bucket.objects.pop(f"{path.rstrip('/')}/{key}", None)
                gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
                return 200, f"<DeleteResult>{gone}</DeleteResult>".encode()
            case "PUT", _:
                self.bucket.objects[path] = body
                return 200, b"", {"ETag": '"1"'}
            case "DELETE", _:
                self.bucket.objects.pop(path, None)
                return 204, b""
        return self._read(self.bucket.objects.get(path))

    def _read(self, content: bytes | None) -> tuple[int, bytes, dict[str, str]] | tuple[int, bytes]:
        if content is None:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        head = {"ETag": '"1"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}
        if asked := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
            place = f"bytes {first}-{last}/{len(content)}"
            return 206, content[first : last + 1], head | {"Content-Range": place}
        return 200, content, head

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving() -> Iterator[Bucket]:
    made = Bucket()
    handler = type("Ours", (Handler,), {"bucket": made})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        made.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield made
        server.shutdown()
        thread.join()
