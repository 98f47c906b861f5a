"""Bad answers are refused with a sentence before anything is written, good ones kept verbatim."""

import itertools
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from conftest import ROOT
from copier.errors import UserMessageError

QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text("utf-8")).items()
    if not name.startswith("_")
}
ONE_LINE = "one line of 1 to"
NAME_ALLOWED = "letters, digits, spaces and - _ . + are allowed"
PACKAGE_ALLOWED = "letters a-z, digits and single underscores are allowed"
EMAIL_ALLOWED = "name@example.com is allowed"

BAD_ANSWERS: list[tuple[str, object, str]] = [
    ("project_name", "", ONE_LINE),
    ("project_name", " Shop", "space at an end"),
    ("project_name", "x" * 61, "has 61 characters"),
    ("project_name", "Shop\nimport os", "U+000A"),
    ("project_name", "Shop\x00", "U+0000"),
    ("project_name", "../x", NAME_ALLOWED),
    ("project_name", "..", NAME_ALLOWED),
    ("project_name", "-rf", NAME_ALLOWED),
    ("project_name", "a/b", "has '/'"),
    ("project_name", "a\\b", NAME_ALLOWED),
    ("project_name", 'the "Shop"', NAME_ALLOWED),
    ("project_name", "Bob's Shop", NAME_ALLOWED),
    ("project_name", "{{ 7 * 7 }}", NAME_ALLOWED),
    ("project_name", "Shop {% raw %}", NAME_ALLOWED),
    ("project_name", "Shop $(id)", "has '$'"),
    ("project_name", "Shop `id`", "has '`'"),
    ("project_name", "Shop; id", "has ';'"),
    ("project_name", "Shop | tee", NAME_ALLOWED),
    ("project_name", "[project]", NAME_ALLOWED),
    ("project_name", "a = 1", "has '='"),
    ("project_name", "Shop # one", "has '#'"),
    ("project_name", "Shop: one", "has ':'"),
    ("project_name", "Shop\u202egnp", "U+202E"),
    ("project_name", "日本", "No package name can be made of '日本'"),
    ("project_name", 7, "text in quotes is allowed"),
    ("package_name", "", PACKAGE_ALLOWED),
    ("package_name", "x", PACKAGE_ALLOWED),
    ("package_name", "x" * 31, PACKAGE_ALLOWED),
    ("package_name", "../x", PACKAGE_ALLOWED),
    ("package_name", "a/b", PACKAGE_ALLOWED),
    ("package_name", "C:", PACKAGE_ALLOWED),
    ("package_name", "my.shop", PACKAGE_ALLOWED),
    ("package_name", "my-shop", PACKAGE_ALLOWED),
    ("package_name", "my shop", PACKAGE_ALLOWED),
    ("package_name", "Shop", PACKAGE_ALLOWED),
    ("package_name", "2shop", PACKAGE_ALLOWED),
    ("package_name", "_shop", PACKAGE_ALLOWED),
    ("package_name", "shop_", PACKAGE_ALLOWED),
    ("package_name", "my__shop", PACKAGE_ALLOWED),
    ("package_name", "café", PACKAGE_ALLOWED),
    ("package_name", "ѕhop", PACKAGE_ALLOWED),  # noqa: RUF001  # a Cyrillic letter that looks Latin
    ("package_name", "shop\n", PACKAGE_ALLOWED),
    ("package_name", "shop\x00", PACKAGE_ALLOWED),
    ("package_name", "shop'", PACKAGE_ALLOWED),
    ("package_name", 'shop"', PACKAGE_ALLOWED),
    ("package_name", "{{package_name}}", PACKAGE_ALLOWED),
    ("package_name", "$(id)", PACKAGE_ALLOWED),
    ("package_name", "shop;id", PACKAGE_ALLOWED),
    ("package_name", "[shop]", PACKAGE_ALLOWED),
    ("package_name", "class", "Python keyword"),
    ("package_name", "none", "Python keyword"),
    ("package_name", "match", "Python keyword"),
    ("package_name", "json", "standard library"),
    ("package_name", "test", "standard library"),
    ("package_name", "fastapi", "dependency of the service"),
    ("package_name", "prometheus_client", "dependency of the service"),
    ("package_name", "starlette", "dependency of the service"),
    ("package_name", "kombu", "dependency of the service"),
    ("package_name", "con", "device name on Windows"),
    ("package_name", "lpt1", "device name on Windows"),
    ("package_name", "tests", "folder or file of the project"),
    ("package_name", "package_name", "folder or file of the project"),
    ("package_name", "python", "command the project needs"),
    ("package_name", "postgres", "database of PostgreSQL itself"),
    ("package_name", None, "text in quotes is allowed"),
    ("description", "", ONE_LINE),
    ("description", "   ", ONE_LINE),
    ("description", "x" * 201, "has 201 characters"),
    ("description", 'A shop."\nname = "evil', "U+000A"),
    ("description", "A shop.\r", "U+000D"),
    ("description", "A\x00shop.", "U+0000"),
    ("description", "A \x1b[31mred\x1b[0m shop.", "U+001B"),
    ("description", "A\u2028shop.", "U+2028"),
    ("description", "A\u2029shop.", "U+2029"),
    ("description", "A\x85shop.", "U+0085"),
    ("description", "A\udc80shop.", "U+DC80"),
    ("description", "A\u202eshop.", "U+202E"),
    ("description", "A\u2066shop.", "U+2066"),
    ("description", "A\ufffeshop.", "U+FFFE"),
    ("description", "A\ufeffshop.", "U+FEFF"),
    ("description", ["A shop."], "text in quotes is allowed"),
    ("author_name", "", ONE_LINE),
    ("author_name", "x" * 101, "has 101 characters"),
    ("author_name", "Bob\nMallory", "U+000A"),
    ("author_name", "Bob <bob@example.com>", "contains '<'"),
    ("author_name", "Bob, Eve", "contains ','"),
    ("author_email", "", EMAIL_ALLOWED),
    ("author_email", "bob", EMAIL_ALLOWED),
    ("author_email", "@example.com", EMAIL_ALLOWED),
    ("author_email", "bob@", EMAIL_ALLOWED),
    ("author_email", "bob @example.com", EMAIL_ALLOWED),
    ("author_email", "bob@example.com\n", EMAIL_ALLOWED),
    ("author_email", "bob@exa\x00mple.com", EMAIL_ALLOWED),
    ("author_email", "a@b@example.com", EMAIL_ALLOWED),
    ("author_email", "$(id)@example.com", EMAIL_ALLOWED),
    ("author_email", '"bob"@example.com', EMAIL_ALLOWED),
    ("author_email", "bob@example..com", EMAIL_ALLOWED),
    ("author_email", "bob@-example.com", EMAIL_ALLOWED),
    ("author_email", f"{'x' * 65}@example.com", EMAIL_ALLOWED),
    ("author_email", f"bob@{'x.' * 126}com", EMAIL_ALLOWED),
    ("license", "GPL-3.0", "MIT or Apache-2.0 or proprietary is allowed"),
    ("interface", "rsgi", "asgi or wsgi is allowed"),
    ("database", "mysql", "sqlite or postgres is allowed"),
    ("database", "../postgres", "sqlite or postgres is allowed"),
    ("database", "PostgreSQL", "sqlite or postgres is allowed"),
    ("cache", "", "memory or redis is allowed"),
    ("cache", True, "memory or redis is allowed"),
    ("tasks", "taskiq", "none or celery is allowed"),
    ("tasks", None, "none or celery is allowed"),
    ("ci", "jenkins", "github or gitlab or none is allowed"),
    ("ci", ["github"], "github or gitlab or none is allowed"),
    ("example", "maybe", "true or false is allowed"),
    ("example", 2, "true or false is allowed"),
    ("example", None, "true or false is allowed"),
    ("databse", "postgres", "'database' is allowed"),
    ("package-name", "shop", "'package_name' is allowed"),
]

GOOD_ANSWERS: list[tuple[str, object]] = [
    ("project_name", "Shop 2.0"),
    ("project_name", "Çok güzel dükkân"),
    ("project_name", "🚀 Rocket-Shop_1 + more"),
    ("package_name", "ab"),
    ("package_name", "my_shop_2"),
    ("package_name", "x" * 30),
    ("description", "x" * 200),
    ("description", "Ein schöner Laden – für alle 🛒, 👩‍👩‍👧 und 日本 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),  # noqa: RUF001  # a dash
    (
        "description",
        """Says "hi", it's 100 % C:\\new; `id` $(id) ${HOME} {{ 7 * 7 }} {% if %} {# #}""",
    ),
    ("description", "# no: [comment] & *no* !tag | > - key: value <b>bold</b> %YAML"),
    ("author_name", """Zoë O'Brien "Bob" \\ 🙂"""),
    ("author_name", "null"),
    ("author_email", "zoe.o'brien+shop@mail.example.co.uk"),
    ("author_email", "root@localhost"),
    ("license", "Apache-2.0"),
    ("example", False),
]


@pytest.fixture(scope="module")
def questions_source(template_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template with nothing to render but the answers file."""

    def rendered(folder: str, names: list[str]) -> list[str]:
        files = (name for name in names if (Path(folder) / name).is_file())
        return [name for name in files if name != "stack.toml" and "answers_file" not in name]

    source = tmp_path_factory.mktemp("questions") / "source"
    shutil.copytree(template_source, source, ignore=shutil.ignore_patterns("template"))
    shutil.copytree(template_source / "template", source / "template", ignore=rendered)
    return source


def run_copy(source: Path, project: Path, **answers: object) -> dict[str, Any]:
    """Copy with the given answers, the default ones otherwise; return what is remembered."""
    settings: dict[str, Any] = {
        "defaults": True,
        "unsafe": True,
        "quiet": True,
        "skip_tasks": True,
    }
    copier.run_copy(str(source), project, data=answers, **settings)
    remembered: dict[str, Any] = yaml.safe_load(
        (project / ".copier-answers.yml").read_text("utf-8")
    )
    return remembered


@pytest.mark.parametrize(("question", "answer", "sentence"), BAD_ANSWERS)
def test_a_bad_answer_is_refused_with_a_sentence(
    questions_source: Path, tmp_path: Path, question: str, answer: object, sentence: str
) -> None:
    with pytest.raises(UserMessageError) as refusal:
        run_copy(questions_source, tmp_path / "project", **{question: answer})

    assert sentence in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize(("question", "answer"), GOOD_ANSWERS)
def test_a_good_answer_is_kept_verbatim(
    questions_source: Path, tmp_path: Path, question: str, answer: object
) -> None:
    assert (
        answer == run_copy(questions_source, tmp_path / "project", **{question: answer})[question]
    )


@pytest.mark.parametrize(
    ("project_name", "package_name"),
    [
        ("Shop", "shop"),
        ("Crème  brûlée-Straße", "creme_brulee_strasse"),
        ("Łódź Øl", "lodz_ol"),
        ("日本 Shop", "shop"),
        ("404 found", "app_404_found"),
        ("X", "x_service"),
        ("Redis", "redis_service"),
        ("Class", "class_service"),
        ("Prometheus Client", "prometheus_client_service"),
        ("a" * 60, "a" * 30),
    ],
)
def test_the_package_name_comes_from_the_project_name(
    questions_source: Path, tmp_path: Path, project_name: str, package_name: str
) -> None:
    answers = run_copy(questions_source, tmp_path / "project", project_name=project_name)

    assert package_name == answers["package_name"]


def test_all_bad_answers_are_named_at_once(questions_source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserMessageError) as refusal:
        run_copy(questions_source, tmp_path / "project", package_name="class", database="mysql")

    package_line, database_line = str(refusal.value).splitlines()
    assert "'class' is a Python keyword" in package_line
    assert "'mysql': sqlite or postgres is allowed" in database_line


def test_a_bad_answer_in_an_answers_file_is_refused(questions_source: Path, tmp_path: Path) -> None:
    remembered = tmp_path / ".copier-answers.yml"
    remembered.write_text("database: mysql\npackage_name: shop\n")

    with pytest.raises(UserMessageError, match="sqlite or postgres is allowed"):
        run_copy(questions_source, tmp_path)

    assert [remembered] == list(tmp_path.iterdir())


def test_a_bad_default_in_the_users_settings_is_refused(
    questions_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {author_email: nobody}\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))

    with pytest.raises(ValueError, match=EMAIL_ALLOWED):
        run_copy(questions_source, tmp_path / "project")

    assert not (tmp_path / "project").exists()


def test_the_command_line_shows_the_sentence_and_no_traceback(
    questions_source: Path, tmp_path: Path
) -> None:
    (tmp_path / "data.yml").write_text("database: mysql\n")
    options = ["--trust", "--defaults", "--data-file", "data.yml", "--data", "package_name=class"]

    refused = subprocess.run(
        [sys.executable, "-m", "copier", "copy", *options, str(questions_source), "project"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert "'mysql': sqlite or postgres is allowed." in refused.stderr
    assert "'class' is a Python keyword" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "project").exists()


def test_no_dependency_of_a_layer_can_be_a_package_name(
    questions_source: Path, tmp_path: Path
) -> None:
    parts = [
        tomllib.loads(path.read_text("utf-8")) for path in questions_source.rglob("stack.toml")
    ]
    names = {
        item["name"].partition("[")[0].replace("-", "_").lower()
        for part in parts
        for item in (*part.get("dependencies", []), *part.get("dev_dependencies", []))
    }

    assert {"alembic", "pytest"} <= names
    for name in names:
        with pytest.raises(UserMessageError, match=f"{name!r} is a "):
            run_copy(questions_source, tmp_path / "project", package_name=name)


def test_choices_make_sixteen_stacks() -> None:
    axes = ("interface", "database", "cache", "tasks")

    choices = [QUESTIONS[axis]["choices"].values() for axis in axes]

    assert len(set(itertools.product(*choices))) == 16


def test_every_question_has_a_default() -> None:
    """An update renders new expressions against old answers, which lack the new questions."""
    assert not [name for name, question in QUESTIONS.items() if "default" not in question]


def test_every_question_and_choice_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "questions.md").read_text("utf-8")
    names = [
        *QUESTIONS,
        *(
            value
            for question in QUESTIONS.values()
            for value in question.get("choices", {}).values()
        ),
    ]

    assert not [name for name in names if f"`{name}`" not in page]
