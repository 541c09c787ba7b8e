"""Frame times, keyframes and truncation, read from a stream's packets."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from .._typing import I64
from ..errors import BadFileError
from .formats import CONVERT, demuxed, open_media, reading, video_stream

_REORDERED = 32  # packets; no codec shows a picture later than that after it was decoded
_MISSING_TAIL = Fraction(1, 2)  # seconds that may lack before a file counts as cut off


class PacketTable:
    """The packets of one stream, in the file's order."""

    def __init__(self, stream: VideoStream) -> None:
        self._vp8 = stream.codec_context.name in ("vp8", "libvpx")
        self._entries: list[tuple[int, bool, bool, int]] = []  # time, key, shown, duration
        self._whole = 0  # entries up to the last undamaged one
        self._lead: int | None = None  # time of the first key frame
        self._latest: int | None = None
        self._decoded: int | None = None
        self.untimed = False
        self.backward = False
        self.begun = False
        self.count = 0

    def add(self, packet: Packet[VideoStream]) -> None:
        """Note the next packet of the file."""
        if not packet.size:
            return
        self.count += 1
        if packet.pts is None:
            self.untimed = True
        # A VP8 packet may hold a picture that is only referred to; a bit of its header says so.
        hidden = self._vp8 and not bytes(packet)[0] & 0x10
        shown = not (packet.is_discard or hidden)
        time, key = packet.pts or 0, packet.is_keyframe
        self._watch_clock(packet.dts, time, key, shown)
        self._entries.append((time, key, shown, packet.duration or 0))
        if not packet.is_corrupt:
            self._whole = len(self._entries)

    def _watch_clock(self, dts: int | None, time: int, key: bool, shown: bool) -> None:
        """Note whether the clock ever jumps back, and whether anything has been shown yet."""
        if dts is not None:
            self.backward |= self._decoded is not None and dts < self._decoded
            self._decoded = dts
        if key and self._lead is None:
            self._lead = time
        if shown and self._lead is not None and time >= self._lead:
            # All that is decoded before a key frame is shown before it.
            self.backward |= key and self._latest is not None and time < self._latest
            self._latest = time if self._latest is None else max(self._latest, time)
            self.begun = True

    @property
    def tail(self) -> int:
        """Duration of the packet that is shown last, ticks; 0 if unknown."""
        return max(self._entries)[3] if self._entries else 0

    def displayed(self) -> tuple[I64, I64]:
        """Return the times of the frames that are shown, and at which decoding can begin."""
        start = next((i for i, entry in enumerate(self._entries) if entry[1]), 0)
        # Nothing can be decoded before the first keyframe, nor a packet cut off at the file's end.
        entries = self._entries[start : self._whole]
        if not entries:
            return np.zeros(0, np.int64), np.zeros(1, np.int64)
        # Pictures shown before the first keyframe refer to what came before it.
        lead = entries[0][0]
        ticks = np.unique([time for time, _, shown, _ in entries if shown and time >= lead])
        keys = np.array([time for time, key, _, _ in entries if key])
        places = np.searchsorted(ticks, keys)
        exact = places[np.isin(keys, ticks)]
        return ticks.astype(np.int64), np.unique([0, *exact]).astype(np.int64)


def first_picture(path: Path) -> Fraction | None:
    """Find the time of the first picture that is shown, in seconds; None without pictures.

    Pictures before the first key frame, or before the beginning of an edit list, are not shown.
    """
    with closing(open_media(path)) as container:
        stream = video_stream(container)
        if stream is None:
            return None
        tick = stream.time_base or Fraction(0)
        packets = PacketTable(stream)
        more = _REORDERED
        with reading(path):
            for packet in demuxed(container, stream):
                packets.add(packet)
                more -= packets.begun
                if not more:
                    break
        ticks = packets.displayed()[0]
        if packets.untimed or container.format.name == "avi" or not len(ticks):
            return (stream.start_time or 0) * tick
        return int(ticks[0]) * tick


def refuse_cut_off(path: Path, stream: VideoStream, packets: PacketTable, ticks: I64) -> None:
    """Raise if the container says that more must follow than is there."""
    if not len(ticks):
        raise BadFileError("not one frame of the video can be decoded", path=path, hint=CONVERT)
    tick = stream.time_base or Fraction(1, 1000)
    if stream.duration and stream.frames > packets.count:
        end = (stream.start_time or 0) + stream.duration
        missing = (end - int(ticks[-1]) - packets.tail) * tick
    else:
        duration = _matroska_duration(stream)
        missing = duration - (int(ticks[-1]) + packets.tail) * tick if duration else Fraction(0)
    if missing > _MISSING_TAIL:
        seconds = float((int(ticks[-1]) - int(ticks[0])) * tick)
        raise BadFileError(
            f"the video breaks off after frame {len(ticks) - 1} ({seconds:.2f} s), "
            f"{float(missing):.2f} s before its end",
            path=path,
            hint="the file is incomplete; copy or download it again",
        )


def _matroska_duration(stream: VideoStream) -> Fraction | None:
    """Return the end in seconds that Matroska writers note for a stream, if it is believable."""
    note = stream.metadata.get("DURATION", "").split(":")
    total = stream.container.duration if isinstance(stream.container, InputContainer) else None
    try:
        hours, minutes, seconds = (Fraction(part.strip("\0 ")) for part in note)
    except ValueError:
        return None
    noted = hours * 3600 + minutes * 60 + seconds
    # A stale note, of a clip cut out of a longer one, does not agree with the file's header.
    return noted if total and noted <= Fraction(total, 1_000_000) + 1 else None
