"""A stand-in server on the loopback device that answers as scripted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class StandIn:
    """A scripted server: each path has answers, used one after the other, the last one for ever."""

    url: str = ""
    script: dict[str, list[Answer]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def on(self, path: str, *answers: Answer) -> str:
        self.script[path] = list(answers)
        return self.url + path

    def headers(self, number: int) -> dict[str, str]:
        return self.seen[number][1]


@contextmanager
def standing_in() -> Iterator[StandIn]:
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            stand_in.seen.append((self.path, dict(self.headers), body))
            answers = stand_in.script.get(self.path.partition("?")[0], [status(404)])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            with suppress(BrokenPipeError, ConnectionResetError):
                answer(self)
            self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler, code, body=b"", *, length=None, **headers):
    handler.send_response(code)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int, **headers: str) -> Answer:
    return lambda handler: send(handler, code, b"", **headers)


def whole(body: bytes, **headers: str) -> Answer:
    return lambda handler: send(handler, 200, body, **headers)


def truncated(body: bytes, at: int, **headers: str) -> Answer:
    """Promises the whole body, sends `at` bytes and hangs up."""
    return lambda handler: send(handler, 200, body[:at], length=len(body), **headers)


def ranged(body: bytes, **headers: str) -> Answer:
    """Answers a Range request with the rest, and 416 beyond the end, as a file server does."""

    def answer(handler):
        wanted = handler.headers.get("Range")
        if wanted is None:
            send(handler, 200, body, **headers)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(body):
            send(handler, 416, b"", Content_Range=f"bytes */{len(body)}")
            return
        content_range = f"bytes {start}-{len(body) - 1}/{len(body)}"
        send(handler, 206, body[start:], Content_Range=content_range, **headers)

    return answer


StandIn.send = staticmethod(send)
StandIn.status = staticmethod(status)
StandIn.whole = staticmethod(whole)
StandIn.truncated = staticmethod(truncated)
StandIn.ranged = staticmethod(ranged)
