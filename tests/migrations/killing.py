"""Kill a process at one of the calls by which files are put in the place of others."""

KILLER = """
import os, signal, sys
left = {step}
def counted(real):
    def call(*arguments, **named):
        global left
        if "migrations-squashed" in str(arguments) or "/migrations/" in str(arguments):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call
unlink = os.unlink
os.mkdir, os.rename, os.link, os.unlink = map(counted, (os.mkdir, os.rename, os.link, os.unlink))
from sbapply.__main__ import main
{call}
"""
