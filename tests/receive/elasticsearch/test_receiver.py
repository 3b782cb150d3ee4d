"""Elasticsearch's words for success and refusal, its probes, and who may send."""

from __future__ import annotations

import base64

import httpx
import pytest

from prologue.model.errors import BufferFull
from prologue.receive.settings import Credentials, ReceiveSettings

BODY = b'{"create":{}}\n{"message":"a"}\n{"index":{"_index":"other","_id":"7"}}\n{"message":"b"}\n'
PRODUCT = ("x-elastic-product", "Elasticsearch")


def test_an_item_for_each_action(served):
    answer = served.client.post("/logs/_bulk", content=BODY)
    said = answer.json()
    assert PRODUCT in answer.headers.items()
    assert (answer.status_code, said["errors"]) == (200, False)
    assert isinstance(said["took"], int)
    assert said["items"] == [
        {"create": {"_index": "logs", "_id": None, "_version": 1, "result": "created", "status": 201}},
        {"index": {"_index": "other", "_id": "7", "_version": 1, "result": "created", "status": 201}},
    ]


def test_one_index_is_a_label_and_several_are_in_the_lines(served):
    served.client.post("/logs/_bulk", content=b'{"create":{}}\n{"message":"a"}\n')
    served.client.post("/_bulk", content=BODY)
    one, several = served.sink.payloads
    assert one.labels == {"_index": "logs"}
    assert several.labels == {}
    assert several.params["stream_fields"].startswith("_index,")


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("errors,items.*.error,items.*.status", {"status": 201}),
        ("items.*._id,items.index.status", {"_id": None}),
        ("**", {"_index": "logs", "_id": None, "_version": 1, "result": "created", "status": 201}),
    ],
)
def test_filter_path_shortens_the_items(served, path, item):
    answer = served.client.post("/logs/_bulk", params={"filter_path": path}, content=BODY)
    assert answer.json()["items"][0] == {"create": item}


def test_refused_items_have_their_reason(served):
    body = b'{"delete":{"_id":"1"}}\n{"create":{}}\n{"a":\n'
    said = served.client.post("/logs/_bulk", content=body).json()
    assert said["errors"] is True
    assert [next(iter(item.values()))["status"] for item in said["items"]] == [400, 400]
    assert said["items"][1]["create"]["error"]["type"] == "document_parsing_exception"
    assert not served.sink.payloads


def test_other_fields_may_be_named_and_their_parameters_do_not_disturb(served):
    served.client.post("/_bulk?refresh=true&_msg_field=text&pipeline=p", content=BODY)
    assert served.sink.payloads[0].params["message_field"] == "text"
    assert served.client.post("/_bulk?_msg_field=a,a", content=BODY).status_code == 400


def test_a_refusal_is_elasticsearchs_error_with_ours_in_it(served):
    answer = served.client.post("/_bulk", content=b"hello\n\n")
    error = answer.json()["error"]
    assert (answer.status_code, answer.json()["status"], error["type"]) == (
        400,
        400,
        "illegal_argument_exception",
    )
    assert (error["code"], error["index"]) == ("bad_payload", 0)
    assert error["cure"] in error["root_cause"][0]["reason"]
    served.sink.refusal = BufferFull("full")
    assert served.client.post("/logs/_bulk", content=BODY).json()["error"]["type"] == (
        "es_rejected_execution_exception"
    )


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param("ApiKey a2V5", 200, id="api key"),
        pytest.param("Basic " + base64.b64encode(b"user:a2V5").decode(), 200, id="password"),
        pytest.param("ApiKey other", 403, id="another key"),
        pytest.param("Basic !", 401, id="no base64"),
        pytest.param("", 401, id="none"),
    ],
)
def test_keys(serve, header, status):
    settings = ReceiveSettings(credentials=Credentials(elasticsearch_api_keys={"a2V5": "team-a"}))
    with serve(settings) as served:
        answer = served.client.post("/logs/_bulk", content=BODY, headers={"Authorization": header})
        assert answer.status_code == status
        assert [payload.tenant for payload in served.sink.payloads] == ["team-a"] * (status == 200)


@pytest.mark.parametrize(
    ("headers", "elasticsearch"),
    [
        pytest.param({"Accept": "application/vnd.elasticsearch+json; compatible-with=9"}, True, id="client"),
        pytest.param({"Accept": "*/*", "User-Agent": "Elastic-filebeat/9.0"}, True, id="Filebeat"),
        pytest.param({"Accept": "text/html,application/json;q=0.1"}, False, id="browser"),
        pytest.param({"Accept": "*/*", "User-Agent": "curl/8"}, False, id="curl"),
    ],
)
def test_the_root_is_the_ui_for_browsers_and_elasticsearch_for_its_senders(
    prologue_server, headers, elasticsearch
):
    answer = httpx.get(prologue_server.url + "/", headers=headers, timeout=30)
    assert answer.status_code == 200
    assert (PRODUCT in answer.headers.items()) is elasticsearch
    assert ("<html" in answer.text.lower()) is not elasticsearch


def test_a_sniffing_client_is_told_of_this_address(served):
    nodes = served.client.get("/_nodes/_all/http").json()["nodes"]
    assert [node["http"]["publish_address"] for node in nodes.values()] == [f"127.0.0.1:{served.port}"]


def test_a_question_with_a_body_over_the_limit_is_refused(served):
    assert served.client.put("/_index_template/x", content=b"x" * 5_000_000).status_code == 413
    assert served.client.put("/_index_template/x", content=b"{}").json() == {"acknowledged": True}
    assert served.client.head("/_index_template/x").status_code == 200
