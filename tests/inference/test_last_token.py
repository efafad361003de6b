"""Embedding models that pool by the last token: against transformers, in any company, and over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import torch
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from inference.embedding import last_token, loader
from inference.embedding.folder import pooling_of
from inference.embedding.last_token import LastTokenModel
from inference.model.spec import CheckpointError
from inference.serve import Options, application
from inference.tools.random_checkpoint import SIZES, write
from tests.inference.api.live import serving

ASK = "Instruct: Find works on the same question\nQuery:"
TEXTS = [
    "x",
    "The method beats the baseline.",
    f"{ASK} how fast do glaciers melt?",
    f"{ASK} how fast do ice sheets lose their mass?",
    "Ünïcödé 量子 " * 20,
    "one more measured value of the quantity " * 60,  # longer than one chunk
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checkpoint") / "tiny-embedding"
    write(made, SIZES["tiny-qwen3"], dtype="float32", embedding=True, changes={"tie_word_embeddings": False})
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> LastTokenModel:
    return last_token.load("tiny", folder, dtype="fp32", device="cpu", kv_memory=2**25)


def distance(ours: list[float], theirs: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True))


def test_vectors_equal_those_of_transformers(folder: Path, model: LastTokenModel) -> None:
    reader = AutoTokenizer.from_pretrained(folder)
    theirs = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    found = model.encode(TEXTS)
    for text, ours in zip(TEXTS, found, strict=True):
        ids = reader(text, return_tensors="pt").input_ids
        with torch.inference_mode():
            last = theirs(ids).last_hidden_state[0, -1]
        assert ids[0, -1] == reader.pad_token_id, "the text is not closed by the token that is pooled"
        assert distance(ours.vector, functional.normalize(last, dim=0).tolist()) < 1e-5
        assert (ours.tokens, ours.truncated) == (ids.shape[1], False)
    assert found[4].tokens < last_token.TOKENS_AT_ONCE["cpu"] < found[5].tokens


def test_company_and_what_was_read_before_change_nothing(folder: Path, model: LastTokenModel) -> None:
    together = model.encode([*TEXTS, *reversed(TEXTS)])
    fresh = last_token.load("tiny", folder, dtype="fp32", device="cpu", kv_memory=2**25)
    for text, one, again in zip(TEXTS, together, reversed(together), strict=False):
        assert distance(one.vector, again.vector) < 1e-6
        assert distance(one.vector, fresh.encode([text])[0].vector) < 1e-6
        assert distance(one.vector, model.encode([text])[0].vector) < 1e-6


def test_narrower_weights_stay_near(folder: Path, model: LastTokenModel) -> None:
    whole = model.encode(TEXTS)
    for dtype in ("bf16", "int8"):
        near = last_token.load("tiny", folder, dtype=dtype, device="cpu", kv_memory=2**25).encode(TEXTS)  # type: ignore[arg-type]
        for ours, theirs in zip(near, whole, strict=True):
            assert sum(a * b for a, b in zip(ours.vector, theirs.vector, strict=True)) > 0.98


def test_a_long_text_is_cut_and_keeps_its_closing_token(folder: Path) -> None:
    short = last_token.load("tiny", folder, dtype="fp32", device="cpu", context=96)
    words = "word " * 30
    whole, cut = short.encode([words, words * 4])
    assert (whole.truncated, cut.truncated, cut.tokens) == (False, True, 96)
    ids = short._tokenizer.encode(words * 4).ids
    again = short._vectors([[*ids[:95], ids[-1]]])[0]
    assert distance(cut.vector, again) < 1e-6


def test_a_failed_forward_leaves_no_page_held(model: LastTokenModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_plan: object) -> object:
        raise RuntimeError("no memory")

    with monkeypatch.context() as patched:
        patched.setattr(model._runner, "forward", broken)
        with pytest.raises(RuntimeError, match="no memory"):
            model.encode(TEXTS)
    assert model._scheduler.pool.held == 0
    assert len(model.encode(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize(
    ("pooling", "reason"),
    [({"pooling_mode": "max"}, "pools by 'max'"), ({"pooling_mode_cls_token": True}, "pools by 'cls'")],
)
def test_other_ways_of_pooling_are_refused_by_name(folder: Path, pooling: object, reason: str, tmp_path: Path) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    with pytest.raises(CheckpointError, match=reason):
        pooling_of(tmp_path)
    (tmp_path / "modules.json").write_text(json.dumps([{"type": "sentence_transformers.models.Dense"}]))
    with pytest.raises(CheckpointError, match="step 'Dense'"):
        pooling_of(tmp_path)


def test_a_folder_of_the_bert_family_is_served_too(tmp_path: Path) -> None:
    place = tmp_path / "my-minilm"
    place.symlink_to(loader.bundled_folder(), target_is_directory=True)
    renamed = Options(model=str(place), name="my-minilm")
    with serving(renamed) as address:
        cards = httpx2.get(f"{address}/v1/models").json()["data"]
        assert [card["id"] for card in cards] == [loader.BUNDLED, "my-minilm"]
        vectors = [
            httpx2.post(f"{address}/v1/embeddings", json={"input": "x", "model": card["id"]}).json()["data"]
            for card in cards
        ]
    assert vectors[0] == vectors[1]
    with pytest.raises(CheckpointError, match="always here"):
        application(Options(model=str(place), name=loader.BUNDLED))


def test_a_broken_folder_of_the_bert_family_does_not_stop_the_service(tmp_path: Path) -> None:
    for name in ("config.json", "modules.json", "1_Pooling"):
        (tmp_path / name).symlink_to(loader.bundled_folder() / name)
    with pytest.raises(CheckpointError, match="cannot be read as a BERT"):
        application(Options(model=str(tmp_path)))
    assert application(Options(model=str(tmp_path), needs_model=False)).state.models == [loader.BUNDLED]


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(Options(model=str(folder), device="cpu", kv_memory=2**25)) as url:
        yield url


def test_it_is_served_beside_the_bundled_model(address: str, model: LastTokenModel) -> None:
    listed = httpx2.get(f"{address}/v1/models").json()
    assert "writes no texts" in listed["language_model"]
    card = listed["data"][1]
    assert (card["id"], card["task"], card["dimensions"]) == ("tiny-embedding", "embedding", 64)
    assert card["pooling"] == "vector of the last token, normalised to length 1"
    assert card["prompts"]["query"] == ASK
    answer = httpx2.post(f"{address}/v1/embeddings", json={"input": TEXTS, "model": "tiny-embedding"}, timeout=60)
    rows = [row["embedding"] for row in answer.json()["data"]]
    assert max(map(distance, rows, (one.vector for one in model.encode(TEXTS)))) < 1e-6
    both = httpx2.post(f"{address}/v1/embeddings", json={"input": "x", "model": loader.BUNDLED}).json()
    assert len(both["data"][0]["embedding"]) == 384


def test_texts_are_refused_with_the_reason(address: str) -> None:
    asked = {"model": "tiny-embedding", "messages": [{"role": "user", "content": "hello"}]}
    answer = httpx2.post(f"{address}/v1/chat/completions", json=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "model")
    assert "tiny-embedding is an embedding model" in answer.json()["error"]["message"]
