"""One whole session of the unmodified ragflow-sdk against a server; prints what it saw as JSON.

Run with the SDK's folder first on PYTHONPATH: sdk_session.py BASE_URL API_KEY
"""

import json
import sys
import time

from ragflow_sdk import RAGFlow

MANUAL = """Aurora kettle, user manual.
To descale the kettle, fill it with equal parts of water and vinegar and let it boil once.
The warranty lasts twenty-four months from the day of purchase.
Never immerse the base in water; clean it with a damp cloth.
"""


def main(url, key):
    rag = RAGFlow(key, url)
    seen = {}
    dataset = rag.create_dataset(name="kettles")
    seen["created"] = [dataset.name, dataset.chunk_method, dataset.permission]
    dataset.update({"name": "kettles and pots"})
    seen["listed"] = [found.name for found in rag.list_datasets(id=dataset.id)]

    document = dataset.upload_documents([{"display_name": "manual.txt", "blob": MANUAL.encode()}])[0]
    seen["uploaded"] = [document.name, document.size, document.run]
    seen["downloaded"] = document.download().decode() == MANUAL
    document.update({"parser_config": {"chunk_token_num": 16}})
    dataset.async_parse_documents([document.id])
    document = wait(dataset, document.id)
    seen["parsed"] = [document.run, document.progress, document.chunk_count > 0, "Task done" in document.progress_msg]
    seen["chunks"] = len(document.list_chunks()) == document.chunk_count

    chunk = document.add_chunk(content="The kettle is sold in red, black and cream.")
    seen["added"] = answers(rag, dataset, "Which colours is it sold in?")
    chunk.update({"content": "The kettle is sold in green and silver."})
    seen["updated"] = answers(rag, dataset, "Which colours is it sold in?")
    chunk.update({"available": False})
    seen["switched_off"] = answers(rag, dataset, "Which colours is it sold in?")
    seen["answer"] = answers(rag, dataset, "How long is the warranty?")
    seen["keywords"] = [found.content for found in document.list_chunks(keywords="warranty")]

    document.delete_chunks([chunk.id])
    seen["remaining"] = len(document.list_chunks()) == len(document.list_chunks(page_size=100)) == document.chunk_count
    try:
        rag.create_dataset(name="kettles and pots")
    except Exception as error:
        seen["refused"] = str(error)
    dataset.delete_documents([document.id])
    seen["no_documents"] = dataset.list_documents()
    rag.delete_datasets([dataset.id])
    seen["no_datasets"] = [found.name for found in rag.list_datasets()]
    print(json.dumps(seen))


def wait(dataset, id):
    for _ in range(300):
        (document,) = dataset.list_documents(id=id)
        if document.run in ("DONE", "FAIL"):
            return document
        time.sleep(0.1)
    raise SystemExit("parsing did not end")


def answers(rag, dataset, question):
    found = rag.retrieve(dataset_ids=[dataset.id], question=question)
    return found[0].content if found else None


if __name__ == "__main__":
    main(*sys.argv[1:])
