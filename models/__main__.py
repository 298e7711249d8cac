"""`python -m models INPUT OUT`: training with torch, transformers, peft, safetensors and numpy only."""

import sys

from models.alone import main

if __name__ == "__main__":
    sys.exit(main())
