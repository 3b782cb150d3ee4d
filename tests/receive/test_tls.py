"""TLS settings: what they make, and which setting an error names."""

from __future__ import annotations

import contextlib
import ssl

import pytest
import trustme

from prologue.model.errors import ConfigError
from prologue.receive.tls import tls_settings


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    paths = {name: folder / f"{name}.pem" for name in ("cert", "key", "ca")}
    certificate.cert_chain_pems[0].write_to_path(paths["cert"])
    certificate.private_key_pem.write_to_path(paths["key"])
    authority.cert_pem.write_to_path(paths["ca"])
    return {name: str(path) for name, path in paths.items()}


def test_without_a_certificate_there_is_no_tls():
    assert tls_settings("syslog", "", "") is None


def test_a_client_must_show_a_certificate_only_where_a_ca_is_named(files):
    one_way = tls_settings("syslog", files["cert"], files["key"])
    both_ways = tls_settings("syslog", files["cert"], files["key"], files["ca"])
    assert one_way is not None
    assert both_ways is not None
    assert one_way.server_context().verify_mode is ssl.CERT_NONE
    assert both_ways.server_context().verify_mode is ssl.CERT_REQUIRED
    assert both_ways.server_context().minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("cert", "key", "ca", "missing"),
    [("c", "", "", "tls_key"), ("", "k", "", "tls_cert"), ("", "", "a", "tls_cert")],
)
def test_half_of_it_is_an_error(cert, key, ca, missing):
    with pytest.raises(ConfigError) as caught:
        tls_settings("fluent", cert, key, ca)
    assert caught.value.key == f"fluent.{missing}"


def test_files_of_no_use_are_named(files, tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    for cert, key, ca, setting in (
        (str(tmp_path / "absent"), files["key"], "", "gelf.tls_cert"),
        (str(wrong), files["key"], "", "gelf.tls_cert"),
        (files["cert"], files["key"], str(wrong), "gelf.tls_client_ca"),
    ):
        settings = tls_settings("gelf", cert, key, ca)
        assert settings is not None
        with pytest.raises(ConfigError) as caught:
            settings.server_context()
        assert caught.value.key == setting


def served_name(settings, authority) -> str:
    """Which name the certificate bears that a client is shown, over a pair of sockets in memory."""
    context = settings if isinstance(settings, ssl.SSLContext) else settings.server_context()
    client_context = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    client_context.check_hostname = False
    pipes = [ssl.MemoryBIO() for _ in range(2)]
    server = context.wrap_bio(pipes[0], pipes[1], server_side=True)
    client = client_context.wrap_bio(pipes[1], pipes[0])
    for _ in range(10):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return client.getpeercert()["subjectAltName"][0][1]


def write(certificate, settings) -> None:
    certificate.cert_chain_pems[0].write_to_path(settings.cert)
    certificate.private_key_pem.write_to_path(settings.key)


def test_a_renewed_certificate_is_shown_to_who_connects_next(tmp_path, caplog):
    authority = trustme.CA()
    settings = tls_settings("http", str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    assert settings is not None
    write(authority.issue_cert("first.example"), settings)
    context = settings.server_context()
    assert served_name(context, authority) == "first.example"
    write(authority.issue_cert("second.example"), settings)
    assert served_name(context, authority) == "second.example"
    assert served_name(context, authority) == "second.example"
    settings.cert.write_text("half a file")
    assert served_name(context, authority) == "second.example"
    assert served_name(context, authority) == "second.example"
    assert [record.levelname for record in caplog.records] == ["ERROR"]  # told once
    settings.key.unlink()
    assert served_name(context, authority) == "second.example"
    write(authority.issue_cert("third.example"), settings)
    assert served_name(context, authority) == "third.example"
