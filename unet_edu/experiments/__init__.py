"""The runs whose results the book prints, each a command: ``python -m unet_edu.experiments.NAME --help``.

    checkpoints     train the networks that the package ships, score exactly these weights
    isbi            the paper's network on the paper's data, by its recipe and by today's
    time_to_score   seconds of training until V_Rand is 0.970
    speedrun        one such run to watch; keeps no record
    ablation        one part taken away at a time
    data_scaling    fewer training slices, with and without elastic deformation
    nuclei          the parts of U-Net, and its border weight, on real nuclei: are touching ones parted?
    choices         normalisation, loss, class weights, deep supervision, label noise, ensemble, on the same nuclei
    sections        how alike neighbouring sections of a stack are
    sharpness       why a network trained on two slices fails on others
    replay          what a network predicts for one image while it learns, for the figure TrainingReplay
    network_times   forward time, peak memory, multiply-adds and parameters of every network: one table of ratios;
                    and prediction_times, its second part: our prediction of an image beside the usual plans
    train           one training run, alone or under ``torchrun``; keeps no record

    trial           what one run is: a network, a recipe, a seed; its scores
    runs            run after run into one record, and the command line that the first nine share
    record          what every run writes beside its scores: machine, versions, git commit, date
    costs           seconds in turns, peak memory, multiply-adds

With ``--record`` a run keeps its results as one JSON file in ``unet_edu/records/``.
"""
