"""Chats, sessions and questions by the unmodified ragflow-sdk against a server; prints what it saw as JSON.

Run with the SDK's folder first on PYTHONPATH: sdk_chats.py BASE_URL API_KEY
"""

import json
import sys

from ragflow_sdk import RAGFlow
from sdk_asking import whole

SECRET = "The kettle is sold in red, black and cream."
QUESTION = "Which colours is the kettle sold in?"


def main(url, key):
    rag = RAGFlow(key, url)
    seen = {}
    dataset = rag.create_dataset(name="kettles")
    document = dataset.upload_documents([{"display_name": "manual.txt", "blob": b"Kettles boil water."}])[0]
    document.add_chunk(content=SECRET)

    chat = rag.create_chat("helper", dataset_ids=[dataset.id])
    seen["created"] = [chat.name, chat.llm.temperature, chat.prompt.show_quote, chat.prompt.top_n]
    chat.update({"name": "kettle helper", "prompt": {"opener": "Good morning."}, "llm": {"temperature": 0.5}})
    (listed,) = rag.list_chats(name="kettle helper")
    seen["listed"] = [listed.id == chat.id, listed.prompt.opener, listed.llm.temperature, listed.llm.max_tokens]

    session = chat.create_session("first talk")
    seen["opened"] = [session.name, session.chat_id == chat.id, session.messages[0]["content"]]
    answers = list(session.ask(QUESTION, stream=True))
    seen["streamed"] = [answers[-1].content, [chunk["document_name"] for chunk in answers[-1].reference]]
    seen["cumulative"] = all(len(now.content) >= len(before.content) for before, now in zip(answers, answers[1:]))
    seen["whole"] = whole(session, QUESTION)
    session.update({"name": "renamed"})
    (found,) = chat.list_sessions(id=session.id)
    seen["stored"] = [found.name, [message["role"] for message in found.messages], len(found.messages[2]["reference"])]

    try:
        list(session.ask(""))
    except Exception as error:
        seen["no_question"] = str(error)
    try:
        rag.create_chat("KETTLE HELPER")
    except Exception as error:
        seen["refused"] = str(error)
    chat.create_session("second talk")
    chat.delete_sessions([session.id])
    seen["left"] = [one.name for one in chat.list_sessions()]
    chat.delete_sessions()
    seen["no_sessions"] = chat.list_sessions()
    rag.delete_chats([chat.id])
    seen["no_chats"] = rag.list_chats()
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
