"""`aixiv models` and `aixiv inference` as somebody types them."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import psutil
import pytest

from aixiv.cli import app
from inference.checkpoints import GIB, Machine, fit, known
from inference.embedding.loader import BUNDLED

PROGRAM = (sys.executable, "-c", "from aixiv.cli import main; main()")
LARGE = "Qwen/Qwen3-32B"


def run(*words: str) -> object:
    """The command's exit status."""
    with pytest.raises(SystemExit) as ended:
        app(list(words))
    return ended.value.code or 0


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIXIV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("AIXIV_MODEL", raising=False)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("inference", ["--model", "--dtype", "--port", "--host", "AIXIV_INFERENCE_API_KEY", "embeddings only"]),
        ("models list", ["--json", "--context", "--panel", "and why"]),
        ("models download", ["--into", "hub id", "goes on where it"]),
    ],
)
def test_help_says_what_there_is(command: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(*command.split(), "--help")
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("/nowhere/model", "/nowhere/model is neither a folder nor a hub id such as Qwen/Qwen3-0.6B"),
        ("Qwen/Qwen3-0.6B", r"Qwen/Qwen3-0.6B is neither .*`aixiv models download Qwen/Qwen3-0.6B`"),
        ("", "holds no config.json; give the folder that has one"),
        ("bert", "model_type 'bert' is not supported; supported are llama, qwen2, qwen3, qwen3_moe"),
        ("qwen3", "config.json of a qwen3 model lacks the field 'num_attention_heads'"),
    ],
)
def test_a_model_that_cannot_be_run_is_said_with_the_reason(
    model: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    if model in ("bert", "qwen3"):
        (folder / "config.json").write_text(json.dumps({"model_type": model}))
    given = model if "/" in model else str(folder)
    assert run("inference", "--model", given, "--port", "0") == 1
    said = capsys.readouterr().err
    assert said.startswith("aixiv: ")
    assert re.search(reason, said)


def test_a_port_that_is_not_to_be_had_is_said_before_anything_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (taken.getsockname()[1], 99999):
            said = run("inference", "--model", "/nowhere/model", "--port", str(port))
            assert re.match(rf"aixiv: cannot listen at 127\.0\.0\.1, port {port}: ", str(said))


def test_a_hub_that_is_away_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIXIV_HUB_URL", "http://127.0.0.1:9")
    assert run("models", "download", "Qwen/Qwen3-0.6B") == 1
    said = capsys.readouterr().err
    assert "http://127.0.0.1:9 cannot be reached" in said
    assert "Set AIXIV_HUB_URL to a mirror, or copy the checkpoint's folder here" in said


def test_the_table_says_for_every_model_whether_it_fits_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=12 * GIB))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert run("models", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "CPU: 12.0 GiB free; 16384 tokens of manuscript, 6 reviewers"
    rows = {line.split()[0]: line for line in lines[3:] if line.count("GiB") > 2}
    assert list(rows) == [one.id for one in known()]
    assert re.search(r"bf16 +fits in bf16 with \d+\.\d GiB to spare$", rows["Qwen/Qwen3-0.6B"])
    assert re.search(r"int8 +fits in int8 with .* to spare; slow on a CPU$", rows["Qwen/Qwen3-4B"])
    assert re.search(r"- +needs \d+\.\d GiB even in int8, 12.0 are free on CPU$", rows[LARGE])
    assert run("models", "list", "--context", "60000", "--panel", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["context"], found["panel"], len(found["models"])) == (60000, 1, len(rows))
    why = {row["id"]: (row["dtype"], row["why"]) for row in found["models"]}
    assert why["Qwen/Qwen3-0.6B"] == (None, "reads 40960 tokens, 62048 are wanted")


def test_memory_is_reckoned_with_one_manuscript_and_an_answer_each() -> None:
    small = next(one for one in known() if one.id == "Qwen/Qwen3-0.6B")
    card = Machine("a card", 80 * GIB)
    one, six = (fit(small, card, context=12000, panel=panel) for panel in (1, 6))
    assert small.kv_bytes_per_token == 114688
    assert one.kv == (12000 + 2048) * 114688
    assert six.kv - one.kv == 5 * 2048 * 114688
    assert (six.dtype, six.weights) == ("bf16", int(0.596e9 * 2))
    assert "slow" not in fit(next(one for one in known() if one.id == LARGE), card, context=12000, panel=6).why


@pytest.fixture
def reachable() -> Iterator[tuple[str, str]]:
    """The service on every address of this machine, started without a key: where it is, and what it said."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ("inference", "--host", "0.0.0.0", "--port", str(port))
    environment = {**os.environ, "AIXIV_INFERENCE_API_KEY": ""}
    with subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        address = f"http://127.0.0.1:{port}"
        while process.poll() is None and not _answers(address):
            time.sleep(0.1)
        yield address, said
        process.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/health").status_code == 200
    except httpx2.HTTPError:
        return False


@pytest.mark.slow
def test_beyond_loopback_a_key_is_made_said_and_needed(reachable: tuple[str, str]) -> None:
    address, said = reachable
    said, serving = said.splitlines()
    assert serving == f"{BUNDLED} at {address.replace('127.0.0.1', '0.0.0.0')}/v1; Ctrl-C ends"
    key = said.split()[-1]
    assert said.startswith("0.0.0.0 can be reached from elsewhere; the API key of this run is ")
    assert len(key) >= 40
    asked: Any = {"input": "a text", "model": BUNDLED}
    for headers in ({}, {"Authorization": f"Bearer {key[:-1]}"}):
        refused = httpx2.post(f"{address}/v1/embeddings", json=asked, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
        assert httpx2.get(f"{address}/metrics", headers=headers).status_code == 401
    answered = httpx2.post(f"{address}/v1/embeddings", json=asked, headers={"Authorization": f"Bearer {key}"})
    assert answered.status_code == 200
