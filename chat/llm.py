"""The client of OpenAI-compatible endpoints: a model's answer piece by piece, and a sign when it is silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from chat.catalogue import Model
from chat.characters import Joined
from chat.exchange import Turn, Usage
from chat.failures import ModelFailed, reason_of

log = logging.getLogger(__name__)
Message = Mapping[str, Any]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Piece:
    """What came of an answer: text, text of its reasoning, parts of calls of tools, why it ended, or, last, what the model counted."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    calls: tuple[Mapping[str, Any], ...] = ()  # as they came: a part has its call's index
    finish: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a connection, between two pieces, and until a sign of life; how often a request is tried again."""

    connect: float = 10.0
    read: float = 120.0
    silence: float = 2.0
    retries: int = 2


_patience = Patience()


def be_patient(patience: Patience) -> None:
    """Set how long this process waits for models."""
    global _patience
    _patience = patience


def stream(model: Model, turns: Sequence[Turn | Message], settings: Mapping[str, Any]) -> Generator[Piece | None, None, None]:
    """The pieces of the model's answer; None for each while of silence. Closing it ends the request at the model's server.

    `settings` are any further keys of the request, and a message that is no Turn goes to the model as it is.

    A request that is refused for the moment (429, 5xx, no connection) is made again with back-off, until the first piece and
    no later. Raises ModelFailed.
    """
    pieces = _pieces(model, turns, settings)
    # A loop of its own: the request can be given up at any moment, and no thread has to wait with it.
    loop = asyncio.new_event_loop()
    waiting: asyncio.Task[Piece | None] | None = None
    try:
        while True:
            waiting = loop.create_task(_next(pieces))
            while not loop.run_until_complete(asyncio.wait({waiting}, timeout=_patience.silence))[0]:
                yield None
            piece = waiting.result()
            if piece is None:
                return
            yield piece
    finally:
        loop.run_until_complete(_given_up(waiting, pieces))
        loop.close()


def complete(model: Model, turns: Sequence[Turn], settings: Mapping[str, Any]) -> Generator[None, None, str]:
    """The model's whole answer without its reasoning; yields for each while of silence. Raises ModelFailed."""
    parts: list[str] = []
    with closing(stream(model, turns, settings)) as pieces:
        for piece in pieces:
            if piece is None:
                yield None
            else:
                parts.append(piece.text)
    return "".join(parts).rpartition("</think>")[2].strip()


def posted(model: Model, path: str, body: Mapping[str, Any], *, noun: str) -> Any:
    """What another route of a model's server answers, as JSON. Raises ModelFailed, naming the `noun`."""
    import openai

    async def post() -> Any:
        async with _client(model) as client:
            return await client.post(path, body=body, cast_to=object)

    try:
        return asyncio.run(post())
    except openai.OpenAIError as error:
        raise _failed(model, error, noun) from None
    except ValueError:
        raise ModelFailed(noun, "malformed") from None


def waited(steps: Generator[None, None, Result]) -> Result:
    """What the steps return in the end, for callers that have nobody to tell of the silence."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


async def _next(pieces: AsyncIterator[Piece]) -> Piece | None:
    return await anext(pieces, None)


async def _given_up(waiting: asyncio.Task[Any] | None, pieces: Any) -> None:
    if waiting is not None and not waiting.done():
        waiting.cancel()
        await asyncio.wait({waiting})
    await pieces.aclose()


async def _pieces(model: Model, turns: Sequence[Turn | Message], settings: Mapping[str, Any]) -> AsyncIterator[Piece]:
    import openai

    begun = finished = False
    texts = _Texts()
    try:
        async with _client(model) as client:
            messages: Any = [{"role": turn.role, "content": turn.content} if isinstance(turn, Turn) else turn for turn in turns]
            options: Any = {"stream": True, "stream_options": {"include_usage": True}, "extra_body": dict(settings)}
            async with await client.chat.completions.create(model=model.path, messages=messages, **options) as chunks:
                async for chunk in chunks:
                    piece, ends = _read(chunk)
                    begun, finished = True, finished or ends
                    yield texts.joined(piece)
    except openai.OpenAIError as error:
        failure = _failed(model, error, "chat model")
        raise (ModelFailed("chat model", "broken") if begun and failure.reason in ("unreachable", "failed") else failure) from None
    except ValueError:
        log.error("The chat model %s sent something that is not JSON.", model.label)
        raise ModelFailed("chat model", "malformed") from None
    if not finished:
        log.error("The answer of the chat model %s ended without its end.", model.label)
        raise ModelFailed("chat model", "broken")
    rest = texts.end()
    if rest != Piece():
        yield rest


class _Texts:
    """An answer's text and that of its reasoning, each with its characters in whole."""

    def __init__(self) -> None:
        self._text, self._reasoning = Joined(), Joined()

    def joined(self, piece: Piece) -> Piece:
        """The piece, without the half of a character at its end; where the answer begins, the reasoning waits no longer."""
        reasoning = self._reasoning.add(piece.reasoning)
        if piece.text:
            reasoning += self._reasoning.end()
        return replace(piece, text=self._text.add(piece.text), reasoning=reasoning)

    def end(self) -> Piece:
        """What was still waiting."""
        return Piece(self._text.end(), self._reasoning.end())


def _read(chunk: Any) -> tuple[Piece, bool]:
    """A chunk's piece, and whether it says that the answer is complete. Raises ModelFailed for what is no chunk."""
    try:
        choice = chunk.choices[0] if chunk.choices else None
        usage = _usage(chunk.usage)
        if choice is None:
            return Piece(usage=usage), False
        delta = choice.delta
        reasoning = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
        calls = tuple(part.model_dump(exclude_none=True) for part in delta.tool_calls or ())
        piece = Piece(_text(delta.content), _text(reasoning), usage, calls, _text(choice.finish_reason))
        return piece, choice.finish_reason is not None
    except (AttributeError, TypeError, IndexError, KeyError):
        log.error("The chat model sent a chunk that cannot be read.")
        raise ModelFailed("chat model", "malformed") from None


def _usage(value: Any) -> Usage | None:
    """What the model counted; None for counts that are none, which are no reason to lose an answer."""
    read, written = getattr(value, "prompt_tokens", None), getattr(value, "completion_tokens", None)
    return Usage(read, written) if isinstance(read, int) and isinstance(written, int) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _failed(model: Model, error: Exception, noun: str) -> ModelFailed:
    """The failure as clients may see it. What the server wrote is neither told nor logged: it may hold keys, addresses or texts."""
    import openai

    if isinstance(error, openai.APIStatusError):
        reason = reason_of(error.status_code)
    elif isinstance(error, openai.APITimeoutError):
        reason = "silent"
    elif isinstance(error, openai.APIConnectionError):
        reason = "unreachable"
    else:
        reason = "failed"
    log.error("The %s %s failed: %s, %s.", noun, model.label, type(error).__name__, reason)
    return ModelFailed(noun, reason)


def _client(model: Model) -> Any:
    import httpx2
    import openai

    timeout = httpx2.Timeout(_patience.read, connect=_patience.connect)
    http = httpx2.AsyncClient(verify=_certificates(), timeout=timeout)
    # Without a key some servers want any; nothing may be taken from this process's environment.
    client = openai.AsyncOpenAI(api_key=model.key or "none", base_url=model.base_url, max_retries=_patience.retries, http_client=http)
    client.organization = client.project = None
    return client


@cache
def _certificates() -> Any:
    """Read once: it takes longer than most requests to a model next door."""
    import httpx2

    return httpx2.create_ssl_context()
