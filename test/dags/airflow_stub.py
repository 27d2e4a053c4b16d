"""Imports DAG files under a stand-in for Airflow and Kaapana that accepts exactly what the signatures of a version say.

stdin: {"operators": ..., "modules": ..., "files": [{"name", "text", "version"}]}; stdout: {name: error or null}.
"""

import importlib.abc
import importlib.machinery
import json
import sys
import types

DATA = json.load(sys.stdin)
OPERATORS = DATA["operators"]
MODULES = DATA["modules"]["modules"]


class AirflowException(Exception):
    pass


def order(version):
    return [int(part) for part in version.split(".")]


def known(version):
    minor = version.rsplit(".", 1)[0]
    return next(one for one in OPERATORS["known"] if one.rsplit(".", 1)[0] == minor)


def at(history, version):
    found = None
    for since, value in history.items():
        if order(since) <= order(known(version)):
            found = value
    return found


class Tasks:
    def __rshift__(self, other):
        return other

    def __lshift__(self, other):
        return other

    __rrshift__ = __lshift__
    __rlshift__ = __rshift__


class Anything(Tasks):
    """A class, function or object of which nothing is known."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return Anything()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None

    def __format__(self, spec):
        return "anything"

    def __add__(self, other):
        return self

    def __bool__(self):
        return False


def make_operator(name, version, tasks):
    signature = at(OPERATORS["classes"][name], version)

    def accept(cls, keyword):
        if cls not in OPERATORS["classes"]:
            accepted = list(OPERATORS["airflow"]["operator"])
            if "Python" in cls:
                accepted += OPERATORS["airflow"]["python"]
            if keyword not in accepted:
                raise AirflowException(f"Invalid arguments were passed to {name}: {keyword}")
            return
        own = at(OPERATORS["classes"][cls], version)
        if keyword in own["parameters"]:
            return
        if keyword in own["fixed"]:
            raise TypeError(f"{cls} got multiple values for keyword argument {keyword}")
        accept(own["base"], keyword)

    def init(self, *args, **kwargs):
        if args:
            raise AirflowException("Use keyword arguments when initializing operators")
        for keyword in kwargs:
            accept(name, keyword)
        own_required = [one for one, default in signature["parameters"].items() if default is None]
        for keyword in signature.get("required", own_required):
            if keyword not in kwargs and "name" != keyword:
                raise AirflowException(f"missing keyword argument {keyword}")
        task_name = kwargs.get("name") or signature.get("name") or name
        if name == "LocalMinioOperator" and not kwargs.get("name"):
            task_name = f"minio-actions-{kwargs.get('action', 'get')}"
        if name == "MinioOperator" and kwargs.get("action", "put") not in ("put", "get"):
            raise AssertionError("action")
        task_id = kwargs.get("task_id") or task_name + (f"-{kwargs['parallel_id']}" if kwargs.get("parallel_id") else "")
        if (id(kwargs.get("dag")), task_id) in tasks:
            raise AirflowException(f"DuplicateTaskIdFound {task_id}")
        tasks.add((id(kwargs.get("dag")), task_id))
        self.operator_out_dir = kwargs.get("operator_out_dir") or task_name

    return type(name, (Tasks,), {"__init__": init, "start": lambda self: None})


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    ROOTS = ("airflow", "kaapana", "nnunet", "mitk_flow", "advanced_collect_metadata_federated", "totalsegmentator", "hospital_tools")

    def __init__(self, version):
        self.version = version
        self.tasks = set()

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.ROOTS:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        parts = spec.name.split(".")
        module = types.ModuleType(spec.name)
        if parts[0] == "kaapana" and len(parts) > 2:
            names = at(MODULES.get(spec.name, {}), self.version)
            if names is None:
                raise ModuleNotFoundError(f"No module named {spec.name}")
            for name in names:
                setattr(module, name, Anything())
            last = parts[-1]
            if last in OPERATORS["classes"] and at(OPERATORS["classes"][last], self.version):
                setattr(module, last, make_operator(last, self.version, self.tasks))
        elif parts[0] != "kaapana":
            module.__getattr__ = lambda name: Anything if not name.startswith("__") else None
        return module

    def exec_module(self, module):
        pass


def run(file):
    finder = Finder(file["version"])
    sys.meta_path.insert(0, finder)
    try:
        exec(compile(file["text"].lstrip("\ufeff"), file["name"], "exec"), {"__name__": "dag"})
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        sys.meta_path.remove(finder)
        for name in [one for one in sys.modules if one.split(".")[0] in Finder.ROOTS]:
            del sys.modules[name]


sys.stdout, out = sys.stderr, sys.stdout
results = {file["name"]: run(file) for file in DATA["files"]}
json.dump(results, out)
