"""What import-linter cannot see: the ways round the wall that are no import."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

CATALOGUE = sorted((Path(settings.BASE_DIR) / "milidip" / "catalogue").rglob("*.py"))
WAYS_ROUND = {"get_model", "get_app_config", "get_models", "ContentType", "import_module"}
WORKING_SIDE = {
    name
    for app in ("engagements", "stakeholders")
    for model in apps.get_app_config(app).get_models(include_auto_created=True)
    for name in (model._meta.db_table, model._meta.label)
}


@pytest.mark.parametrize("path", CATALOGUE, ids=lambda path: path.name)
def test_the_public_side_finds_no_way_round_to_the_working_side(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            assert node.attr not in WAYS_ROUND, f"line {node.lineno}"
        if isinstance(node, ast.Name):
            assert node.id not in WAYS_ROUND, f"line {node.lineno}"
        if isinstance(node, ast.ImportFrom | ast.Import):
            for name in node.names:
                assert name.name.rpartition(".")[2] not in WAYS_ROUND, f"line {node.lineno}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = [name for name in WORKING_SIDE if name in node.value]
            assert not named, f"line {node.lineno}"
