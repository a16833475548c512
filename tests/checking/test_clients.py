"""The file server of lesson 20, asked by clients that know nothing of the judge: curl with its options, http.client, urllib. (A browser: tests/browser/test_files.py.)"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shlex
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helpers.course.lessons import find_lessons, read
from tests.support.served import DESIGNS, LARGE, Site, served

has_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl")
PATIENCE = 20


@pytest.fixture(params=DESIGNS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """In each design."""
    with served(request.param, tmp_path / "site") as found:
        yield found


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Site]:
    """With all extras."""
    with served("threads", tmp_path / "site") as found:
        yield found


def curl(*arguments: str) -> str:
    """What it writes. It fails where the server's answer makes no sense to it."""
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", str(PATIENCE), *arguments]
    done = subprocess.run(command, capture_output=True, timeout=2 * PATIENCE, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return done.stdout.decode()


def status(*arguments: str) -> str:
    """Of the last answer."""
    return curl("--output", os.devnull, "--write-out", "%{http_code}", *arguments)


# curl ------------------------------------------------------------------------------------------------------------------


@has_curl
def test_curl_gets_a_page_and_is_told_what_it_is(site: Site) -> None:
    assert "Zürich" in curl(f"{site.url}/")
    told = curl("--output", os.devnull, "--write-out", "%{content_type} %{size_download}", f"{site.url}/")
    kind, size = told.rsplit(" ", 1)
    assert kind.replace(" ", "") == "text/html;charset=utf-8"
    assert int(size) == (site.root / "index.html").stat().st_size
    assert curl("--compressed", f"{site.url}/digits.txt") == "0123456789"


@has_curl
def test_curl_asks_several_times_by_one_connection(site: Site) -> None:
    several = [f"{site.url}/{name}" for name in ("digits.txt", "sugar.txt", "large.bin", "Z%C3%BCrich/")]
    asked = [word for url in several for word in ("--output", os.devnull, url)]
    told = curl(*asked, "--write-out", "%{http_code} %{num_connects} %{size_download}\n").splitlines()
    assert [line.split()[0] for line in told] == ["200", "404", "200", "200"]
    assert [line.split()[1] for line in told] == ["1", "0", "0", "0"]
    assert told[2].endswith(f" {len(LARGE)}")


@has_curl
def test_curl_s_older_version_and_its_wish_to_close(site: Site) -> None:
    for option in ["--http1.0"], ["--header", "Connection: close"]:
        told = curl(*option, "--write-out", " %{num_connects}", f"{site.url}/digits.txt", f"{site.url}/digits.txt")
        assert told == "0123456789 1" * 2


@has_curl
def test_curl_finds_no_way_out(site: Site) -> None:
    assert status("--path-as-is", f"{site.url}/../secret.txt") in ("403", "404")
    for target in "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%252e%252e/secret.txt", "//secret.txt", "/digits.txt/":
        assert status("--path-as-is", f"{site.url}{target}") in ("403", "404")


@has_curl
def test_curl_sends_what_nobody_wants(site: Site) -> None:
    twice = [f"{site.url}/digits.txt"] * 2
    assert curl("--data", "tea=1", "--output", os.devnull, "--output", os.devnull, "--write-out", "%{http_code}\n", *twice).split() in (["405"] * 2, ["501"] * 2)  # fmt: skip
    assert status("--request", "DELETE", f"{site.url}/digits.txt") in ("405", "501")
    assert (site.root / "digits.txt").exists()
    assert status("--header", "Content-Length: tea", f"{site.url}/") == "400"
    assert status("--upload-file", str(site.root / "large.bin"), f"{site.url}/new.bin") in ("405", "413", "501")
    assert not (site.root / "new.bin").exists()


@has_curl
def test_curl_asks_for_the_head(full: Site) -> None:
    told = curl("--head", f"{full.url}/large.bin", f"{full.url}/digits.txt")
    assert told.count("HTTP/1.1 200 OK") == 2 and f"Content-Length: {len(LARGE)}" in told


@has_curl
def test_curl_asks_only_for_what_is_new(full: Site, tmp_path: Path) -> None:
    file, tag = str(full.root / "digits.txt"), str(tmp_path / "tag")
    url = f"{full.url}/digits.txt"
    assert status("--time-cond", file, url) == "304"
    assert status("--time-cond", "20010101", url) == "200"
    assert status("--time-cond", "20300101", url) == "304"
    assert status("--etag-save", tag, url) == "200"
    assert status("--etag-compare", tag, url) == "304"
    os.utime(file, (2_000_000_000, 2_000_000_000))
    assert status("--etag-compare", tag, url) == "200"


@has_curl
def test_curl_asks_for_parts(full: Site, tmp_path: Path) -> None:
    url = f"{full.url}/digits.txt"
    for asked, part in ("2-5", "2345"), ("-3", "789"), ("7-", "789"), ("0-0", "0"):
        assert curl("--range", asked, url) == part
    assert status("--range", "100-", url) == "416"
    begun = tmp_path / "begun.bin"
    begun.write_bytes(LARGE[:1_000_000])
    assert curl("--continue-at", "-", "--output", str(begun), "--write-out", "%{http_code}", f"{full.url}/large.bin") == "206"  # fmt: skip
    assert begun.read_bytes() == LARGE


@has_curl
def test_curl_knows_each_option_of_the_lesson_s_table(full: Site) -> None:
    """It only warns of a date that it cannot read, and asks as if none had been given."""
    (path,) = find_lessons(["20"])
    (table,) = (cell.source for cell in read(path).cells if cell.id == "files-tools")
    options = re.findall(r"^\| `(-[^`]+)` \|", table, flags=re.MULTILINE)
    assert len(options) == 6
    for option in options:
        words = shlex.split(option.replace("…", full.url)) if "…" in option else [*shlex.split(option), f"{full.url}/"]
        command = ["curl", "--no-progress-meter", "--noproxy", "*", "--max-time", str(PATIENCE), *words]
        done = subprocess.run(command, capture_output=True, timeout=2 * PATIENCE, check=True)
        assert not done.stderr, f"{option}: {done.stderr.decode()}"


# Python's own clients --------------------------------------------------------------------------------------------------


def test_http_client_goes_on_by_one_connection(site: Site) -> None:
    with contextlib.closing(http.client.HTTPConnection(*site.address, timeout=PATIENCE)) as client:
        client.connect()
        address = client.sock.getsockname()
        for target, code in ("/digits.txt", 200), ("/sugar.txt", 404), ("/large.bin", 200), ("/", 200):
            client.request("GET", target)
            answer = client.getresponse()
            body = answer.read()
            assert answer.status == code and (target != "/large.bin" or body == LARGE)
        client.request("POST", "/", b"x" * 100_000)
        assert client.getresponse().read() is not None
        assert client.sock is not None and client.sock.getsockname() == address


def test_urllib_is_told_what_went_wrong(site: Site) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{site.url}/Z%C3%BCrich/", timeout=PATIENCE) as answer:
        assert answer.headers.get_content_charset() == "utf-8" and "Zürich" in answer.read().decode()
    with pytest.raises(urllib.error.HTTPError) as error:
        opener.open(f"{site.url}/sugar.txt", timeout=PATIENCE)
    with error.value:
        assert error.value.code == 404


def test_many_at_once_get_all_of_a_large_file(site: Site) -> None:
    def fetched(_: int) -> bool:
        with contextlib.closing(http.client.HTTPConnection(*site.address, timeout=PATIENCE)) as client:
            client.request("GET", "/large.bin")
            return client.getresponse().read() == LARGE

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(fetched, range(32)))
