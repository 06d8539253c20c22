"""Numbers as a reader wants them."""


def count(value):
    """1234567 as 1.23 M."""
    for unit, scale in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{_three_digits(value / scale)} {unit}"
    return _three_digits(value)


def time(nanoseconds):
    for unit, scale in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= scale:
            return f"{_three_digits(nanoseconds / scale)} {unit}"
    return f"{_three_digits(nanoseconds)} ns"


def size(count_of_bytes):
    for unit, scale in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count_of_bytes >= scale and count_of_bytes % scale == 0:
            return f"{count_of_bytes // scale} {unit}"
    return f"{count_of_bytes} B"


def rate(messages, message_size):
    """Messages a second, or bytes where they are large."""
    if message_size >= 16 * 1024:
        return f"{_three_digits(messages * message_size / 1e6)} MB"
    return count(messages)


def kib(count_of_bytes):
    return f"{count_of_bytes / 1024:.1f} KiB"


def _three_digits(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
