"""A site cannot make the crawler reach, read or write anything else on this machine or network."""

from __future__ import annotations

import json
import re
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mainland import config, settings
from tests.support import hostile
from tests.support.crawling import Ending, crawl, crawling, records, scrapy, wait_until
from tests.support.replica import Replica
from tests.support.serving import Reply, running, serving


def extract(*given: str) -> Ending:
    return scrapy("extract", *given)


@pytest.mark.parametrize("given", [["{}"], ["{}", "--explain"], ["page.html", "--url", "{}"]])
def test_a_password_in_an_address_is_refused_and_not_shown(given: list[str]) -> None:
    ending = extract(*(part.format("http://ana:secret@127.0.0.1:1/story/") for part in given))
    assert (ending.status, ending.out, ending.err.count("\n")) == (2, "", 1)
    assert "secret" not in ending.err


def test_the_address_given_for_a_page_is_cleaned(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<html><body class="single-post postid-7"><h1 class="jeg_post_title">Milk falls</h1>'
        '<div class="entry-content"><div class="content-inner"><p>It fell.</p></div></div></body></html>'
    )
    ending = extract(str(page), "--url", "https://bücher.example/milk falls/")
    assert json.loads(ending.out)["url"] == "https://xn--bcher-kva.example/milk%20falls/"
    assert (ending.status, ending.err) == (0, "")


# -- certificates ----------------------------------------------------------------------------------------------------


@contextmanager
def secured(folder: Path, name: str, days: int) -> Iterator[tuple[str, list[str]]]:
    """A site with a certificate of its own making: its address, and the requested paths."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    secret = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) + timedelta(days=days)
    made = x509.CertificateBuilder(named, named, secret.public_key(), 1, end - timedelta(days=9), end)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate.write_bytes(made.sign(secret, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    requested: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the requests are recorded."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing: a client that hangs up is what is tested."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with running(server):
        yield f"https://localhost:{server.server_port}", requested


LOCAL = "localhost"


@pytest.mark.parametrize(
    ("name", "days", "trusted"),
    [(LOCAL, 2, False), ("b.example", 2, True), (LOCAL, -1, True)],
    ids=["self-signed", "of-another-host", "expired"],
)
def test_a_certificate_that_is_not_valid_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    days: int,
    trusted: bool,  # noqa: FBT001
) -> None:
    with secured(tmp_path, name, days) as (url, requested):
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        ending = crawl(url, tmp_path / "data", RETRY_TIMES=0)
        assert ending.status == 69
        assert "certificate not valid" in ending.err
        assert "Traceback" not in ending.err
        ending = extract(f"{url}/a/", "-s", "RETRY_TIMES=0")
        assert (ending.status, ending.out, len(ending.err.splitlines())) == (1, "", 1)
        assert requested == []


def test_a_certificate_that_is_valid_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with secured(tmp_path, LOCAL, 2) as (url, requested):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        crawl(url, tmp_path / "data")
        assert "/feed/" in requested


# -- where requests go -----------------------------------------------------------------------------------------------


def test_no_address_that_a_site_names_leads_to_another_host(tmp_path: Path) -> None:
    with serving(lambda _path, _site: Reply(200, b"caught")) as other:
        port = other.url.rpartition(":")[2]
        traps = [
            f"http://127.0.0.1:{port}",
            f"http://localhost:{port}",
            f"//127.0.0.1:{port}",
            "http://169.254.169.254",
        ]
        links = "".join(f'<li class="cat-item"><a href="{trap}/category/world/">World</a></li>' for trap in traps)

        def answer(path: str, site: str) -> Reply:
            urls = "".join(f"<url><loc>{base}/milk/</loc></url>" for base in [*traps, site])
            feed = "".join(f"<item><link>{trap}/fed/</link></item>" for trap in traps)
            rest = [{"id": n, "link": f"{trap}/rest/", "modified_gmt": None} for n, trap in enumerate(traps)]
            article = hostile.page(
                head=f'<link rel="canonical" href="{traps[0]}/milk/"><base href="{traps[0]}/">'
                f'<meta http-equiv="refresh" content="0;url={traps[0]}/refreshed/">',
                text=f'<p>It fell.</p><div class="jeg_pagelinks"><a href="{traps[0]}/milk/2/">2</a></div>',
            ).replace("{site}/page-", traps[0] + "/")
            pages = {
                "/robots.txt": "".join(f"Sitemap: {trap}/maps.xml\n" for trap in traps),
                "/sitemap.xml": f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>',
                "/feed/": f"<rss><channel>{feed}</channel></rss>",
                "/": f'<ul>{links}<li class="cat-item"><a href="/category/world/">World</a></li></ul>',
                "/category/world/": '<body class="archive category"><div class="jnews_category_content_wrapper">'
                + "".join(f'<article class="jeg_post"><h3 class="jeg_post_title"><a href="{trap}/a/">x</a></h3>'
                          f'<a class="page_nav next" href="{trap}/category/world/page/2/">n</a>' for trap in traps)
                + "</div>",
                "/milk/": article.replace("{site}", site).replace("{id}", "7"),
            }  # fmt: skip
            if path.startswith("/wp-json"):
                return Reply(200, json.dumps(rest).encode(), "application/json")
            return Reply(200, pages[path].encode()) if path in pages else Reply()

        with serving(answer) as site:
            ending = crawl(site.url, tmp_path)
        assert "/milk/" in site.paths
        assert "Traceback" not in ending.err
        assert other.paths == []


@pytest.mark.parametrize("where", ["robots.txt", "", "feed/", "sitemap.xml", "milk/"])
def test_no_redirect_leads_to_another_port_of_the_host(tmp_path: Path, where: str) -> None:
    with serving(lambda _path, _site: Reply(200, b"caught")) as other:

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(302 if self.path == f"/{where}" else 404)
                self.send_header("Location", f"{other.url}/caught/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
            url = f"http://127.0.0.1:{server.server_port}"
            if where == "milk/":
                assert extract(f"{url}/milk/").status == 1
            else:
                crawl(url, tmp_path)
        assert other.paths == []


# -- doors, secrets, terminals ---------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_crawl_opens_no_port(tmp_path: Path) -> None:
    assert (settings.TELNETCONSOLE_ENABLED, settings.REMOTE_CONTROL_ENABLED) == (False, False)
    with Replica(articles=20, latency=0.3) as replica, crawling(replica.url, tmp_path) as process:
        wait_until(lambda: len(replica.requests()) >= 3)
        links = {str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir() if each.is_symlink()}
        rows = [
            line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]
        ]
        listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
        assert links
        assert not links & listening


def test_a_password_in_the_address_of_the_site_is_refused_and_not_repeated(tmp_path: Path) -> None:
    ending = crawl("https://ana:hush@a.example", tmp_path / "data")
    assert (ending.status, len(ending.err.splitlines())) == (2, 1)
    assert "hush" not in ending.err
    assert not (tmp_path / "data").exists()


def test_the_password_of_a_proxy_is_in_no_log_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://ana:hush@127.0.0.1:1")
    ending = crawl("http://a.example", tmp_path, "-L", "DEBUG", RETRY_TIMES=1)
    assert ending.status == 69
    kept = "".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())
    assert "hush" not in ending.err + kept


def test_nothing_from_a_page_reaches_a_terminal(tmp_path: Path) -> None:
    escape = "\x1b[2J\x9b31m\u202e"
    page = hostile.page(
        head=f'<link rel="stylesheet" href="/wp-content/themes/jnews/style.css?ver=1{escape}">'
        f'<meta property="article:section" content="W{escape}">',
        headline=f"Milk{escape}",
    ).replace("single-post", f"single-post jeg_single_tpl_1{escape}")

    def answer(path: str, site: str) -> Reply:
        if path == "/":
            link = f'<a href="/category/w%1B%5B2J{escape}/">x</a>'
            return Reply(200, f'<meta charset="utf-8"><li class="cat-item">{link}</li>'.encode())
        if path == "/sitemap.xml":
            listed = f"<url><loc>{site}/milk/</loc></url><url><loc>{site}/%1b[2J/</loc></url>"
            return Reply(200, f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'.encode())
        made = page.replace("{site}", site).replace("page-{id}", "milk").replace("{id}", "7")
        return Reply(200, made.encode()) if path == "/milk/" else Reply()

    with serving(answer) as site:
        endings = [
            crawl(site.url, tmp_path / "data", "-L", "INFO"),
            crawl(site.url, tmp_path / "data", "-a", "sections=x"),
            extract("--explain", f"{site.url}/milk/"),
            extract(f"{site.url}/"),
        ]
    assert records(tmp_path / "data" / "changes.jsonl")
    for ending in endings:
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", ending.out + ending.err)
    assert {path.name for path in (tmp_path / "data").iterdir()} <= {
        *("index.sqlite", "articles.jsonl", "changes.jsonl", "crawl.lock", "duplicates.jsonl", "rejected.jsonl"),
        "runs.jsonl",
    }


def test_what_bounds_a_page_is_set() -> None:
    assert settings.DOWNLOAD_VERIFY_CERTIFICATES
    assert settings.DOWNLOAD_MAXSIZE <= 16 << 20
    assert settings.DOWNLOAD_TIMEOUT <= 120
    assert config.Arguments("https://a.example/").site
