"""How figures are shown: in the documented order, with what each of them is."""

import pytest

from odds_pipeline.cli.backtest_figures import show_figures
from odds_pipeline.cli.json_keys import FIGURES, JUDGED


def test_figures_stand_in_the_order_of_the_docs_whatever_order_they_were_kept_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = ["total_bets", "roi", "win_rate", "clv", "leaks"]
    kept = {"leaks": 0, "own": 1, "clv": -0.5, "roi": 0.25, "win_rate": 0.5, "total_bets": 1200}
    show_figures(kept)
    lines = capsys.readouterr().out.splitlines()
    told = {line.split()[0]: line for line in lines if line.split() and line.split()[0] in kept}
    assert list(told) == [*wanted, "own"]
    assert [told[name].split()[1] for name in wanted] == [
        "1,200",
        "+25.00%",
        "50.00%",
        "-50.00%",
        "0",
    ]
    for name in wanted:
        assert (FIGURES | JUDGED)[name].split()[0] in told[name]
