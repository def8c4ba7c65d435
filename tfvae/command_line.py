"""The command line of `vae.py`: all faults found are reported together, before TensorFlow is imported.

ml_collections' config flag does the parsing; what it is picky about is put right first: overrides may stand
before `--config`, `config.py` is found beside the script, a bare preset name is enough, and components may be
overridden by option (`--config.model.likelihood.scale=0.1`).
"""

import ast
import dataclasses
import importlib.util
import shlex
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from absl import flags
from ml_collections import config_flags

from tfvae import checks, configuration
from tfvae.configuration import Component, Config
from tfvae.errors import UserError, nearest
from tfvae.run_folder import Run

MOST_PROFILED = 1000  # steps: a trace takes about a megabyte for every three


class Request(NamedTuple):
    """What a checked command line asks for.

    Attributes:
        config: every value checked.
        folder: of the run.
        overwrite: begin afresh over a finished or different run.
        init_from: run whose weights to start from, or None.
        describe: say what would be trained, and stop.
        profile: how many steps to record with the profiler; None: none.
        command: the command line that repeats this run.
    """

    config: Config
    folder: Path
    overwrite: bool
    init_from: Path | None
    describe: bool
    profile: int | None
    command: str


class _ComponentParser(flags.ArgumentParser[Component]):
    def parse(self, argument: Any) -> Component:
        return argument if isinstance(argument, Component) else Component.parse(argument)


config_flags.register_flag_parser_for_type(Component, _ComponentParser())


def parse(argv: Sequence[str], home: Path) -> Request | str:
    """The checked request, or a text to print if `--help` or `--list` was asked for.

    Args:
        argv: the command line, program name first.
        home: the folder of the script, where `config.py` and `model_directory` are.

    Raises:
        UserError: all faults of the command line, one line each.
    """
    values = _define(home)
    source, overrides, others = split(argv[1:])
    faults = _read(values, others)
    given: dict[str, Any] = {name: values[name].value for name in values}
    if given["help"]:
        return _help(values)
    module, path, preset = config_module(source, home)
    if given["list"]:
        return listing(module)
    from_run = given["from_run"]
    config = _stored(from_run) if from_run else module.get_config(preset)
    canonical = _override(config, overrides, faults)
    faults += checks.faults(config) + _path_faults(given)
    if faults:
        raise UserError("\n".join(faults))
    folder = Path(given["model_directory"]) / (given["name"] or config.name)
    if given["init_from"] and given["overwrite"] and Path(given["init_from"]).resolve() == folder.resolve():
        raise UserError(f"--init_from={given['init_from']} is what --overwrite would remove: give the new run a --name")
    origin = f"--from_run={from_run}" if from_run else f"--config={path.name}:{preset}"
    config = config if from_run else _parsed(argv[0], f"{path}:{preset}", canonical)
    config.model.codes_from = _folder_of_run(config.model.codes_from, Path(given["model_directory"]))
    return Request(
        config=config,
        folder=folder,
        overwrite=given["overwrite"],
        init_from=Path(given["init_from"]) if given["init_from"] else None,
        describe=given["describe"],
        profile=given["profile"],
        command=shlex.join(["python", "vae.py", origin, *canonical]),
    )


def _folder_of_run(named: str, model_directory: Path) -> str:
    """The folder of a run that is given as such, or by its name in `model_directory`."""
    path = Path(named)
    return str(model_directory / named) if named and path.name == named and not path.exists() else named


def _define(home: Path) -> flags.FlagValues:
    values = flags.FlagValues()
    values.set_gnu_getopt()
    text = {
        "name": (None, "name of the run; default: the preset's"),
        "model_directory": (str(home / "model_directory"), "folder of the runs"),
        "from_run": (None, "folder of a run whose whole configuration is repeated, in place of --config"),
        "init_from": (None, "folder of a run whose best weights training starts from"),
    }
    switches = {
        "overwrite": "begin afresh over a finished or different run of this name; exported versions are kept",
        "list": "list the presets",
        "describe": "print what would be trained, and stop",
        "help": "show this help",
    }
    for name, (default, help_text) in text.items():
        flags.DEFINE_string(name, default, help_text, flag_values=values)
    for name, help_text in switches.items():
        flags.DEFINE_boolean(name, False, help_text, flag_values=values)
    flags.DEFINE_integer(
        "profile",
        None,
        f"record so many steps of the run, 1 to {MOST_PROFILED}, and say what they were spent on (profile.md)",
        lower_bound=1,
        upper_bound=MOST_PROFILED,
        flag_values=values,
    )
    return values


def _help(values: flags.FlagValues) -> str:
    lines = [
        "  --config=PRESET: what to train (see --list); also FILE.py:PRESET. Default: digits",
        "  --config.SECTION.FIELD=VALUE: change one value of it; the fields:",
    ]
    for section in dataclasses.fields(Config)[1:]:
        names = [item.name for item in dataclasses.fields(section.type)]  # type: ignore[arg-type]
        lines.append(f"      {section.name}: {', '.join(names)}")
    return "\n".join([*lines, *(f"  --{name}: {values[name].help}" for name in values)])


def split(arguments: Sequence[str]) -> tuple[str, dict[str, str], list[str]]:
    """The value of `--config`, the overrides by path, and all other arguments."""
    source, overrides, others, rest = "", {}, [], list(arguments)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        key = name.lstrip("-")
        if not name.startswith("-") or not (key == "config" or key.startswith(("config.", "noconfig."))):
            others.append(name + equals + value)
            continue
        if key.startswith("noconfig."):
            key, value = key.removeprefix("no"), "false"
        elif not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else "true"
        if key == "config":
            source = value
        else:
            overrides[key.removeprefix("config.")] = value
    return source, overrides, others


def _read(values: flags.FlagValues, arguments: list[str]) -> list[str]:
    """Reads the plain flags; a sentence for each argument that is none."""
    try:
        left = values(["vae.py", *arguments], known_only=True)[1:]
    except flags.Error as error:
        return [f"the command line cannot be read: {error}; write --flag=value, and see --help"]
    known = [f"--{name}" for name in [*values, "config"]]
    return [
        f"there is no flag {name}: {nearest(name, known)}" if name.startswith("-") else f"unexpected argument {name!r}"
        for name in (argument.partition("=")[0] for argument in left)
    ]


def config_module(source: str, home: Path) -> tuple[ModuleType, Path, str]:
    """The module of presets, its file, and the preset's name."""
    file, _, preset = source.rpartition(":") if ":" in source or not source.endswith(".py") else (source, "", "")
    file = file or "config.py"
    path = Path(file) if Path(file).exists() and source.startswith(file) and file != "config.py" else home / file
    if not path.exists():
        raise UserError(f"--config={source}: there is no file {file!r} here or beside vae.py")
    spec = importlib.util.spec_from_file_location("presets", path)
    if spec is None or spec.loader is None:
        raise UserError(f"--config={source}: {file!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, path, preset or "digits"


def _stored(from_run: str) -> Config:
    path = Run(Path(from_run)).config
    if not path.exists():
        raise UserError(f"--from_run={from_run}: there is no config.json: expected the folder of a run of vae.py")
    return configuration.read(path)


def _override(config: Config, overrides: dict[str, str], faults: list[str]) -> list[str]:
    """Sets what fits in `config`; appends what does not to `faults`; returns the rest as flags in canonical form."""
    canonical: dict[str, str] = {}
    for path, text in overrides.items():
        try:
            _apply(config, path.split("."), text, canonical)
        except UserError as error:
            faults.append(str(error))
    return [f"--config.{path}={text}" for path, text in canonical.items()]


def _apply(config: Config, path: list[str], text: str, canonical: dict[str, str]) -> None:
    """Sets one value. Raises `UserError` if there is no such field or it cannot have that value."""
    holder: Any = config
    for depth, name in enumerate(path, 1):
        fields = {item.name: item.type for item in dataclasses.fields(holder)}
        where, rest = ".".join(path[:depth]), path[depth:]
        if name not in fields:
            raise UserError(f"there is no config.{where}: {nearest(name, fields)}")
        if not dataclasses.is_dataclass(getattr(holder, name)):
            value = _value(fields[name], getattr(holder, name), f"config.{where}", rest, text)
            setattr(holder, name, value)
            canonical[where] = text if isinstance(value, str | bool) else repr(value)
            return
        holder = getattr(holder, name)
    raise UserError(
        f"config.{'.'.join(path)} is a group of values: give one of "
        f"{', '.join(item.name for item in dataclasses.fields(holder))}"
    )


def _value(kind: Any, old: Any, where: str, rest: list[str], text: str) -> Any:
    """The value of a field that `text` means, or of the component `old` with one option (`rest`) changed."""
    if kind is Component and len(rest) < 2:
        return Component(old.name, **{**old.options, rest[0]: literal(text)}) if rest else Component.parse(text)
    if rest:
        raise UserError(f"there is no {where}.{'.'.join(rest)}: {where} has no such parts")
    value = text if kind is str else literal(text)
    if not checks.matches(kind, value):
        raise UserError(f"{where} was given {text!r}: expected {checks.describe(kind)}")
    return value


def literal(text: str) -> Any:
    """A value as written on a command line: a number, a tuple, true or false; anything else is a word."""
    if text in ("true", "false"):
        return text == "true"
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
    return tuple(value) if isinstance(value, list) else value


def _parsed(program: str, source: str, overrides: list[str]) -> Config:
    """The configuration as ml_collections reads it from a command line put in order."""
    argv = [program, f"--config={source}", *overrides]
    values = flags.FlagValues()
    holder = config_flags.DEFINE_config_file("config", source, flag_values=values, sys_argv=argv)
    values(argv)
    return holder.value


def _path_faults(given: dict[str, Any]) -> list[str]:
    found = []
    name, init_from = given["name"], given["init_from"]
    if name is not None and not checks.is_name(name):
        found.append(checks.NOT_A_NAME.format("--name", name))
    if init_from and not Path(init_from).is_dir():
        found.append(f"--init_from={init_from}: there is no such folder")
    return found


def listing(module: ModuleType) -> str:
    """The presets of a configuration file, a line each: the first line of each one's docstring."""
    width = max(map(len, module.PRESETS))
    lines = [
        f"{name:<{width}}  {(preset.__doc__ or '').strip().splitlines()[0]}" for name, preset in module.PRESETS.items()
    ]
    return "\n".join(lines)
