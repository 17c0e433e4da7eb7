"""Runs a command and ends its whole process group when the command ends, when told to (SIGTERM, SIGINT),
or when standard input closes, which it does when the starter is gone for whatever reason.

The emulator starts worker processes of its own and ignores SIGTERM while it waits for one of them;
nothing of it may outlive the sandbox. Usage: supervise.py <seconds to stop> <command> [argument ...]
"""

import os
import signal
import subprocess
import sys
import threading

grace = float(sys.argv[1])
if os.getpgrp() != os.getpid():
    os.setsid()

ending = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ending.set())
signal.signal(signal.SIGINT, lambda *_: ending.set())

child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL)


def watch_starter():
    while os.read(0, 4096):
        pass
    ending.set()


def watch_child():
    child.wait()
    ending.set()


for watcher in (watch_starter, watch_child):
    threading.Thread(target=watcher, daemon=True).start()

# A wait without limit would keep Python from running the signal handlers.
while not ending.wait(60):
    pass
if child.poll() is None:
    child.terminate()
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        pass
# The group includes this process: nothing runs after this line.
os.killpg(0, signal.SIGKILL)
