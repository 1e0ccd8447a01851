"""Making an answer of a question and passages: models, prompts, citations."""
