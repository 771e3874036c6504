"""A released notebook in JupyterLab, and the marks in nbgrader's formgrader, in a real browser."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from autograder.catalogue import Catalogue
from autograder.grading import Grader
from classroom.release import release
from classroom.words import words_of
from tests.classroom.rounds import ROOT, Classroom, Notebook, cell, read, save, solve

pytestmark = pytest.mark.browser
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync"]  # fmt: skip
WAIT = 60_000  # the first check imports the course in a fresh kernel
EXERCISE = "hebbian"
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}
PICTURES = os.environ.get("ANNDL_PICTURES")  # a folder: the pictures of docs/instructor.md are drawn into it


@contextmanager
def jupyter(room: Classroom, folder: Path) -> Iterator[str]:
    """JupyterLab in `folder`, on a free port, without a token, knowing no configuration but the kit's environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", room.folder / f"jupyter-{port}.log"
    settings = Path(room.environment["JUPYTER_CONFIG_DIR"]) / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": NO_NEWS}))
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
             "--ServerApp.port_retries=0", "--IdentityProvider.token="],
            cwd=folder, stdout=file, stderr=file, env=os.environ | room.environment | {"HOME": str(room.folder)},
        )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)  # it ends its kernels, then itself
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def mistaken(notebook: Notebook) -> None:
    """Leave the target out of the update: a known misconception."""
    update = cell(notebook, "hebbian-hebbian_update")
    assert "w + eta * t * x" in update.source
    update.source = update.source.replace("w + eta * t * x", "w + eta * x")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """Two students have fetched the assignment and written their functions: ada is right, ben mistaken."""
    room = Classroom(tmp_path_factory.mktemp("browser"))
    release(ROOT, room.course, room.assignment, [Catalogue(ROOT).exercises[EXERCISE]], "anndl")
    room.configure(f"c.Exchange.root = {str(room.exchange)!r}", f"c.Confined.key_file = {str(room.key)!r}")
    room.nbgrader("generate_assignment", room.assignment)
    room.nbgrader("release_assignment", room.assignment)
    source = read(room.course / "source" / room.assignment / f"{EXERCISE}.ipynb")
    for student in ("ada", "ben"):
        home = room.home(student)
        room.nbgrader("fetch_assignment", room.assignment, at=home)
        path = home / room.assignment / f"{EXERCISE}.ipynb"
        notebook = read(path)
        solve(notebook, source, EXERCISE)
        cell(notebook, f"{EXERCISE}-explain").source = "Because the weights move towards the example."
        if student == "ben":
            mistaken(notebook)
        save(notebook, path)
    return room


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    page.set_default_timeout(WAIT)
    yield page
    context.close()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / name)


def points() -> float:
    """What the check cell gives."""
    return Grader(ROOT).bench(EXERCISE).suite.points


def all_points() -> float:
    """With the question in words."""
    words = words_of(Grader(ROOT).catalogue.exercises[EXERCISE])
    assert words is not None
    return points() + words.points


def run_all(page: Page, address: str) -> None:
    """Open the notebook and run it as the menu does."""
    page.goto(f"{address}/lab/tree/week1/{EXERCISE}.ipynb")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=WAIT)
    page.locator(".lm-MenuBar-itemLabel").get_by_text("Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()


def test_a_right_notebook_shows_all_points_and_validates(room: Classroom, page: Page) -> None:
    with jupyter(room, room.home("ada")) as address:
        run_all(page, address)
        expect(page.get_by_text(f"{points():g} of {points():g} points")).to_be_visible(timeout=WAIT)
        page.locator(".validate-button").click()
        expect(page.locator(".jp-Dialog")).to_contain_text("Success! Your notebook passes all the tests.", timeout=WAIT)


def test_a_mistaken_notebook_names_the_belief_and_does_not_validate(room: Classroom, page: Page) -> None:
    with jupyter(room, room.home("ben")) as address:
        run_all(page, address)
        belief = page.get_by_text("Your results are those of this belief:")
        expect(belief).to_be_visible(timeout=WAIT)
        belief.scroll_into_view_if_needed()
        picture(page, "nbgrader-check.png")
        page.locator(".validate-button").click()
        expect(page.locator(".jp-Dialog")).to_contain_text("Partial credit; passed some but not all", timeout=WAIT)


def test_formgrader_shows_the_marks(room: Classroom, page: Page) -> None:
    for student in ("ada", "ben"):
        room.nbgrader("submit", room.assignment, at=room.home(student))
    room.nbgrader("collect", room.assignment)
    room.nbgrader("autograde", room.assignment)
    assert room.score("ada", EXERCISE) == points()
    assert 0 < (room.score("ben", EXERCISE) or 0) < points()
    with jupyter(room, room.course) as address:
        page.goto(f"{address}/formgrader/manage_submissions/{room.assignment}")
        for student in ("ada", "ben"):
            row = page.get_by_role("row").filter(has_text=student)
            expect(row).to_contain_text(f"{room.score(student, EXERCISE):g} / {all_points():g}", timeout=WAIT)
        page.set_viewport_size({"width": 1100, "height": 480})
        picture(page, "nbgrader-formgrader.png")
