"""Where answers run: behind walls, without network, secrets or a way out."""
