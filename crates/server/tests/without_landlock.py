#!/usr/bin/python3
"""Becomes the program of its arguments, or of CAUSERIE_BINARY before them, on a kernel that seems to know no Landlock."""

import ctypes
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LANDLOCK_CREATE_RULESET = 444
ALLOW, NOT_THERE = 0x7FFF0000, 0x00050000 | 38

# The number of the call; if it is that one, no such call; else as ever.
CODE = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in [
        (0x20, 0, 0, 0),
        (0x15, 0, 1, LANDLOCK_CREATE_RULESET),
        (0x06, 0, 0, NOT_THERE),
        (0x06, 0, 0, ALLOW),
    ]
)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


libc = ctypes.CDLL(None, use_errno=True)
program = Program(len(CODE) // 8, CODE)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0):
    sys.exit(f"no filter of calls: {os.strerror(ctypes.get_errno())}")
command = sys.argv[1:]
if "CAUSERIE_BINARY" in os.environ:
    command.insert(0, os.environ["CAUSERIE_BINARY"])
os.execv(command[0], command)
