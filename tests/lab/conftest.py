"""What the tests of the lab share as fixtures."""

import signal

import pytest
from hazard_helpers import Watcher


@pytest.fixture
def interruptible():
    """What a shell starts in the background ignores SIGINT, and so does what that starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def watcher(tmp_path_factory):
    """Runs programs and finds their order hazards."""
    watcher = Watcher(tmp_path_factory.mktemp("hazards"))
    yield watcher
    watcher.close()
