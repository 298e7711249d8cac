"""What Chroma's files have beyond the vectors in them, taken out.

Chroma makes the files of an empty vector index as large as the memory it took for a hundred vectors, and writes that
memory as it found it: with whatever this process had there before, names of people too. The places are known from the
header that the index library (hnswlib, as Chroma changed it) puts beside.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

HEADER = struct.Struct("<iQQQQ")  # format, offset of level 0, room for vectors, vectors, bytes of each
FORMAT = 1
LENGTH_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class _Held:
    """How many vectors a segment holds, and the bytes of each in `data_level0.bin`."""

    count: int
    size: int


def without_remains(folder: Path) -> bool:
    """Everything below `folder` is overwritten with zeros where no vector is; True when that is done.

    Raises ValueError if the files are not laid out as they are known to be. Not while Chroma writes there.
    """
    for header in sorted(folder.rglob("header.bin")):
        held = _held(header)
        _zero_after(header.with_name("data_level0.bin"), held.count * held.size)
        _zero_after(header.with_name("length.bin"), held.count * LENGTH_BYTES)
    return True


def _held(header: Path) -> _Held:
    content = header.read_bytes()
    if len(content) < HEADER.size:
        raise ValueError(f"{header} is cut off.")
    form, _, room, count, size = HEADER.unpack_from(content)
    if form != FORMAT or count > room or not 0 < size < 1_000_000:
        raise ValueError(f"{header} is laid out in a way that is not known.")
    return _Held(count=count, size=size)


def _zero_after(path: Path, used: int) -> None:
    """Raises ValueError if the file is shorter than that."""
    size = path.stat().st_size
    if size < used:
        raise ValueError(f"{path} is shorter than its header says.")
    with path.open("r+b") as file:
        file.seek(used)
        if any(file.read()):
            file.seek(used)
            file.write(bytes(size - used))
