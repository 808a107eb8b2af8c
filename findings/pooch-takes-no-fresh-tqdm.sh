#!/bin/sh
# pooch 1.9.0 takes "an arbitrary progress bar object"; of a fresh tqdm() it takes the truth value, which tqdm refuses.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pooch==1.9.0 tqdm==4.70.1
cd "$folder"
"$folder/env/bin/python" - <<'END'
import http.server
import tempfile
import threading

import pooch
import tqdm

class Five(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

server = http.server.HTTPServer(("127.0.0.1", 0), Five)
threading.Thread(target=server.serve_forever, daemon=True).start()
try:
    downloader = pooch.HTTPDownloader(progressbar=tqdm.tqdm())
    pooch.retrieve(f"http://127.0.0.1:{server.server_port}/a", None, path=tempfile.mkdtemp(), downloader=downloader)
except TypeError as error:
    print(f"pooch {pooch.__version__}, tqdm {tqdm.__version__}: {error}")
else:
    raise SystemExit("it downloads now")
END
