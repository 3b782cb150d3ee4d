"""Datadog's intake: tags, what the URL says, text, keys, and its words."""

from __future__ import annotations

import orjson
import pytest

from prologue.model.payload import PayloadFormat
from prologue.receive.settings import Credentials, ReceiveSettings

PATH = "/api/v2/logs"


def sent(served, body: bytes, query: str = "") -> list[dict[str, object]]:
    answer = served.client.post(PATH + query, content=body)
    assert (answer.status_code, answer.json()) == (202, {})
    (payload,) = served.sink.payloads
    assert payload.format is PayloadFormat.JSON_LINES
    return [orjson.loads(line) for line in payload.data.split(b"\n")]


def test_tags_become_members(served):
    lines = sent(
        served, b'[{"message":"a","ddtags":"env:prod,url:http://x,team:a,team:b,canary,:"},{"message":"b"}]'
    )
    assert lines == [
        {
            "message": "a",
            "ddtags": "env:prod,url:http://x,team:a,team:b,canary,:",
            "env": "prod",
            "url": "http://x",
            "team": "a,b",
            "canary": "true",
            "_": "",
        },
        {"message": "b"},
    ]


@pytest.mark.parametrize("status", ["warn", "ERROR", "ok", "200", 5, None, {"a": 1}])
def test_a_status_that_is_a_level_is_one(served, status):
    line = sent(served, orjson.dumps({"message": "a", "status": status}))[0]
    assert line.get("severity_text") == (status if status in ("warn", "ERROR") else None)


def test_the_url_holds_for_logs_that_do_not_say(served):
    lines = sent(served, b'{"message":"a","ddtags":"b:2"}', "?service=shop&ddtags=env:prod&dd-api-key=x")
    assert lines[0].items() >= {"service": "shop", "env": "prod", "b": "2"}.items()


def test_text_is_one_log_a_line(served):
    answer = served.client.post(
        PATH + "?service=shop&ddtags=env:prod", content=b"a\nb\n", headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 202
    assert served.sink.payloads[0].labels == {"service": "shop", "env": "prod", "service_name": "shop"}


def test_the_agents_question_is_answered_and_not_stored(served):
    assert served.client.post("/v1/input", content=b"{}").status_code == 200
    assert not served.sink.payloads


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param(PATH, {"DD-API-KEY": "secret"}, 202, id="header"),
        pytest.param(PATH + "?dd-api-key=secret", {}, 202, id="parameter"),
        pytest.param("/v1/input/secret", {}, 200, id="path"),
        pytest.param(PATH, {}, 401, id="none"),
        pytest.param(PATH, {"DD-API-KEY": "other"}, 403, id="another"),
    ],
)
def test_keys(serve, path, headers, status):
    settings = ReceiveSettings(credentials=Credentials(datadog_api_keys={"secret": "team-a"}))
    with serve(settings) as served:
        answer = served.client.post(path, content=b'{"message":"a"}', headers=headers)
        assert answer.status_code == status
        assert [payload.tenant for payload in served.sink.payloads] == ["team-a"] * (status < 300)


def test_a_refusal_is_a_list_of_errors(served):
    answer = served.client.post(PATH, content=b'[{"a":1},2]')
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["status"], error["title"]) == (400, "400", "bad_payload")
    assert "no object" in error["detail"]
