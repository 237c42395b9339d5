"""A column of strings as what it is made of, offsets and bytes, so that numpy can work on all values at once."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Offsets = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def buffers_of(strings: pa.Array) -> tuple[Offsets, Bytes]:
    """Offsets, of shape (strings + 1,) and beginning at 0, and bytes of a column of strings; nothing is copied."""
    strings = strings.cast(pa.large_string())
    _, offset_buffer, data_buffer = strings.buffers()
    if len(strings) == 0 or offset_buffer is None:
        return np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)[strings.offset : strings.offset + len(strings) + 1]
    data = np.frombuffer(data_buffer or b"", dtype=np.uint8)
    return offsets - offsets[0], data[offsets[0] : offsets[-1]]


def large_strings(offsets: Offsets, text: Bytes) -> pa.Array:
    """The column of strings that is made of these; whether the bytes are UTF-8 is not looked at."""
    data = pa.py_buffer(np.ascontiguousarray(text))
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(np.ascontiguousarray(offsets)), data)


def values_at(offsets: Offsets, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Which values hold the bytes at these ascending positions, each value once."""
    values = np.searchsorted(offsets, positions, "right") - 1
    return values[np.diff(values, prepend=-1) > 0]
