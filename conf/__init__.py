"""How Dovetail is run: settings, command line, web server, logs and the operator's pages."""
