"""The import rules of the code, checked by a walk over its syntax; the last tests show that the walk finds breaches."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("index", "models", "service")
MAY_IMPORT = {"index": {"index"}, "models": {"models"}, "service": {"index", "models", "service"}}
TUNING = {"models/tuning.py", "models/search_tuning.py", "models/tuning_steps.py"}
# Where each package may be imported: one file, or the few that share a job; a folder means any file in it.
KEPT_TO = {
    "fastapi": {"service"},
    "fastapi_offline": {"service"},
    "pydantic": {"service"},
    "pydantic_core": {"service"},
    "starlette": {"service"},
    "typer": {"service"},
    "rich": {"service"},
    "uvicorn": {"service/server.py", "service/connections.py"},
    "prometheus_client": {"service/metrics.py"},
    "openpyxl": {"service/tables.py"},
    "pyarrow": {"service/tables.py"},
    "faiss": {"index/codes.py"},
    "sqlite3": {"index/database.py"},
    "tantivy": {"index/lexical.py"},
    "rjieba": {"index/terms.py"},
    "opencc": {"index/scripts.py"},
    "filelock": {"index/lock.py"},
    "docx": {"index/word.py", "index/word_numbers.py", "index/word_paragraphs.py", "index/word_styles.py"},
    "lxml": {"index/webpages.py"},
    "pypdfium2": {"index/pdf.py", "index/pdf_rules.py"},
    "charset_normalizer": {"index/encoding.py"},
    "onnxruntime": {"models/onnx_embedder.py", "models/onnx_export.py"},
    "tokenizers": {"models/onnx_embedder.py", *TUNING},
    "onnx": {"models/onnx_export.py"},
    "torch": {"models/embedders.py", "models/onnx_export.py", *TUNING},
    "transformers": {"models/tuning_steps.py"},
    "sentence_transformers": {"models/embedders.py"},
    "sklearn": {"models/layers.py"},
    "scipy": {"models/layers.py"},
    "yaml": {"models/taxonomy.py"},
}
# SQL is kept to these: the tables, what is stored in them, what people say of it and how that settles rows, and SQLite.
SQL_FILES = {"index/schema.py", "index/store.py", "index/labels.py", "index/label_rows.py", "index/database.py"}
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|BEGIN|ATTACH)\s+\S")
LONGEST_FUNCTION = 40
NOWHERE = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "pandas", "requests", "httpx", "urllib"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
# What is installed under another name than it is imported by, or comes with a package that is declared.
DISTRIBUTIONS = {
    "docx": "python-docx",
    "faiss": "faiss-cpu",
    "fastapi_offline": "fastapi-offline",
    "charset_normalizer": "charset-normalizer",
    "sentence_transformers": "sentence-transformers",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "prometheus_client": "prometheus-client",
    "pydantic_core": "pydantic",
}

# Declared without being imported here: fastapi reads forms with the first, torch and onnxruntime export with the next,
# uvicorn runs on the others.
USED_BY_OTHERS = {"python-multipart", "onnx", "httptools", "uvloop"}


def sources():
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def imports(tree):
    """Yield (line, module) of every absolute import, those by name through importlib included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            yield node.lineno, node.args[0].value if isinstance(node.args[0], ast.Constant) else "?"


def broken_rules(name, source):
    """Return what a file, by its path below the root, does against the rules."""
    tree = ast.parse(source)
    folder = name.partition("/")[0]
    broken = [f"{name}:{line}: {what}" for line, what in strange_nodes(tree)]
    if name not in SQL_FILES:
        broken += [f"{name}:{line}: SQL belongs in {', '.join(sorted(SQL_FILES))}" for line in sql_lines(tree)]
    for line, module in imports(tree):
        top = module.partition(".")[0]
        if top in FOLDERS and top not in MAY_IMPORT[folder]:
            broken.append(f"{name}:{line}: {folder} imports {top}")
        if top in NOWHERE or module == "?" or top == "tests":
            broken.append(f"{name}:{line}: imports {module}")
        if top in KEPT_TO and not {name, folder} & KEPT_TO[top]:
            broken.append(f"{name}:{line}: {top} belongs in {', '.join(sorted(KEPT_TO[top]))}")
    return broken


def length(node):
    """Return the lines of a function without its signature and docstring, 0 for what is none."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return 0
    body = node.body[1:] if ast.get_docstring(node) and node.body[1:] else node.body
    return node.end_lineno - body[0].lineno + 1


def sql_lines(tree):
    """Yield the lines of strings that begin as a statement of SQL does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield node.lineno


def strange_nodes(tree):
    yield from (
        (node.lineno, "a function of over 40 lines") for node in ast.walk(tree) if length(node) > LONGEST_FUNCTION
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "relative import"
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node.lineno, "import of everything"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield node.lineno, f"{node.func.id}()"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
            yield node.value.lineno, "unpickles"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_only_what_its_place_allows(path):
    assert [] == broken_rules(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def test_every_package_that_is_imported_is_declared_and_no_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {
        requirement.split("[")[0].split(">")[0].split("=")[0]
        for group in (project["dependencies"], project["optional-dependencies"]["torch"])
        for requirement in group
    }

    tops = {
        module.partition(".")[0]
        for path in sources()
        for _, module in imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    foreign = tops - set(FOLDERS) - sys.stdlib_module_names

    assert {DISTRIBUTIONS.get(name, name) for name in foreign} | USED_BY_OTHERS == declared


def test_every_package_that_is_declared_has_a_version_known_to_work():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = (project["dependencies"], *project["optional-dependencies"].values())
    declared = {re.split(r"[\[><=;]", requirement)[0].lower() for group in groups for requirement in group}
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)

    assert set() == declared - {name.lower() for name in pinned} - {"liuwei"}


def test_every_rule_speaks_of_a_file_that_exists():
    places = SQL_FILES | {place for allowed in KEPT_TO.values() for place in allowed}

    assert [] == [place for place in sorted(places) if not (ROOT / place).exists()]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("index/x.py", "import models.text"),
        ("index/x.py", "from service import errors"),
        ("models/x.py", "from index.records import Document"),
        ("models/x.py", "def f():\n    from service.settings import Settings"),
        ("index/x.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import models"),
        ("service/x.py", "from . import errors"),
        ("service/x.py", "from service.errors import *"),
        ("service/x.py", "import faiss"),
        ("index/corpus.py", "import sqlite3 as database"),
        ("index/x.py", "from pydantic import BaseModel"),
        ("models/classifier.py", "import torch.nn"),
        ("models/x.py", "import importlib\nimportlib.import_module('torch')"),
        ("models/x.py", "import importlib\nimportlib.import_module(name)"),
        ("models/x.py", "import pickle"),
        ("models/x.py", "numpy.load('x', allow_pickle=True)"),
        ("models/x.py", "numpy.load('x', allow_pickle=flag)"),
        ("index/corpus.py", "rows = 'SELECT 1 FROM documents'"),
        ("service/x.py", 'query = f"""\n  DELETE FROM {table}"""'),
        ("service/x.py", "eval('1')"),
        ("service/x.py", "import urllib.request"),
        ("service/x.py", "from tests.doubles import HashEmbedder"),
        ("service/x.py", "def f():\n" + "    f()\n" * 41),
        ("service/x.py", "class C:\n  async def f(self):\n    'x'\n" + "    f()\n" * 41),
    ],
)
def test_the_walk_finds_a_broken_rule(name, source):
    assert 1 == len(broken_rules(name, source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("service/x.py", "from index.corpus import Corpus\nfrom models.text import canonical\nimport fastapi"),
        ("index/codes.py", "import faiss\nimport numpy"),
        ("models/x.py", "numpy.load('x', allow_pickle=False)\nmodel.eval()\nre.compile('x')"),
        ("service/x.py", "def f(\n    a,\n):\n    'x'\n" + "    f()\n" * 40),
    ],
)
def test_the_walk_lets_good_files_pass(name, source):
    assert [] == broken_rules(name, source)
