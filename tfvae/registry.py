"""Names for interchangeable parts, resolved only when used.

A registry can say what exists, and which options it takes, before TensorFlow is imported: the scripts check a
whole configuration in milliseconds.
"""

import ast
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tfvae.errors import UserError, nearest


class Registry(Mapping[str, Any]):
    """A read-only mapping from a name to the object that `module:attribute` points at.

    Args:
        kind: what the entries are, in the singular, for messages: "likelihood".
        package: the package that the modules are relative to, usually `__name__`.
        entries: name → "module:attribute".
    """

    def __init__(self, kind: str, package: str, entries: dict[str, str]) -> None:
        self.kind = kind
        self._package = package
        self._entries = entries

    def __getitem__(self, name: str) -> Any:
        self.check(name)
        module, attribute = self._entries[name].split(":")
        return getattr(importlib.import_module(f"{self._package}.{module}"), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def attribute(self, name: str) -> Any:
        """A module-level `__getattr__` (PEP 562): gives the package's classes by their own names."""
        for key, target in self._entries.items():
            if target.split(":")[1] == name:
                return self[key]
        raise AttributeError(f"module {self._package!r} has no attribute {name!r}")

    def check(self, name: str) -> None:
        """Raises `UserError` with the nearest name if there is no entry `name`."""
        if name not in self._entries:
            raise UserError(f"there is no {self.kind} {name!r}: {nearest(name, self._entries)}")

    def parameters(self, name: str) -> dict[str, str]:
        """Options of an entry → their annotation as written, read from its source without importing it.

        The options of a class are the arguments of its own `__init__` or the fields of a dataclass; those of a
        function are its keyword-only arguments (what comes before them is supplied by the caller).
        """
        definitions, node = self._source(name)
        if isinstance(node, ast.FunctionDef):
            return _annotations(node.args.kwonlyargs)
        return _options(node, definitions)

    def constant(self, name: str, attribute: str, default: Any) -> Any:
        """A literal in the body of an entry's class, or of its bases in the same file; else `default`."""
        definitions, node = self._source(name)
        values = _constants(node, attribute, definitions)
        return values[0] if values else default

    def _source(self, name: str) -> tuple[dict[str, Any], Any]:
        """All definitions of the file that an entry is in, and the entry's own."""
        self.check(name)
        module, attribute = self._entries[name].split(":")
        spec = importlib.util.find_spec(f"{self._package}.{module}")
        if spec is None or spec.origin is None:
            raise ImportError(f"{self._package}.{module}, named in a registry, does not exist")
        definitions = _definitions(spec.origin)
        return definitions, definitions[attribute]


@cache
def _definitions(path: str) -> dict[str, Any]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def _options(node: ast.ClassDef, definitions: dict[str, Any]) -> dict[str, str]:
    """Of a class: its `__init__`'s arguments, or its dataclass fields after those of bases in the same file."""
    methods = {child.name: child for child in node.body if isinstance(child, ast.FunctionDef)}
    if "__init__" in methods:
        arguments = methods["__init__"].args
        return _annotations([*arguments.args[1:], *arguments.kwonlyargs])
    options: dict[str, str] = {}
    for base in node.bases:
        if ast.unparse(base) in definitions:
            options |= _options(definitions[ast.unparse(base)], definitions)
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        fields = [child for child in node.body if isinstance(child, ast.AnnAssign)]
        options |= {ast.unparse(item.target): ast.unparse(item.annotation) for item in fields}
    return options


def _constants(node: Any, attribute: str, definitions: dict[str, Any]) -> list[Any]:
    """The values of a class attribute: of the class itself, then of its bases in the same file."""
    assigned = [child for child in node.body if isinstance(child, ast.Assign)]
    values = [ast.literal_eval(item.value) for item in assigned if ast.unparse(item.targets[0]) == attribute]
    for base in getattr(node, "bases", ()):
        if ast.unparse(base) in definitions:
            values += _constants(definitions[ast.unparse(base)], attribute, definitions)
    return values


Limits = tuple[tuple[str, float, float], ...]  # (option, lowest, highest), both allowed; of tuples, each entry


def limit_faults(limits: Limits, options: Mapping[str, Any]) -> list[str]:
    """A sentence for each numeric option that is outside its limits.

    >>> limit_faults((("rise", 0.01, 1.0),), {"rise": 3.0})
    ['rise is 3.0: expected from 0.01 to 1']
    """
    found = []
    for name, low, high in limits:
        value = options.get(name, ())
        entries = value if isinstance(value, tuple | list) else (value,)
        if not all(isinstance(entry, str) or low <= entry <= high for entry in entries):
            found.append(f"{name} is {value!r}: expected from {low:g} to {high:g}")
    return found


def _annotations(arguments: list[ast.arg]) -> dict[str, str]:
    return {item.arg: ast.unparse(item.annotation) if item.annotation else "Any" for item in arguments}
