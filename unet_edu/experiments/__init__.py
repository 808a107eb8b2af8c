"""The runs whose results the book prints, each a command: ``python -m unet_edu.experiments.NAME --help``.

    record   what every run writes beside its scores: machine, versions, git commit, date
    speed    forward time, peak memory, multiply-adds and parameters of every network: one table of ratios
    train    one training run, alone or under ``torchrun``; keeps no record

With ``--record`` a run keeps its results as one JSON file in ``book/results/``.
"""
