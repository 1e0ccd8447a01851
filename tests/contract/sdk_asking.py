"""What the client's scripts share: an answer that is not streamed."""

from __future__ import annotations


def whole(session, question):
    """What `ask` gives when it does not stream: the function is a generator all the same, and its answer is its end."""
    answers = session.ask(question, stream=False)
    try:
        return next(answers).content
    except StopIteration as end:
        return end.value.content
    except Exception as error:
        return repr(error)
