#!/usr/bin/env python3
"""Hold the direction of the includes: features -> (media, ml, jobs, realtime, api) ->
(db, cache, http) -> base; and a feature reaches another one only through its NAME.h.

usage: check_arrows.py SOURCE_FOLDER"""

import pathlib
import re
import sys

LAYERS = {
    "base": 0,
    "db": 1, "cache": 1, "http": 1,
    "media": 2, "ml": 2, "jobs": 2, "realtime": 2, "api": 2,
    "features": 3,
}
# The worker is a program of its own: it shares base and the worker protocol with nobody else.
WORKER_MAY = {"base", "worker", "media"}
# Seams inside a layer that the design names.
SAME_LAYER = {
    ("media", "jobs"),      # rendering runs on the pool of workers
    ("realtime", "api"),    # a socket's credential is resolved like a request's
}
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)


def faults(root):
    for path in sorted(root.rglob("*.[ch]")):
        inside = path.relative_to(root)
        if len(inside.parts) == 1:
            continue  # main.c and its like tie everything together
        folder = inside.parts[0]
        for include in INCLUDE.findall(path.read_text()):
            target = include.split("/")[0]
            if "/" not in include or target == folder == "features":
                yield from feature_faults(inside, include, folder)
                continue
            if target == folder or target not in LAYERS and target != "worker":
                continue
            if folder == "worker":
                if target not in WORKER_MAY:
                    yield f"{inside}: the worker includes {include}"
            elif target == "worker":
                if not include.endswith("protocol.h"):
                    yield f"{inside}: only worker/protocol.h is shared with the worker, not {include}"
            elif LAYERS[target] > LAYERS[folder]:
                yield f"{inside}: {folder} includes {include}, which is above it"
            elif LAYERS[target] == LAYERS[folder] and (folder, target) not in SAME_LAYER:
                yield f"{inside}: {folder} includes {include} of its own layer"


def feature_faults(inside, include, folder):
    parts = include.split("/")
    if folder != "features" or len(parts) < 3 or len(inside.parts) < 3:
        return
    owner, header = parts[1], parts[2]
    if owner != inside.parts[1] and header not in (f"{owner}.h", f"{owner}_api.h"):
        yield f"{inside}: feature {owner} is reached through {owner}.h, not {header}"


def main():
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "all arrows point one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
