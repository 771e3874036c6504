"""The app as a student uses it, in a real browser: by keyboard alone, with reloads, on a phone, in the dark."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from drills.bank import read_bank
from drills.deck import Deck
from drills.generators import load_generators
from drills.history import answers
from drills.sittings import sittings
from drills.store import Store
from drills.store.database import open_database
from tests.drills.servers import Server

pytestmark = pytest.mark.browser
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync"]  # fmt: skip
WAIT = 60_000
KEYS = "123456789abdehijklmopqsuvwxz"
expect.set_options(timeout=WAIT)  # a slow machine is no fault of the app's


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path)
    yield running
    running.kill()


@pytest.fixture
def visit(chromium, server):
    """Opens pages as one learner; no page may complain on its console."""
    complaints: list[str] = []
    contexts = []

    def complain(text: str, url: str) -> None:
        if "/_stcore/" not in url:  # Streamlit looks for its own root in each folder above the page
            complaints.append(f"{text} {url}")

    def open_page(path: str = "", **context) -> Page:
        contexts.append(chromium.new_context(**context))
        page = contexts[-1].new_page()
        page.set_default_timeout(WAIT)
        page.on("console", lambda said: complain(said.text, said.location["url"]) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.url}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def kept(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    try:
        return Store(database, "me").events()
    finally:
        database.close()


def button(page: Page, name: str):
    return page.get_by_test_id("stMain").get_by_role("button", name=re.compile(rf"^{name}"))


def settled(page: Page):
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=WAIT)


def main(page: Page):
    return page.get_by_test_id("stMain")


def chosen(page: Page):
    """What a screen reader hears as chosen."""
    return main(page).locator("[role=radio][aria-checked=true], [role=checkbox][aria-checked=true]")


def wait_for_a_field(page: Page):
    page.wait_for_function("document.activeElement.matches('input[type=text], textarea')", timeout=WAIT)


def put_in_order(page: Page):
    """Picks the steps in the order shown; each key acts only when the screen shows what the last one did."""
    steps = main(page).locator("[class*='st-key-practice'][class*='-order-'] button")
    left = main(page).locator("[class*='-order-'] button").filter(has_not_text="Take the last one back")
    for key in "12345678"[: steps.count()]:
        before = left.count()
        page.keyboard.press(key)
        expect(left).to_have_count(before - 1)


def give_an_answer(page: Page) -> str:
    """Answers the question on the screen with the keyboard alone, whatever its type, which is returned."""
    kind = page.get_by_test_id("stCaptionContainer").filter(has_text="●").first.inner_text().rpartition("· ")[2].strip()
    if kind in ("single choice", "multiple choice"):
        page.keyboard.press("1")
        expect(chosen(page)).to_have_count(1)
    elif kind == "spot the bug":
        line = int(main(page).get_by_role("radio").first.inner_text().split("line ")[1].split()[0])
        page.keyboard.press(KEYS[line - 1])
        expect(chosen(page)).to_have_count(1)
    elif kind == "ordering":
        put_in_order(page)
    elif kind == "true/false":
        written = main(page).locator("textarea").count() > 0
        if written:
            wait_for_a_field(page)
            page.keyboard.type("0 1 t f: because")  # digits and letters belong to the text, not to the buttons
            page.keyboard.press("Escape")
        page.keyboard.press("t")
        expect(chosen(page)).to_have_count(1)
        if not written:
            page.keyboard.press("1")
            expect(chosen(page)).to_have_count(2)
    elif kind == "matching":
        page.keyboard.press("0")
        return kind
    else:
        wait_for_a_field(page)
        page.keyboard.type("10")
        page.keyboard.press("Control+Enter" if kind == "open" else "Enter")
        return kind
    settled(page)
    page.keyboard.press("Enter")
    return kind


def see_the_verdict(page: Page):
    """Goes on to the verdict; a written answer is ticked by whoever wrote it."""
    after = button(page, "Next")
    ticks, reason = button(page, "That is what it holds"), button(page, "My reason says the same")
    expect(after.or_(ticks).or_(reason)).to_be_visible()
    if not after.count():
        page.keyboard.press("Enter" if ticks.count() else "y")
    expect(after).to_be_visible()
    page.wait_for_function("document.activeElement.matches('[data-testid=stAlert]')", timeout=WAIT)


def test_practice_by_keyboard_alone(visit, tmp_path):
    page = visit()
    seen = Counter()
    for number in range(12):
        expect(button(page, "I do not know")).to_be_visible()
        settled(page)
        seen[give_an_answer(page)] += 1
        see_the_verdict(page)
        assert len(answers(kept(tmp_path))) == number + 1
        page.keyboard.press("Enter")
        expect(button(page, "Next")).to_have_count(0)
    assert len(seen) >= 2
    assert sum(not answer.blank for answer in answers(kept(tmp_path))) == 12 - seen["matching"]


TYPES = ["single choice", "multiple choice", "true/false", "numeric", "layer table", "ordering", "matching", "spot the bug",
         "open"]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_can_be_answered_by_keyboard(visit, tmp_path, kind):
    """The first topic that asks in this way, practised until it does."""
    deck = Deck(read_bank(), load_generators())
    topics = Counter(card.topic for card in deck.cards.values())
    mine = Counter(card.topic for card in deck.cards.values() if deck.type_of(card.id) == kind)
    topic = max(mine, key=lambda topic: mine[topic] / topics[topic])
    page = visit(f"?topic={topic}")
    for number in range(3 * topics[topic]):  # what was answered wrongly comes again in between
        expect(button(page, "I do not know")).to_be_visible()
        settled(page)
        done = give_an_answer(page)
        see_the_verdict(page)
        assert len(answers(kept(tmp_path))) == number + 1
        if done == kind:
            return
        page.keyboard.press("Enter")
        expect(button(page, "Next")).to_have_count(0)
    raise AssertionError(f"no question of type {kind} was asked")


def test_a_screen_reader_hears_what_is_chosen_and_which_field_is_which(visit):
    page = visit("exam")
    button(page, "Start").click()
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.locator("button[aria-current=step]")).to_have_text(re.compile("^1"))
    for number in range(1, 40):
        go_to(page, number)
        expect(sidebar.locator("button[aria-current=step]")).to_have_text(re.compile(rf"^{number}\b"))
        if main(page).get_by_role("radiogroup").count():
            break
    options = main(page).get_by_role("radiogroup").first.get_by_role("radio")
    options.nth(1).click()
    expect(options.nth(1)).to_be_checked()
    expect(options.nth(0)).not_to_be_checked()
    options.nth(0).click()
    expect(options.nth(0)).to_be_checked()
    expect(options.nth(1)).not_to_be_checked()


def test_a_link_sets_what_is_practised_and_may_be_changed(visit):
    page = visit("?topic=perceptron")
    expect(button(page, "I do not know")).to_be_visible()
    sidebar = page.get_by_test_id("stSidebar")
    assert "topic=perceptron" in page.url
    page.reload()
    expect(button(page, "I do not know")).to_be_visible()
    assert "topic=perceptron" in page.url
    sidebar.get_by_text("Only my mistakes").click()
    expect(page.get_by_text("Nothing here")).to_be_visible()
    assert "mistakes=1" in page.url
    assert "topic=perceptron" in page.url


def test_a_mock_exam_with_a_reload_in_the_middle(visit, tmp_path):
    page = visit("exam")
    button(page, "Start").click()
    expect(page.get_by_test_id("stMain").get_by_text(re.compile(r"\d+:\d\d"))).to_be_visible()
    button(page, "Flag").click()
    expect(button(page, "Take the flag away")).to_be_visible()
    field = page.get_by_test_id("stMain").locator("input[type=text]:not([disabled]), textarea").first
    number = go_to_text_field(page)
    field.click()
    for letter in "12345":
        page.keyboard.type(letter)
        page.wait_for_timeout(700)  # the clock ticks meanwhile
    expect(field).to_have_value("12345")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("stSidebar").get_by_text("1 answered")).to_be_visible()
    before = seconds_left(page)
    page.reload()
    expect(page.get_by_test_id("stSidebar").get_by_text("1 answered")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_text("1 flagged")).to_be_visible()
    assert before - 60 < seconds_left(page) <= before
    assert go_to_text_field(page) == number
    expect(field).to_have_value("12345")
    go_to(page, number + 1)
    go_to(page, number)
    expect(field).to_have_value("12345")
    page.get_by_test_id("stSidebar").get_by_text("I am done").click()
    page.get_by_test_id("stSidebar").get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name=re.compile("points"))).to_be_visible()
    page.get_by_text("The paper").click()
    for label in ("Paper as PDF", "Solutions as PDF"):
        with page.expect_download() as started:
            page.get_by_role("button", name=label).click()
        assert started.value.path().read_bytes().startswith(b"%PDF")
    sat = list(sittings(kept(tmp_path)).values())
    assert len(sat) == 1
    assert sat[0].submitted
    assert "12345" in str(list(sat[0].answers.values()))


def go_to(page: Page, number: int) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name=re.compile(rf"^{number}( [✓⚑])?$")).click()
    expect(page.get_by_test_id("stMain").get_by_text(f"question {number} of")).to_be_visible()


def go_to_text_field(page: Page) -> int:
    """Goes to the first question whose answer is typed, and returns its number."""
    for number in range(1, 40):
        go_to(page, number)
        if page.get_by_test_id("stMain").locator("input[type=text]:not([disabled]), textarea").count():
            return number
    raise AssertionError("no question is answered by typing")


def seconds_left(page: Page) -> int:
    found = re.search(r"(\d+):(\d\d)\s+left", page.get_by_test_id("stMain").inner_text())
    assert found
    return 60 * int(found[1]) + int(found[2])


PAGES = ["", "exam", "progress", "exercises", "settings"]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(visit, path):
    page = visit(path, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    expect(page.get_by_test_id("stMain").locator("button, h1, p").first).to_be_visible()
    settled(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


@pytest.mark.parametrize("path", PAGES)
def test_dark_mode_follows_the_system(visit, path):
    page = visit(path, color_scheme="dark")
    text = page.get_by_test_id("stMain").locator("h1, h4, p").first
    expect(text).to_be_visible()
    settled(page)
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert max(rgb(background)) < 60
    colour = text.evaluate("one => getComputedStyle(one).color")
    assert max(rgb(colour)) > 120


def rgb(css: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", css)[:3]]
