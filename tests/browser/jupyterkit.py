"""A Jupyter server in an environment of its own, and a notebook that is opened and run in its front end."""

import json
import os
import secrets
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import nbformat
from bookkit import ROOT
from environments import environment

PINS = {"jupyterlab": ROOT / "tools" / "jupyterlab.txt", "classic": Path(__file__).parent / "kernels" / "classic.txt"}
KEPT = ROOT / "_build" / "kernels"  # environments, made once and made anew when their pins change
READY_SECONDS = 300  # on a busy machine
LAB_SETTINGS = {  # every cell's output is on the page, seen or not; and nothing asks for news
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
RUN_ALL = {
    "jupyterlab": "() => jupyterapp.commands.execute('notebook:run-all-cells')",
    "classic": "() => Jupyter.notebook.execute_all_cells()",
}
READY = {
    "jupyterlab": "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
    "classic": "() => window.Jupyter?.notebook?.kernel?.is_connected() && Jupyter.notebook.kernel.widget_manager",
}
ASK = {  # run code in the page's own kernel, where its widgets live; what it prints
    "jupyterlab": """async (code) => {
        const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        const future = kernel.requestExecute({ code, store_history: false });
        let text = "";
        future.onIOPub = ({ content }) => (text += content.text ?? (content.traceback ?? []).join("\\n"));
        await future.done;
        return text;
    }""",
    "classic": """(code) => new Promise((resolve) => {
        let text = "";
        const output = ({ content }) => (text += content.text ?? (content.traceback ?? []).join("\\n"));
        const idle = ({ content }) => content.execution_state === "idle" && resolve(text);
        const options = { silent: false, store_history: false };
        Jupyter.notebook.kernel.execute(code, { iopub: { output, status: idle } }, options);
    })""",
}


class Jupyter:
    """JupyterLab or the classic notebook on a free port of this machine, with the empty `folder` as its only content.

    Kernels speak through files (`transport=ipc`), so a port that is taken in the meantime stops none of them.
    """

    def __init__(self, name, folder):
        self.name, self.folder, self.token = name, folder, secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        programs = environment(PINS[name], KEPT / name) / "bin"
        command, app, own = {
            "jupyterlab": ("jupyter-lab", "ServerApp", ["--LabApp.expose_app_in_browser=True"]),
            "classic": ("jupyter-notebook", "NotebookApp", ["--NotebookApp.enable_mathjax=False"]),
        }[name]
        options = {"ip": "127.0.0.1", "port": port, "token": self.token, "open_browser": False, "allow_root": True}
        own += [f"--{app}.{option}={value}" for option, value in options.items()]
        settings = folder / ".settings" / "@jupyterlab"
        for plugin, setting in LAB_SETTINGS.items():
            path = settings / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(setting))
        self.runtime = tempfile.TemporaryDirectory(
            prefix="jupyter-"
        )  # short: a socket's path has 107 characters at most
        private = {f"JUPYTER_{kind}_DIR": str(folder / ".jupyter" / kind) for kind in ("CONFIG", "DATA")}
        private["JUPYTER_RUNTIME_DIR"] = self.runtime.name
        private |= {
            "JUPYTERLAB_SETTINGS_DIR": str(settings.parent),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [programs / command, "--KernelManager.transport=ipc", *own],
                cwd=folder, env=os.environ | private, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._wait()

    def _wait(self):
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/api?token={self.token}", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        self.close()
        raise RuntimeError(f"{self.name} does not answer:\n{self.log.read_text()[-2000:]}")

    def open(self, page, cells):
        """Write a notebook of these code cells, open it in `page` as a user would, and run all of it."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.folder / "figures.ipynb")
        route = {"jupyterlab": "lab/tree", "classic": "notebooks"}[self.name]
        page.goto(f"{self.address}/{route}/figures.ipynb?token={self.token}")
        page.wait_for_function(READY[self.name], timeout=1000 * READY_SECONDS)
        for _ in range(3):  # the widget manager's own questions to the kernel are answered in between, one by one
            self.ask(page, "pass")
        page.evaluate(RUN_ALL[self.name])

    def ask(self, page, code):
        """Run Python in the kernel of the open notebook and return what it prints."""
        return page.evaluate(ASK[self.name], code)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.runtime.cleanup()
