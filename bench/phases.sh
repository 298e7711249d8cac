#!/usr/bin/env bash
# A fresh adapter goes through the four phases on a small budget; after each it does the same 84 dev tasks, closed-loop.
# bench/phases.sh SGD_FOLDER STAR_FILE [OUT]: about two hours on one core. One JSON object a phase, in OUT/*.json too, and
# at the end a table, and OUT/phases.png.
# Killed, it goes on where it was.
set -euo pipefail
sgd=$(realpath "${1:?Name the folder with SGDs train.json.xz and dev.json.xz.}")
star=$(realpath "${2:?Name star.tar.xz.}")
cd "$(dirname "$0")/.."
out=${3:-runs/phases}
lamp=${LAMP:-.venv/bin/lamp}
mkdir -p "$out"

exam() { # after phases 1 and 2; phases 3 and 4 take it themselves
    test -s "$out/$1.json" || {
        $lamp --adapter "$out/$1" eval helpdesk --split dev --per-family 2 --json --results "$out/$1-tasks.json" > "$out/$1.part"
        tail -n 1 "$out/$1.part" > "$out/$1.json"
    }
    cat "$out/$1.json"
}

test -s "$out/set/card.json" || $lamp data --sgd "$sgd" --sgd-examples 2000 --star "$star" --star-examples 500 \
    --per-family 10 --copies 0.25 --out "$out/set"
$lamp train phase1 --sgd "$sgd" --each 3 --per-family 4 --out "$out/phase1"
exam phase1
$lamp train phase2 --data "$out/set" --epochs 0.6 --init "$out/phase1" --out "$out/phase2"
exam phase2
$lamp train phase3 --data "$out/set" --replayed 800 --per-family 3 --init "$out/phase2" --out "$out/phase3"
$lamp train phase4 --data "$out/set" --replayed 300 --tries "$out/phase3/tries.jsonl" --init "$out/phase3" --out "$out/phase4"
.venv/bin/python bench/phases_table.py "$out"
