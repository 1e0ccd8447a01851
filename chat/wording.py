"""The texts of a chat that belong to the wire: defaults that clients read back, and the names they must find in them."""

from __future__ import annotations

from typing import Any

KNOWLEDGE = "knowledge"  # the prompt variable that retrieval fills
OPENER = "Hi! I'm your assistant, what can I do for you?"
EMPTY_RESPONSE = "Sorry! No relevant content was found in the knowledge base!"
PROMPT = (
    "You are an intelligent assistant. Please summarize the content of the knowledge base to answer the question. "
    "Please list the data in the knowledge base and answer in detail. When all knowledge base content is irrelevant to the question, "
    'your answer must include the sentence "The answer you are looking for is not found in the knowledge base!" '
    "Answers need to consider chat history."
    "\n      Here is the knowledge base:\n      {knowledge}\n      The above is the knowledge base."
)
NOTHING_FOUND = "Nothing found in knowledgebase!"
NO_PASSAGES = "Without a language model I answer from documents alone, and here I was given none."
NO_ANSWER = "The dialog flow has no way to interact with you. Please add an 'Interact' component to the end of the flow."
MODELS_DIFFER = "**ERROR**: Knowledge bases use different embedding models."
LAST_NOT_USER = "The last content of this conversation is not from user."
KEY_HINT = "Please set LLM API-Key in 'User Setting -> Model providers -> API-Key'."

# What a chat's `llm` holds when its client sent none, and what a key that is not sent means when an answer is made (decisions B15).
LLM_DEFAULTS: dict[str, Any] = {
    "temperature": 0.1,
    "top_p": 0.3,
    "frequency_penalty": 0.7,
    "presence_penalty": 0.4,
    "max_tokens": 512,
}
