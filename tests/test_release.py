"""`nox -s release`: what is missing is said, and the tag is what Copier takes."""

import datetime as dt
import re
import shutil
import subprocess
import sys
from pathlib import Path

import copier
import pytest
from conftest import ROOT
from releases import IDENTITY, commit_all, git

ENGINE = Path("template", "vendor", "hotpath", "pyproject.toml")
TODAY = dt.datetime.now().astimezone().date()
GOOD = (
    f"# Changelog\n\n## Unreleased\n\n## 1.2.0 ({TODAY})\n\n# not a comment\n- New.\n\n## 1.1.0\n"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository that can be released as 1.2.0."""
    folder = tmp_path / "repository"
    (folder / ENGINE).parent.mkdir(parents=True)
    (folder / ENGINE).write_text('[project]\nname = "hotpath"\nversion = "1.2.0"\n')
    (folder / "CHANGELOG.md").write_text(GOOD)
    git(folder, "init", "--quiet")
    commit_all(folder, "all")
    return folder


def release(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    names = {"GIT_COMMITTER_NAME": "Tester", "GIT_COMMITTER_EMAIL": "tester@example.com"}
    return subprocess.run(
        [sys.executable, str(ROOT / "extensions" / "release.py"), *arguments],
        cwd=folder,
        env={"PATH": str(Path(str(shutil.which("git"))).parent), **names},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_release_is_checked_and_makes_no_tag(repository: Path) -> None:
    done = release(repository, "1.2.0")

    assert (done.returncode, done.stderr) == (0, "")
    assert "--tag" in done.stdout
    assert git(repository, "tag") == ""


def test_a_tag_is_annotated_with_the_section(repository: Path) -> None:
    git(repository, "tag", "v1.1.0")

    done = release(repository, "1.2.0", "--tag")

    assert done.returncode == 0, done.stderr
    assert "git push origin v1.2.0" in done.stdout
    said = git(repository, "for-each-ref", "--format=%(objecttype) %(contents)", "refs/tags/v1.2.0")
    assert said.strip() == "tag v1.2.0\n\n# not a comment\n- New."
    assert git(repository, "rev-parse", "v1.2.0^{commit}") == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("version", "changelog", "expected"),
    [
        ("1.2", GOOD, "'1.2' is no version: three numbers are"),
        ("v1.2.0", GOOD, "'v1.2.0' is no version"),
        ("1.2.0rc1", GOOD, "is no version"),
        ("1.3.0", GOOD, "has the version 1.2.0, not 1.3.0"),
        ("1.2.0", GOOD.replace("## 1.2.0", "## 1.2.1"), 'no section "## 1.2.0 (YYYY-MM-DD)"'),
        ("1.2.0", GOOD.replace(f" ({TODAY})", ""), "needs a date that has come"),
        ("1.2.0", GOOD.replace(f"{TODAY}", "next week"), "needs a date that has come"),
        ("1.2.0", GOOD.replace(f"{TODAY}", "2999-01-01"), "needs a date that has come"),
        ("1.2.0", GOOD.replace("# not a comment\n- New.\n", ""), "says nothing under"),
        ("1.2.0", GOOD.replace("## Unreleased\n", "## Unreleased\n\n- More.\n"), "has something"),
        ("1.2.0", GOOD.replace("## Unreleased\n\n", ""), "does not begin with"),
        ("1.2.0", GOOD.replace("## 1.2.0", "## 1.3.0\n\n- Newer.\n\n## 1.2.0"), "other versions"),
    ],
)
def test_what_is_missing_is_said(
    repository: Path, version: str, changelog: str, expected: str
) -> None:
    (repository / "CHANGELOG.md").write_text(changelog)
    git(repository, *IDENTITY, "commit", "--quiet", "--all", "--allow-empty", "--message", "it")

    done = release(repository, version, "--tag")

    assert done.returncode == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert git(repository, "tag") == ""


def test_all_that_is_missing_is_said_at_once(repository: Path) -> None:
    git(repository, "tag", "v1.10.0")
    (repository / "CHANGELOG.md").write_text("nothing")

    done = release(repository, "1.9.0", "--tag")

    assert done.returncode == 1
    for word in ("1.2.0, not 1.9.0", "Unreleased", "no section", "committed", "v1.10.0 is a tag"):
        assert word in done.stderr
    assert git(repository, "tag") == "v1.10.0\n"


def test_copier_takes_the_release(
    template_source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The version of this working tree, with its own changelog; "using HEAD" is gone."""
    folder = shutil.copytree(template_source, tmp_path / "template")
    shutil.copy(ROOT / "CHANGELOG.md", folder)
    text = (folder / ENGINE).read_text("utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', text, re.MULTILINE)
    changelog = (folder / "CHANGELOG.md").read_text("utf-8")
    begin, heading, rest = re.split(r"^(## \d.*\n)", changelog, maxsplit=1, flags=re.MULTILINE)
    unreleased = begin.partition("## Unreleased\n")[0] + "## Unreleased\n\n"
    (folder / "CHANGELOG.md").write_text(unreleased + heading + rest)
    git(folder, "init", "--quiet")
    commit_all(folder, "all")
    done = release(folder, version, "--tag")
    assert done.returncode == 0, done.stderr
    (folder / "later.txt").touch()
    commit_all(folder, "later")

    copier.run_copy(str(folder), tmp_path / "shop", defaults=True, unsafe=True, skip_tasks=True)

    said = capfd.readouterr().err
    assert f"Copying from template version {version}" in said
    assert "using HEAD" not in said
    assert f"_commit: v{version}\n" in (tmp_path / "shop" / ".copier-answers.yml").read_text()
