"""The fault matrix: every class of fault, drawn at random, and all invariants after every case.

    fault_class   what a class of fault is         judge     the verdict after a case
    classes       the one table of classes         drawing   which cases, in which blocks
    block         where cases are played           runner    plays blocks, some at once
    the others    one class of fault, or a family  report    the summary table

A case is named by its class and its number, and everything random in it is drawn from these two
and the seed of the run. It is played again, on a block of its own, by

    python -m odds_pipeline_tests.faults matrix --seed S --only CLASS:NUMBER
"""
