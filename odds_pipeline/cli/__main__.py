"""`python -m odds_pipeline.cli`: the `odds` command where its script is not on the path."""

from odds_pipeline.cli.main import main

main()
