"""Run the stand-in: python -m sandbox.firestore [--port 8080] [--data FILE]."""

import argparse
from pathlib import Path

from sandbox.firestore.server import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Firestore without security rules, for demo and tests.")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="a file that keeps the documents over a restart")
    arguments = parser.parse_args()
    serve(arguments.port, arguments.data)
