"""fetch, download and Client against a stand-in server: every way a server can disappoint."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from secretome.errors import Unreachable, WrongDownload
from secretome.remote import Client, Policy, download, fetch

BODY = bytes(range(256)) * 1000
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def patient(waits):
    return Policy(sleep=waits.append, timeout_seconds=5, attempts=4, backoff_seconds=1)


def test_a_reply_carries_address_body_and_time(web, patient):
    url = web.on("/a", web.whole(b"hello", Content_Type="text/plain"))
    reply = fetch(url, policy=patient)
    assert (reply.body, reply.content_type, reply.from_cache) == (b"hello", "text/plain", False)
    assert datetime.fromisoformat(reply.fetched).tzinfo is not None
    assert web.headers(0)["User-Agent"].startswith("secretome/")


def test_a_missing_page_is_not_asked_for_again(web, patient, waits):
    with pytest.raises(Unreachable, match=r"404.*not there"):
        fetch(web.on("/gone", web.status(404)), policy=patient)
    assert (len(web.seen), waits) == (1, [])


def test_a_server_error_is_retried_with_growing_waits(web, patient, waits):
    url = web.on("/flaky", web.status(500), web.status(503), web.whole(b"at last"))
    assert fetch(url, policy=patient).body == b"at last"
    assert waits == [1, 2]


def test_giving_up_says_how_often_it_was_tried(web, patient, waits):
    with pytest.raises(Unreachable, match=r"answered 500 .*\(4 attempts\)"):
        fetch(web.on("/down", web.status(500)), policy=patient)
    assert waits == [1, 2, 4]


def test_too_many_requests_waits_as_long_as_the_server_says(web, patient, waits):
    url = web.on("/busy", web.status(429, Retry_After="7"), web.whole(b"now"))
    assert fetch(url, policy=patient).body == b"now"
    assert waits == [7]


def test_a_wait_may_be_named_as_a_date(web, patient, waits):
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    url = web.on("/busy", web.status(503, Retry_After=moment), web.whole(b"now"))
    assert fetch(url, policy=patient).body == b"now"
    assert 25 < waits[0] <= 30


def test_an_unreadable_wait_falls_back_to_ours(web, patient, waits):
    url = web.on("/busy", web.status(503, Retry_After="soon"), web.whole(b"now"))
    fetch(url, policy=patient)
    assert waits == [1]


def test_a_wait_of_an_hour_is_told_and_not_slept(web, patient, waits):
    with pytest.raises(Unreachable, match="wait 3,600 seconds"):
        fetch(web.on("/busy", web.status(429, Retry_After="3600")), policy=patient)
    assert waits == []


def test_a_body_cut_short_is_fetched_again(web, patient):
    url = web.on("/cut", web.truncated(BODY, 1000), web.whole(BODY))
    assert fetch(url, policy=patient, sha256=SHA).body == BODY


def test_a_chunked_body_cut_short_is_an_error_not_half_a_body(web, patient):
    def chunked(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"FF\r\nonly a few bytes")

    with pytest.raises(Unreachable, match="broke off"):
        fetch(web.on("/chunked", chunked), policy=patient)


def test_another_sha256_is_refused(web, patient):
    with pytest.raises(WrongDownload, match="another file"):
        fetch(web.on("/a", web.whole(b"swapped")), sha256=SHA, policy=patient)


def test_a_body_above_the_limit_is_refused_announced_or_not(web):
    small = Policy(max_bytes=100)
    with pytest.raises(WrongDownload, match="larger than the 100 bytes"):
        fetch(web.on("/big", web.whole(BODY)), policy=small)

    def unannounced(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BODY)

    with pytest.raises(WrongDownload, match="larger than the 100 bytes"):
        fetch(web.on("/huge", unannounced), policy=small)


def test_a_silent_server_is_given_up(web, waits):
    def silent(handler):
        time.sleep(0.4)

    hasty = Policy(timeout_seconds=0.05, attempts=2, sleep=waits.append)
    with pytest.raises(Unreachable, match="timed out"):
        fetch(web.on("/silent", silent), policy=hasty)
    assert len(waits) == 1


def test_a_server_that_drips_meets_the_deadline(web, waits):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b".")
            handler.wfile.flush()
            time.sleep(0.01)

    hasty = Policy(timeout_seconds=1, deadline_seconds=0.1, attempts=1, sleep=waits.append)
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"not done after 0\.1 seconds"):
        fetch(web.on("/drip", drip), policy=hasty)
    assert time.monotonic() - started < 2


def test_nobody_listening_is_said_with_the_address(waits):
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1.*refused"):
        fetch("http://127.0.0.1:9/x", policy=Policy(attempts=2, sleep=waits.append))


@pytest.mark.parametrize("url", ["http://example.org/a", "file:///etc/passwd", "ftp://example.org/a"])
def test_only_https_is_fetched(url):
    with pytest.raises(Unreachable, match="no https address"):
        fetch(url)


def test_a_redirect_to_a_file_is_not_followed(web, patient):
    for target in ("file:///etc/passwd", "http://example.org/a"):
        with pytest.raises(Unreachable):
            fetch(web.on("/r", web.status(302, Location=target)), policy=patient)
    url = web.on("/moved", web.status(302, Location=web.on("/new", web.whole(b"here"))))
    assert fetch(url, policy=patient).body == b"here"


def test_offline_asks_nothing(web, monkeypatch):
    url = web.on("/a", web.whole(b"x"))
    with pytest.raises(Unreachable, match="offline"):
        fetch(url, offline=True)
    monkeypatch.setenv("SECRETOME_OFFLINE", "1")
    with pytest.raises(Unreachable, match="offline"):
        fetch(url)
    assert web.seen == []


def test_keys_and_addresses_never_stand_in_a_message(web, patient):
    url = web.on("/q", web.status(403)) + "?api_key=SECRET&email=me%40lab.org&term=x"
    with pytest.raises(Unreachable) as raised:
        fetch(url, policy=patient)
    assert "SECRET" not in str(raised.value)
    assert "lab.org" not in str(raised.value)
    assert "term=x" in str(raised.value)


# --- download ---------------------------------------------------------------------------------


def test_a_download_appears_only_when_whole(web, patient, tmp_path):
    into = tmp_path / "deep" / "file.bin"
    told = []
    url = web.on("/f", web.whole(BODY))
    assert download(url, into, sha256=SHA, policy=patient, progress=lambda *p: told.append(p)) == into
    assert into.read_bytes() == BODY
    assert told[-1] == (len(BODY), len(BODY))
    assert [path.name for path in into.parent.iterdir()] == ["file.bin"]


def test_a_file_that_is_there_is_not_asked_for(web, tmp_path):
    into = tmp_path / "f"
    into.write_bytes(BODY)
    assert download(web.url + "/f", into, sha256=SHA, offline=True) == into
    assert web.seen == []


def test_a_download_cut_short_goes_on_where_it_stopped(web, patient, tmp_path):
    url = web.on("/f", web.truncated(BODY, 100_000, ETag='"v1"'), web.ranged(BODY, ETag='"v1"'))
    download(url, tmp_path / "f", policy=patient)
    assert (tmp_path / "f").read_bytes() == BODY
    assert web.headers(1)["Range"] == "bytes=100000-"
    assert web.headers(1)["If-Range"] == '"v1"'


def test_a_later_run_goes_on_with_what_the_first_left(web, tmp_path, waits):
    hasty = Policy(attempts=1, sleep=waits.append)
    url = web.on("/f", web.truncated(BODY, 100_000))
    with pytest.raises(Unreachable):
        download(url, tmp_path / "f", sha256=SHA, policy=hasty)
    assert not (tmp_path / "f").exists()
    assert (tmp_path / "f.part").stat().st_size == 100_000
    web.on("/f", web.ranged(BODY))
    download(url, tmp_path / "f", sha256=SHA, policy=hasty)
    assert web.headers(1)["Range"] == "bytes=100000-"
    assert (tmp_path / "f").read_bytes() == BODY


def test_without_tag_and_sha256_a_download_starts_again(web, patient, tmp_path):
    url = web.on("/f", web.truncated(BODY, 100_000), web.ranged(BODY))
    download(url, tmp_path / "f", policy=patient)
    assert "Range" not in web.headers(1)
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_weak_tag_is_no_promise_of_the_same_bytes(web, patient, tmp_path):
    url = web.on("/f", web.truncated(BODY, 100_000, ETag='W/"v1"'), web.ranged(BODY))
    download(url, tmp_path / "f", policy=patient)
    assert "Range" not in web.headers(1)


def test_a_file_that_changed_meanwhile_is_taken_from_its_beginning(web, patient, tmp_path):
    other = BODY[::-1]
    url = web.on("/f", web.truncated(BODY, 100_000, ETag='"v1"'), web.whole(other, ETag='"v2"'))
    download(url, tmp_path / "f", policy=patient)
    assert (tmp_path / "f").read_bytes() == other


def test_leftovers_of_another_file_are_thrown_away(web, patient, tmp_path):
    (tmp_path / "f.part").write_bytes(b"not of this file at all")
    download(web.on("/f", web.ranged(BODY)), tmp_path / "f", sha256=SHA, policy=patient)
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_part_that_is_whole_already_needs_no_byte(web, patient, tmp_path):
    (tmp_path / "f.part").write_bytes(BODY)
    download(web.on("/f", web.ranged(BODY)), tmp_path / "f", sha256=SHA, policy=patient)
    assert (tmp_path / "f").read_bytes() == BODY
    assert len(web.seen) == 1


def test_a_part_longer_than_the_file_is_thrown_away(web, patient, tmp_path):
    (tmp_path / "f.part").write_bytes(BODY + b"more")
    download(web.on("/f", web.ranged(BODY)), tmp_path / "f", sha256=SHA, policy=patient)
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_rest_from_another_place_is_refused(web, patient, tmp_path):
    (tmp_path / "f.part").write_bytes(BODY[:1000])

    def wrong_place(handler):
        web.send(handler, 206, BODY[500:], Content_Range=f"bytes 500-{len(BODY) - 1}/{len(BODY)}")

    url = web.on("/f", wrong_place, web.ranged(BODY))
    download(url, tmp_path / "f", sha256=SHA, policy=patient)
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_wrong_file_is_never_left_behind(web, patient, tmp_path):
    with pytest.raises(WrongDownload, match=SHA):
        download(web.on("/f", web.whole(b"swapped")), tmp_path / "f", sha256=SHA, policy=patient)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_survives_a_failed_download(web, patient, tmp_path):
    (tmp_path / "f").write_bytes(b"old")
    with pytest.raises(WrongDownload):
        download(web.on("/f", web.whole(b"swapped")), tmp_path / "f", sha256=SHA, policy=patient)
    assert (tmp_path / "f").read_bytes() == b"old"


# --- client -----------------------------------------------------------------------------------


def test_a_client_keeps_replies_and_answers_offline(web, patient, tmp_path):
    web.on("/api/search", web.whole(b'{"n": 3}'))
    online = Client(web.url + "/api/", 1000, cache=tmp_path, policy=patient, parameters={"api_key": "SECRET"})
    first = online.get("search", {"term": "MSC", "page": 1})
    again = online.get("search", {"term": "MSC", "page": 1})
    assert (first.json(), first.from_cache, again.from_cache) == ({"n": 3}, False, True)
    assert again.fetched == first.fetched
    offline = Client(web.url + "/api/", cache=tmp_path, offline=True)
    assert offline.get("search", {"page": 1, "term": "MSC"}).body == first.body
    with pytest.raises(Unreachable, match="offline"):
        offline.get("search", {"term": "other"})
    assert len(web.seen) == 1
    assert not any(b"SECRET" in path.read_bytes() for path in tmp_path.iterdir())


def test_a_stale_reply_is_asked_for_again_and_a_damaged_one_too(web, patient, tmp_path):
    web.on("/s", web.whole(b"1"), web.whole(b"2"), web.whole(b"3"))
    client = Client(web.url + "/", 1000, cache=tmp_path, policy=patient, max_age_seconds=-1)
    assert client.get("s").body == b"1"
    assert client.get("s").body == b"2"
    next(tmp_path.glob("*.body")).write_bytes(b"damaged")
    lasting = Client(web.url + "/", 1000, cache=tmp_path, policy=patient)
    assert lasting.get("s").body == b"3"
    facts = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert facts["url"] == f"{web.url}/s"


def test_a_form_is_posted_and_kept_by_its_content(web, patient, tmp_path):
    web.on("/s", web.whole(b"1"), web.whole(b"2"))
    client = Client(web.url + "/", 1000, cache=tmp_path, policy=patient)
    assert client.post("s", {"ids": "1,2"}).body == b"1"
    assert client.post("s", {"ids": "1,2"}).body == b"1"
    assert client.post("s", {"ids": "3"}).body == b"2"
    assert web.seen[0][2] == b"ids=1%2C2"


def test_requests_keep_their_pace(web, waits):
    web.on("/s", web.whole(b"1"))
    client = Client(web.url + "/", rate_per_second=2, policy=Policy(sleep=waits.append))
    for _ in range(3):
        client.get("s")
    assert len(waits) == 2
    assert 0.3 < waits[0] <= 0.5
    assert 0.8 < waits[1] <= 1.0


def test_an_error_page_is_never_kept(web, waits, tmp_path):
    web.on("/s", web.status(500), web.whole(b"fine"))
    client = Client(web.url + "/", 1000, cache=tmp_path, policy=Policy(attempts=1, sleep=waits.append))
    with pytest.raises(Unreachable):
        client.get("s")
    assert client.get("s").body == b"fine"
