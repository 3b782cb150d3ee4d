"""The image cannot be built where the tests run, for want of a registry. What it is built from can be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from prologue.config.load import load

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "deploy/Dockerfile").read_text()


def test_what_it_copies_is_enough_to_build_the_package(tmp_path: Path) -> None:
    for sources, target in re.findall(r"^COPY (.+) (\S+)$", RECIPE, re.MULTILINE):
        for source in sources.split():
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / target)
            else:
                shutil.copy(ROOT / source, tmp_path / target)
    (built,) = re.findall(r"^RUN pip install (.*--no-build-isolation) \.$", RECIPE, re.MULTILINE)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", *built.split(), "--wheel-dir", tmp_path / "out", "."],
        cwd=tmp_path,
        check=True,
        timeout=300,
    )
    (wheel,) = (tmp_path / "out").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    ours = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.sql")}
    assert ours
    assert ours <= set(names)
    assert "prologue/serve/static/app.js" in names


def test_the_user_is_the_one_that_the_manifests_name() -> None:
    (user,) = re.findall(r"^USER (\d+)$", RECIPE, re.MULTILINE)
    assert f"useradd --uid {user} " in RECIPE
    named = set(re.findall(r"runAsUser: (\d+)", (ROOT / "deploy/kubernetes/server.yaml").read_text()))
    assert named == {user}


def test_the_ports_that_it_exposes_are_listened_on() -> None:
    values = dict(re.findall(r"^ENV (\w+)=(\S+)$", RECIPE, re.MULTILINE))
    loaded = load(environ=values)
    assert len(loaded.chosen) == len(values)
    (exposed,) = re.findall(r"^EXPOSE (.+)$", RECIPE, re.MULTILINE)
    listening = (loaded.settings.http.listen, loaded.settings.grpc.listen)
    assert [f"0.0.0.0:{port}" for port in exposed.split()] == list(listening)


def test_its_python_is_one_that_the_package_takes() -> None:
    (version,) = re.findall(r"^FROM python:(\d+\.\d+)-", RECIPE, re.MULTILINE)
    assert f'"Programming Language :: Python :: {version}"' in (ROOT / "pyproject.toml").read_text()
