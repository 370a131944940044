"""Betting mathematics: pure functions on numbers and arrays. No I/O, no clock, no Dagster.

Decimal odds and probabilities are float64 arrays; scalars are accepted. What cannot be computed is
NaN (a broken row must not stop a million good ones); wrong arguments raise ``ValueError``.

| module | public functions |
|---|---|
| ``odds`` | one price: ``decimal_from_american``, ``american_from_decimal``, |
| | ``implied_probability``, ``decimal_from_fractional``, ``fractional_from_decimal`` |
| ``odds_arrays`` | arrays of these, ``decimal_from_probability``, ``cents``, ``after_commission`` |
| ``margin`` | ``overround``, ``hold``, ``market_fault`` |
| ``margin_removal.methods`` | ``remove_margin``, ``METHODS``, ``STORED``; one module a method |
| ``consensus`` | ``linear_pool``, ``log_pool``, ``median_pool``, ``sharp_anchor``, |
| | ``leave_one_out``, ``books_used`` |
| ``exchange`` | ``exchange_band`` |
| ``freshness`` | ``freshness``, ``frozen`` |
| ``expected_value`` | ``expected_value``, ``fair_price``, ``probability_edge``, quarter lines |
| ``kelly.single`` | ``kelly_fraction``, ``growth``, ``drawdown_probability`` |
| ``kelly.exclusive`` | ``exclusive_kelly`` |
| ``kelly.states`` | ``independent_states``, ``correlated_states``, ``joint_probability`` |
| ``kelly.simultaneous`` | ``simultaneous_kelly`` |
| ``kelly.limits`` | ``limited_stakes``, ``Limits`` |
| ``arbitrage`` | ``best_prices``, ``arbitrage``, ``rounded_stakes``, ``back_lay`` |
| ``middles`` | ``middle_stakes``, ``middle_value`` |
| ``settlement`` | ``settle_two_way``, ``settle_three_way``, ``settle_spread``, ``settle_total``, |
| | ``profit``, ``leg_factor``, ``parlay_factor``, ``parlay_price`` |
| ``lines.distribution`` | ``ScoreDistribution`` (``chances``), ``handicap_of_total`` |
| ``lines.mean`` | ``solve_mean`` |
| ``lines.move`` | ``move_cover``: fair chances at a common number, for pooling |
| ``lines.known`` | ``known_distribution`` by sport and market |
| ``lines.fitting`` | ``fit_sd``, ``fit_key_numbers``, ``key_numbers_from_push_rates`` |
| ``lines.ladder`` | ``fit_ladder`` |
| ``closing_line_value`` | ``closing_line_value`` |
| ``calibration`` | ``log_losses``, ``brier_scores``, ``brier_scores_of_outcome``, |
| | ``ranked_probability_scores``, ``mean_loss``, ``paired_difference``, ``compare_methods``, |
| | ``reliability``, ``expected_calibration_error``, ``calibration_z``, ``wilson_interval`` |
| ``movement.series`` | ``logit``, ``opening_and_closing`` |
| ``movement.steam`` | ``find_moves``, ``steam`` |
| ``movement.lead_lag`` | ``first_movers``, ``lead_lag``, ``component_share`` |
| ``movement.convergence`` | ``convergence``, ``mincer_zarnowitz`` |
| ``movement.best_books`` | ``best_book_frequency`` |
| ``performance`` | ``tally``, ``equity``, ``drawdown``, ``longest_losing_run`` |
| ``daily_returns`` | ``daily_sums``, ``sharpe_ratio``, ``sortino_ratio``, ``calmar_ratio`` |
| ``yield_test`` | ``yield_test``, ``profit_test``, ``bets_needed``, ``ruin_probability``, |
| | ``losing_run_probability`` |

docs/mathematics.md has formulas, sources and worked values.
"""
