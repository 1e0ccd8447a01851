"""The parser_config of a dataset as clients send it (RAGFlow v1 contract 2.4; decisions B5, B17)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, pre_load

from api.v1.schemas.base import Strict
from api.wire.fields import LARGEST, Choice, Flag, Items, Number, Part, Problem, Text, Texts, Whole, broken
from services.compat import profile

SIZE = 65_535
MOST_TOKENS = 8192  # of a knowledge_graph chunk, else 2048 (B17)
_ENTITY_TYPES = ["organization", "person", "geo", "event", "category"]
_SUMMARY = "Summarize these passages; keep every number as it is, and add nothing:\n{cluster_content}"


def _renamed(sent: Any, old: str, new: str) -> Any:
    """What was sent with an old key under its new name, unless both are there."""
    if not isinstance(sent, Mapping) or old not in sent:
        return sent
    return {new if key == old else key: value for key, value in sent.items() if key != old or new not in sent}


class Raptor(Strict):
    use_raptor = Flag(load_default=False)
    prompt = Text(strip=True, least=1, most=SIZE, load_default=_SUMMARY)
    max_token = Whole(least=1, most=2048, load_default=256)
    threshold = Number(least=0, most=1, load_default=0.1)
    max_cluster = Whole(least=1, most=1024, load_default=64)
    random_seed = Whole(least=0, load_default=0)

    @pre_load
    def _correct(self, sent: Any, **_: Any) -> Any:
        return _renamed(sent, "user_raptor", "use_raptor")


class Graphrag(Strict):
    use_graphrag = Flag(load_default=False)
    entity_types = Texts(most=1000, load_default=lambda: list(_ENTITY_TYPES))
    method = Choice("light", "general", load_default="light")
    community = Flag(load_default=False)
    resolution = Flag(load_default=False)


class ParserConfig(Strict):
    auto_keywords = Whole(least=0, most=32, load_default=0)
    auto_questions = Whole(least=0, most=10, load_default=0)
    chunk_token_num = Whole(least=1, most=MOST_TOKENS, load_default=128)
    delimiter = Text(least=1, most=SIZE, load_default=lambda: profile().delimiter)
    graphrag = Part(Graphrag, model="GraphragConfig", allow_none=True, load_default=None)
    html4excel = Flag(load_default=False)
    layout_recognize = Text(most=255, load_default="DeepDOC")
    raptor = Part(Raptor, model="RaptorConfig", allow_none=True, load_default=None)
    tag_kb_ids = Texts(most=1000, load_default=list)
    topn_tags = Whole(least=1, most=10, load_default=1)
    filename_embd_weight = Number(least=0, most=1, allow_none=True, load_default=None)
    task_page_size = Whole(least=1, allow_none=True, load_default=None)
    pages = Items(Items(Whole(least=-LARGEST), most=100), most=1000, allow_none=True, load_default=None)
    entity_types = Texts(most=1000)  # a seed alias, kept where it was given

    @pre_load
    def _correct(self, sent: Any, **_: Any) -> Any:
        sent = _renamed(sent, "chunk_token_count", "chunk_token_num")
        recognize = sent.get("layout_recognize") if isinstance(sent, Mapping) else None
        if isinstance(recognize, bool):
            return {**sent, "layout_recognize": "DeepDOC" if recognize else "Plain Text"}
        return sent


class ParserConfigField(Part):
    """A parser_config, empty when there is none; `complete` gives the keys that were not sent their defaults (2.4)."""

    def __init__(self, *, complete: bool, **options: Any) -> None:
        super().__init__(ParserConfig, model="ParserConfig", **options)
        self.complete = complete

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        if value == {}:
            return {}
        config = super()._deserialize(value, attr, data, partial=not self.complete, **kwargs)
        size = len(json.dumps(config, ensure_ascii=False))
        if size > SIZE:
            raise broken("object.size", value, limit=SIZE, size=size)
        limit = most_tokens(data.get("chunk_method", "naive" if self.complete else None))
        if config.get("chunk_token_num", 0) > limit:
            raise ValidationError({"chunk_token_num": [Problem("integer.most", config["chunk_token_num"], limit=limit)]})
        return config


def most_tokens(chunk_method: Any) -> int:
    """The largest chunk_token_num of a dataset (decisions B17); of one whose method the request does not name, any."""
    return MOST_TOKENS if chunk_method in (None, "knowledge_graph") else 2048
