"""Ask for everything that can be read, by a client that checks answers against models made from the contract.

reads.py BASE KEY PLACES: PLACES is a JSON object that gives parameters their values, by 'Class.name', or by name for
all classes. Prints {"read": [operation...], "refused": {operation: status}, "wrong": {operation: why}, "not_asked":
[operation...]}: not asked is what has a parameter without a value.
"""
import asyncio
import importlib
import inspect
import json
import pkgutil
import re
import sys

import immichpy.client.generated.api as folder
from immichpy.client.generated.api_client import ApiClient
from immichpy.client.generated.configuration import Configuration
from immichpy.client.generated.exceptions import ApiException

base, key, places = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


def classes():
    for module in pkgutil.iter_modules(folder.__path__):
        for name, item in inspect.getmembers(importlib.import_module(f"{folder.__name__}.{module.name}"), inspect.isclass):
            if name.endswith("Api"):
                yield name, item


def reads(item):
    """Its methods that send a GET."""
    for name, method in inspect.getmembers(item, inspect.iscoroutinefunction):
        builder = getattr(item, f"_{name}_serialize", None)
        if builder and re.search(r"""method=["']GET["']""", inspect.getsource(builder)):
            yield name, method


def arguments(where, method):
    """@return None when one has no value"""
    found = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if name == "self" or parameter.default is not parameter.empty or parameter.kind is parameter.VAR_KEYWORD:
            continue
        found[name] = places.get(f"{where}.{name}", places.get(name))
        if found[name] is None:
            return None
    return found


async def main():
    out = {"read": [], "refused": {}, "wrong": {}, "not_asked": []}
    configuration = Configuration(host=f"{base}/api")
    configuration.api_key["api_key"] = key
    async with ApiClient(configuration) as client:
        for where, item in sorted(classes()):
            for name, method in reads(item):
                operation, given = f"{where}.{name}", arguments(where, method)
                if given is None:
                    out["not_asked"].append(operation)
                    continue
                try:
                    await method(item(client), **given)
                    out["read"].append(operation)
                except ApiException as why:
                    out["refused"][operation] = why.status
                except Exception as why:
                    out["wrong"][operation] = str(why)[:1000]
    print(json.dumps(out))


asyncio.run(main())
