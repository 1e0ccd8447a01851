"""Agents, their sessions and questions by the unmodified ragflow-sdk against a server; prints what it saw as JSON.

Run with the SDK's folder first on PYTHONPATH: sdk_agents.py BASE_URL API_KEY TEMPLATE, where 0.17.2 makes its agent by hand, as its users did.
"""

import json
import sys

import requests
from ragflow_sdk import RAGFlow
from sdk_asking import whole

SECRET = "The kettle is sold in red, black and cream."
QUESTION = "Which colours is the kettle sold in?"


def main(url, key, template):
    rag = RAGFlow(key, url)
    seen = {}
    dataset = rag.create_dataset(name="kettles")
    document = dataset.upload_documents([{"display_name": "manual.txt", "blob": b"Kettles boil water."}])[0]
    document.add_chunk(content=SECRET)
    with open(template, encoding="utf-8") as file:
        dsl = json.loads(file.read().replace('"DATASET"', json.dumps(dataset.id)))["dsl"]

    create(rag, url, key, "helper", dsl)
    (agent,) = rag.list_agents(title="helper")
    seen["created"] = [agent.id is not None, agent.dsl.components.begin.obj.component_name]
    try:
        rag.list_agents(title="nothing")
    except Exception as error:
        seen["unknown"] = str(error)

    session = agent.create_session()
    seen["opened"] = [session.agent_id == agent.id, session.message[0]["content"]]
    answers = list(session.ask(QUESTION, stream=True))
    seen["streamed"] = [answers[-1].content, [chunk["document_name"] for chunk in answers[-1].reference]]
    seen["cumulative"] = all(len(now.content) >= len(before.content) for before, now in zip(answers, answers[1:]))
    seen["whole"] = whole(session, QUESTION)
    (found,) = agent.list_sessions(id=session.id)
    seen["stored"] = [[message["role"] for message in found.messages], len(found.messages[2]["reference"])]

    if hasattr(rag, "update_agent"):
        rag.update_agent(agent.id, title="renamed", description="of kettles")
        (changed,) = rag.list_agents(id=agent.id)
        seen["changed"] = [changed.description, changed.dsl.components.begin.obj.component_name]
        try:
            rag.create_agent("RENAMED", dsl)
        except Exception as error:
            seen["refused"] = str(error)
    agent.create_session()
    agent.delete_sessions([session.id])
    seen["left"] = [one.id == session.id for one in agent.list_sessions()]
    agent.delete_sessions()
    seen["no_sessions"] = agent.list_sessions()
    if hasattr(rag, "delete_agent"):
        rag.delete_agent(agent.id)
        seen["no_agents"] = rag.list_agents()
    print(json.dumps(seen))


def create(rag, url, key, title, dsl):
    """Make an agent, in the way that this version has for it."""
    if hasattr(rag, "create_agent"):
        rag.create_agent(title, dsl)
        return
    header = {"Authorization": f"Bearer {key}"}
    assert requests.post(f"{url}/api/v1/agents", json={"title": title, "dsl": dsl}, headers=header).json()["code"] == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
