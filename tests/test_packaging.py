"""Does a fresh machine get what the project says: the lock, the Makefile, the README, the import contracts?"""

import ast
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import villagesim
from villagesim import cli, scenario

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "villagesim"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
CONTRACTS = {contract["type"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
OPTIONAL_LAYERS = {"app", "report"}
# Where the import is named otherwise than the package.
IMPORTED_AS = {"salib": "SALib", "scikit-learn": "sklearn"}


def pins() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+) \\$", LOCK, re.MULTILINE))


def modules() -> set[str]:
    """Every module directly under villagesim."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    return files | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def layers() -> list[set[str]]:
    """The layers of the contract from top to bottom, each as its modules."""
    return [set(re.findall(r"[a-z_]+", layer)) for layer in CONTRACTS["layers"]["layers"]]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_lock_names_no_index_and_no_place():
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    assert not re.search(r"://|@ |\bfile:|\b(www|pypi)\b", LOCK)
    assert all(re.fullmatch(r"[a-z0-9.-]+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines)


def test_every_pin_has_a_hash():
    for block in re.split(r"\n(?=[a-z0-9.-]+==)", LOCK)[1:]:
        assert "--hash=sha256:" in block, block


@pytest.mark.parametrize("group", ["core", "dev", "build"])
def test_every_dependency_is_pinned_at_a_version_that_it_allows(group):
    project = PROJECT["project"]
    listed = {
        "core": project["dependencies"],
        "dev": project["optional-dependencies"]["dev"],
        "build": PROJECT["build-system"]["requires"],
    }
    pinned = pins()
    for requirement in map(Requirement, listed[group]):
        name = canonicalize_name(requirement.name)
        assert name in pinned, name
        assert requirement.specifier.contains(pinned[name]), f"{requirement} but {pinned[name]}"


def test_the_package_imports_only_what_it_depends_on():
    extras = PROJECT["project"]["optional-dependencies"]
    allowed = list(PROJECT["project"]["dependencies"])
    for key in extras.keys() - {"dev"}:
        allowed += extras[key]
    names = {canonicalize_name(Requirement(text).name) for text in allowed}
    known = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names} | {"villagesim"} | sys.stdlib_module_names
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(text_of(path))):
            found = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found = [node.module]
            for name in found:
                assert name.split(".")[0] in known, f"{path.relative_to(ROOT)}:{node.lineno} imports {name}"


def test_the_version_is_the_same_wherever_it_stands():
    citation = re.search(r"^version: (\S+)$", text_of(ROOT / "CITATION.cff"), re.MULTILINE)
    assert citation
    assert citation[1] == villagesim.__version__
    assert villagesim.__version__ in re.findall(r"^## .*?(\d+\.\d+\.\d+)", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_make_command_of_the_readme_is_a_target(readme):
    text = text_of(readme)
    said = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    assert {"test", "experiments", "help"} <= said
    assert said <= TARGETS


def test_the_makefile_has_the_targets_that_the_project_promises():
    assert {"setup", "test", "lint", "experiments", "paper", "baseline", "bench", "clean"} <= TARGETS


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_villagesim_command_of_the_readme_exists(readme):
    commands = typer.main.get_command(cli.app).commands
    typed = "\n".join(re.findall(r"^```\n(.*?)^```", text_of(readme), re.MULTILINE | re.DOTALL))
    said = re.findall(r"^villagesim ([a-z]+)(?: ([a-z]+)\b(?![./]))?", typed, re.MULTILINE)
    assert said
    for command, below in said:
        assert command in commands, command
        if hasattr(commands[command], "commands"):
            assert below in commands[command].commands, f"{command} {below}"


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_house_of_the_readme_is_the_package(readme):
    drawn = text_of(readme).split("src/villagesim/\n")[1].split("```")[0]
    told = set(re.findall(r"(?:^  |[;；]\s*)([a-z_]+(?:\.py|/))", drawn, re.MULTILINE))
    there = {f"{name}/" if (PACKAGE / name).is_dir() else f"{name}.py" for name in modules()}
    assert told <= there
    assert {name for name in there - told if not name.startswith(("scenario_", "cli_"))} == set()


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_scenario_of_the_readme_is_right(readme, tmp_path):
    example = text_of(readme).split("```toml\n")[1].split("```")[0]
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    loaded = scenario.load(tmp_path / "mine.toml")
    assert set(loaded.levers) >= {"camp", "fund_cut"}


def test_the_import_contract_places_every_module_once_and_no_other():
    placed = [name for layer in layers() for name in layer]
    assert len(placed) == len(set(placed))
    assert set(placed) - OPTIONAL_LAYERS == modules() - OPTIONAL_LAYERS


def test_the_import_contract_puts_what_a_user_types_on_top_and_what_a_number_means_at_the_bottom():
    order = ["cli", "figures", "study", "results", "engine", "world", "scenario", "levers", "mechanisms", "declare"]
    place = {name: depth for depth, layer in enumerate(layers()) for name in layer}
    assert sorted(order, key=place.__getitem__) == order


def test_mechanisms_may_import_only_declarations_and_arithmetic():
    contract = CONTRACTS["forbidden"]
    assert contract["source_modules"] == ["villagesim.mechanisms"]
    assert "villagesim.*" in contract["forbidden_modules"]
    allowed = {line.split(" -> ")[1] for line in contract["ignore_imports"]}
    assert allowed == {"villagesim.declare", "villagesim.arithmetic"}
