"""Questions with their answers as chunks keep them (RAGFlow v1 contract 3.15; 7.3, qa)."""

from __future__ import annotations

import re

_MARKER = re.compile(
    r"\s*(?:question|answer|q|a|问题|回答|答案|问|答|user|assistant|用户|助手)\s*[0-9]{0,4}\s*[:：\t]\s*", re.IGNORECASE
)


def pair(question: str, answer: str, *, is_english: bool) -> tuple[str, str]:
    """The question alone, and the content of its chunk; marks such as `Q:` that the two began with are taken off."""
    question, answer = _unmarked(question), _unmarked(answer)
    content = f"Question: {question}\tAnswer: {answer}" if is_english else f"问题：{question}\t回答：{answer}"
    return question, content


def _unmarked(text: str) -> str:
    found = _MARKER.match(text)
    return text[found.end() if found else 0:].strip()
