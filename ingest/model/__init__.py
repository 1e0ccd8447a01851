"""Steps of a parse that a language model does or could do: keywords, questions, tags, summaries, graphs."""
