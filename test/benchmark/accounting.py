"""CPU time and memory of a process and its descendants, from the kernel's accounting."""

import os


def _threads(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []


def children(pid):
    found = []
    for thread in _threads(pid):
        try:
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(child) for child in file.read().split()]
        except FileNotFoundError:
            continue
    return found


def family(pid):
    """`pid` and all its descendants."""
    found, wanted = [], [pid]
    while wanted:
        one = wanted.pop()
        found.append(one)
        wanted += children(one)
    return found


def cpu_ns(pid):
    """Nanoseconds on a processor, user and system, of all threads of `pid` and its descendants."""
    total = 0
    for process in family(pid):
        for thread in _threads(process):
            try:
                with open(f"/proc/{process}/task/{thread}/schedstat") as file:
                    total += int(file.read().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return total


def pss_bytes(pid):
    """The proportional set size of `pid` and its descendants."""
    total = 0
    for process in family(pid):
        with open(f"/proc/{process}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total
