"""Recorded payloads of each forge, made from its documentation: the same attributes whoever deployed."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest

from prologue.receive.settings import Credentials, ReceiveSettings

DATA = Path(__file__).parent / "data"
COMMIT = "deploy_commit"


def post(served, name: str, query: str = "", **headers: str):
    """One delivery, with the event's name where its forge says it in a header."""
    sender, _, kind = name.partition("_")
    if sender == "github":
        headers = {"X-GitHub-Event": kind, **headers}
    body = (DATA / f"{name}.json").read_bytes()
    return served.client.post(f"/insert/webhook/{sender}{query}", content=body, headers=headers)


def sent(served, name: str, query: str = "") -> tuple[dict[str, str], dict[str, str]]:
    """The labels and the fields of the one record that a delivery became."""
    assert post(served, name, query).status_code == 204
    (payload,) = served.sink.payloads
    return dict(payload.labels), orjson.loads(payload.data)


DEPLOYS = {
    "github_deployment_status": {
        "_msg": "deployment of checkout v2.7.1 to production: success by maria",
        "_time": "2026-03-04T05:06:09Z",
        "deploy_kind": "deployment",
        "deploy_status": "success",
        "deploy_service": "checkout",
        "deploy_version": "v2.7.1",
        "deploy_commit": "4f2c9a7b1d3e5f60718293a4b5c6d7e8f9012345",
        "deploy_environment": "production",
        "deploy_by": "maria",
        "deploy_at": "2026-03-04T05:06:09Z",
        "deploy_ref": "v2.7.1",
        "deploy_url": "https://ci.example.org/runs/88",
        "deploy_id": "900",
        "deploy_repository": "acme/checkout",
        "level": "info",
    },
    "github_workflow_run": {
        "_msg": "pipeline of checkout 0a1b2c3d4e5f: failure by jonas",
        "_time": "2026-03-04T05:06:07Z",
        "deploy_kind": "pipeline",
        "deploy_status": "failure",
        "deploy_service": "checkout",
        "deploy_version": "0a1b2c3d4e5f",
        "deploy_commit": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "deploy_by": "jonas",
        "deploy_at": "2026-03-04T05:06:07Z",
        "deploy_ref": "main",
        "deploy_url": "https://github.com/acme/checkout/actions/runs/4711",
        "deploy_id": "4711",
        "deploy_repository": "acme/checkout",
        "level": "error",
    },
    "gitlab_deployment": {
        "_msg": "deployment of checkout 1.4.0 to staging: success by maria",
        "_time": "2026-03-04 06:06:07 +0100",
        "deploy_kind": "deployment",
        "deploy_status": "success",
        "deploy_service": "checkout",
        "deploy_version": "1.4.0",
        "deploy_commit": "279484c09fbe69ededfced8c1bb6e6d24616b468",
        "deploy_environment": "staging",
        "deploy_by": "maria",
        "deploy_at": "2026-03-04 06:06:07 +0100",
        "deploy_ref": "1.4.0",
        "deploy_url": "https://gitlab.example.org/acme/checkout/-/jobs/796",
        "deploy_id": "15",
        "deploy_repository": "acme/checkout",
        "level": "info",
    },
    "gitlab_pipeline": {
        "_msg": "pipeline of checkout bcbb5ec396a2 to production: failure by maria",
        "_time": "2026-03-04 05:06:07 UTC",
        "deploy_kind": "pipeline",
        "deploy_status": "failure",
        "deploy_service": "checkout",
        "deploy_version": "bcbb5ec396a2",
        "deploy_commit": "bcbb5ec396a2c0f828686f14fac9b80b780504f2",
        "deploy_environment": "production",
        "deploy_by": "maria",
        "deploy_at": "2026-03-04 05:06:07 UTC",
        "deploy_ref": "main",
        "deploy_url": "https://gitlab.example.org/acme/checkout/-/pipelines/31",
        "deploy_id": "31",
        "deploy_repository": "acme/checkout",
        "level": "error",
    },
    "jenkins_completed": {
        "_msg": "pipeline of checkout 3.1.4 to production: success by Maria Berg",
        "_time": "1772600767000",
        "deploy_kind": "pipeline",
        "deploy_status": "success",
        "deploy_service": "checkout",
        "deploy_version": "3.1.4",
        "deploy_commit": "c6d86dc654b12425e706bcf951adfe5a8627a517",
        "deploy_environment": "production",
        "deploy_by": "Maria Berg",
        "deploy_at": "1772600767000",
        "deploy_ref": "origin/main",
        "deploy_url": "https://jenkins.example.org/job/checkout-deploy/18/",
        "deploy_id": "18",
        "deploy_repository": "https://git.example.org/acme/checkout.git",
        "level": "info",
    },
    "argocd_synced": {
        "_msg": "deployment of checkout 2.7.1 to production: success by maria",
        "_time": "2026-03-04T05:06:07Z",
        "deploy_kind": "deployment",
        "deploy_status": "success",
        "deploy_service": "checkout",
        "deploy_version": "2.7.1",
        "deploy_commit": "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
        "deploy_environment": "production",
        "deploy_by": "maria",
        "deploy_at": "2026-03-04T05:06:07Z",
        "deploy_ref": "main",
        "deploy_id": "2026-03-04T05:05:00Z",
        "deploy_repository": "https://git.example.org/acme/deploy.git",
        "level": "info",
    },
    "argocd_failed": {
        "_msg": "deployment of cart 9f8e7d6c5b4a to shop: failure by automated sync",
        "_time": "2026-03-04T05:06:07Z",
        "deploy_kind": "deployment",
        "deploy_status": "failure",
        "deploy_service": "cart",
        "deploy_version": "9f8e7d6c5b4a",
        "deploy_commit": "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
        "deploy_environment": "shop",
        "deploy_by": "automated sync",
        "deploy_at": "2026-03-04T05:06:07Z",
        "deploy_ref": "main",
        "deploy_id": "2026-03-04T05:05:00Z",
        "deploy_repository": "https://git.example.org/acme/deploy.git",
        "level": "error",
    },
}


@pytest.mark.parametrize("name", DEPLOYS)
def test_deploys(served, name):
    labels, fields = sent(served, name)
    assert fields == DEPLOYS[name]
    assert labels == {
        "event": "deploy",
        "source": name.partition("_")[0],
        "service_name": fields["deploy_service"],
    }


OTHERS = {
    "jenkins_started": ("pipeline", "pipeline of checkout-deploy 18: started"),
    "github_push": ("push", "maria pushed 1 commits to main of acme/checkout: Faster carts"),
    "github_release": ("release", "release v2.7.1 of acme/checkout: published by maria"),
    "gitlab_push": ("push", "maria pushed 3 commits to main of acme/checkout: Faster carts"),
    "gitlab_build": ("job", "job production of acme/checkout (deploy): failed"),
    "gitlab_release": ("release", "release 1.4.0 of acme/checkout: create"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_deploy_has_the_label_of_its_kind(served, name):
    labels, fields = sent(served, name)
    assert (labels["event"], fields["_msg"]) == OTHERS[name]
    assert labels["service_name"].startswith("checkout")
    assert fields["_time"]


@pytest.mark.parametrize("name", ["github_issues", "gitlab_note"])
def test_what_has_no_words_here_is_kept_as_it_came(served, name):
    labels, fields = sent(served, name)
    assert labels["event"] == name.partition("_")[2]
    assert fields == orjson.loads((DATA / f"{name}.json").read_bytes())
    assert served.sink.payloads[0].data.count(b"\n") == 0


@pytest.mark.parametrize("name", ["gitlab_pipeline", "jenkins_completed"])
def test_variables_and_parameters_that_may_be_secret_are_not_stored(served, name):
    sent(served, name)
    assert b"do-not-store-me" in (DATA / f"{name}.json").read_bytes()
    assert b"do-not-store-me" not in served.sink.payloads[0].data


def test_the_url_says_what_a_payload_cannot(served):
    labels, fields = sent(served, "argocd_failed", "?service=basket&environment=eu&version=9")
    assert labels["service_name"] == fields["deploy_service"] == "basket"
    assert (fields["deploy_environment"], fields["deploy_version"]) == ("eu", "9")


def test_a_ping_is_answered_and_not_stored(served):
    assert post(served, "github_ping").status_code == 204
    assert not served.sink.payloads


def signature(body: bytes, secret: str = "secret") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


BODY = (DATA / "github_push.json").read_bytes()


@pytest.mark.parametrize(
    ("sent_signature", "status"),
    [
        pytest.param(signature(BODY), 204, id="signed"),
        pytest.param(signature(BODY, "other"), 403, id="with another secret"),
        pytest.param(signature(BODY + b" "), 403, id="of another body"),
        pytest.param("sha1=" + "0" * 40, 403, id="another algorithm"),
        pytest.param("", 401, id="not signed"),
    ],
)
def test_githubs_signatures(serve, sent_signature, status):
    with serve(ReceiveSettings(credentials=Credentials(github_secret="secret"))) as served:
        headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": sent_signature}
        answer = served.client.post("/insert/webhook/github", content=BODY, headers=headers)
        assert answer.status_code == status
        assert len(served.sink.payloads) == (status == 204)


def test_github_may_send_a_form(serve):
    form = urlencode({"payload": BODY.decode()}).encode()
    with serve(ReceiveSettings(credentials=Credentials(github_secret="secret"))) as served:
        answer = served.client.post(
            "/insert/webhook/github",
            content=form,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-GitHub-Event": "push",
                "X-Hub-Signature-256": signature(form),
            },
        )
        assert answer.status_code == 204
        assert b"maria pushed" in served.sink.payloads[0].data


@pytest.mark.parametrize(
    ("name", "query", "headers"),
    [
        ("gitlab_push", "", {"X-Gitlab-Token": "secret"}),
        ("jenkins_completed", "?token=secret", {}),
        ("jenkins_completed", "", {"X-Jenkins-Token": "secret"}),
        ("argocd_synced", "", {"Authorization": "Bearer secret"}),
    ],
)
def test_tokens(serve, name, query, headers):
    credentials = Credentials(gitlab_token="secret", jenkins_token="secret", argocd_token="secret")
    with serve(ReceiveSettings(credentials=credentials)) as served:
        wrong = {key: value.replace("secret", "other") for key, value in headers.items()}
        assert post(served, name).status_code == 401
        assert post(served, name, query.replace("secret", "other"), **wrong).status_code == 403
        assert not served.sink.payloads
        assert post(served, name, query, **headers).status_code == 204


@pytest.mark.parametrize("sender", ["github", "gitlab", "jenkins", "argocd"])
@pytest.mark.parametrize("body", [b"", b"[]", b"5", b"{"])
def test_what_is_no_payload_is_refused_with_the_cure(served, sender, body):
    answer = served.client.post(f"/insert/webhook/{sender}", content=body)
    assert (answer.status_code, bool(answer.json()["cure"])) == (400, True)


def test_a_form_of_many_fields_is_refused_and_no_defect(served):
    form = "&".join(f"a{number}=1" for number in range(20))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = served.client.post("/insert/webhook/github", content=form, headers=headers)
    assert answer.status_code == 400
    assert "more than 10 fields" in answer.text
