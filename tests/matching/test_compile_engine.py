from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.matching.engine import compiled, warming


def test_command_compiles_and_says_so() -> None:
    out = StringIO()
    call_command("compile_engine", stdout=out)
    assert out.getvalue().startswith("The engine is compiled (")


def test_command_refuses_an_engine_that_does_not_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "compile_all", lambda: 0)
    with pytest.raises(CommandError, match="does not match"):
        call_command("compile_engine")


def test_folder_of_the_compiled_code_follows_the_sources(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(compiled.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiled, "HERE", tmp_path)
    (tmp_path / "rules.py").write_text("LIMIT = 1")
    before = compiled.folder()
    (tmp_path / "rules.py").write_text("LIMIT = 2")
    after = compiled.folder()
    assert before.parent == after.parent == tmp_path
    assert before != after
