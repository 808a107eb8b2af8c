"""Commands as a user types them, for the tests of ``unet-edu``."""


def type_command(capsys, main, *words):
    """Run a command; return (exit status, standard output, standard error)."""
    try:
        status = main(list(map(str, words)))
    except SystemExit as end:  # argparse's way out
        status = end.code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err
