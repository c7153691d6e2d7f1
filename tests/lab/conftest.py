"""What the tests of the lab share as fixtures."""

import signal

import pytest


@pytest.fixture
def interruptible():
    """What a shell starts in the background ignores SIGINT, and so does what that starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
