"""`python -m examples.helpdesk --port 8900 --database helpdesk.sqlite`"""

import argparse
import os
import secrets
from pathlib import Path

from examples.helpdesk.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="examples.helpdesk", description="Run the practice help desk.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--database", type=Path, default=Path("helpdesk.sqlite"), help="SQLite file, seeded if empty")
    parser.add_argument("--token", default=os.environ.get("HELPDESK_TOKEN"), help="default: HELPDESK_TOKEN, or random")
    arguments = parser.parse_args()
    token = arguments.token or secrets.token_urlsafe(24)
    if token != arguments.token:
        print(f"Bearer token: {token}", flush=True)
    serve(arguments.database, arguments.host, arguments.port, token)


if __name__ == "__main__":
    main()
