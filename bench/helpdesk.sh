#!/usr/bin/env bash
# The practice help desk, three memories, the same tasks: what precedents are worth without training.
# Prints one JSON object a line; results by family and task go to data/eval-*.json. About ten minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
for memory in empty full held-out; do
    .venv/bin/lamp eval helpdesk --split test --json --memory "$memory" --results "data/eval-test-$memory.json"
done
