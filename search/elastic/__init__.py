"""The engine for more than one machine: an Elasticsearch cluster holds terms and vectors, and scores as the embedded one."""
