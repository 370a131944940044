"""Archives of past games: files with one or two rows a game, each read by a declared layout."""
