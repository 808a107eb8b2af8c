"""Runs in a kernel before the cells of a page, and writes down what they read: not an extension, see `execution`.

Each entry of the file that UNET_READS names is a letter, an absolute path and a zero byte: ``r`` for a file that is
opened to be read, ``w`` for one that is opened to be written, ``l`` for a folder whose files are listed. ``!`` is an
entry that could not be written. Python reports all three by audit events, whichever library asks for the file.
"""


def record_reads():
    import os
    import sys

    log = os.open(os.environ.pop("UNET_READS"), os.O_WRONLY | os.O_APPEND)
    writing = os.O_WRONLY | os.O_RDWR
    searching = ("_frozen_importlib_external", "importlib._bootstrap_external", "importlib.metadata")
    known = set()

    def hook(event, arguments):
        if event == "open":
            path, _, flags = arguments
            kind = b"w" if flags & writing else b"r"
        elif event in ("os.listdir", "os.scandir"):
            path = arguments[0] or "."
            if sys._getframe(1).f_globals.get("__name__") in searching:
                return  # looks for a module or a package; that it is read is an entry of its own
            kind = b"l"
        else:
            return
        if isinstance(path, int):  # of a file that is open already
            return
        try:
            entry = kind + os.path.abspath(os.fsencode(path)) + b"\0"
        except (OSError, TypeError, ValueError):
            entry = b"!\0"
        if entry not in known:
            known.add(entry)
            os.write(log, entry)

    sys.addaudithook(hook)


record_reads()
del record_reads
