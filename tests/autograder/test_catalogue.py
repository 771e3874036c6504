"""Course data that is wrong is told with file, line and what to do."""

import pytest

from autograder.catalogue import Catalogue
from autograder.yamlfile import CourseError

CARD = "course/attention/attention.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "said"),
    [
        (CARD, "difficulty: 2", "difficulty: hard", 2, "difficulty"),
        (CARD, "difficulty: 2", "difficulty: 9", 2, "less than or equal to 5"),
        (CARD, "minutes: 30\n", "", 1, "minutes: this field is missing"),
        (CARD, "minutes: 30", "minuets: 30", 3, "unknown field"),
        (CARD, "topic: transformer", "topic: transformers", 4, "no topic 'transformers'"),
        (CARD, "title: Scaled", "title: [Scaled", 2, "no valid YAML"),
        (CARD, "minutes: 30", "minutes: 30\nafter: [nothing]", 4, "no exercise called nothing"),
        (CARD, "minutes: 30", "minutes: 30\nafter: [attention]", None, "circle"),
        (CARD, "minutes: 30", "minutes: 30\nopaque: {train: [0]}", 4, "not among the functions"),
        (CARD, "minutes: 30", "minutes: 30\nminutes: 31", 4, "second time"),
        (CARD, "attention-unscaled:", "Attention Unscaled:", None, "no id"),
        (CARD, "    holds: The scores are Q K^T", "    hold: The scores are Q K^T", None, "unknown field"),
        (CARD, "attention-scaled-by-d:", "attention-unscaled:", None, "second time"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(course, file, old, new, line, said):
    path = course / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError) as error:
        _ = Catalogue(course).exercises, Catalogue(course).misconceptions
    assert said in str(error.value)
    assert str(path.parent) in str(error.value)
    if line is not None:
        assert f"{path}:{line}:" in str(error.value)


def test_files_that_are_no_text(course):
    (course / CARD).write_bytes(b"title: \xff\xfe")
    with pytest.raises(CourseError, match="no UTF-8"):
        _ = Catalogue(course).exercises
    (course / "course/syllabus.yaml").unlink()
    with pytest.raises(CourseError, match=r"syllabus.yaml: this file is missing"):
        _ = Catalogue(course).chapters


def test_prefixes(root):
    catalogue = Catalogue(root)
    assert catalogue.find_exercise("atten").name == "attention"
    assert catalogue.find_exercise("exercises/attention/attention.py").name == "attention"
    with pytest.raises(LookupError, match="there is no exercise 'zzz'"):
        catalogue.find_exercise("zzz")
    with pytest.raises(LookupError, match="could be any of"):
        catalogue.find_exercise("")


def test_the_course_itself_is_sound(root):
    catalogue = Catalogue(root)
    assert set(catalogue.chapters) == {
        *(
            "learning",
            "feedforward",
            "training",
            "convolutional",
            "vision",
            "generative",
            "recurrent",
            "attention",
            "embeddings",
        )
    }
    assert catalogue.misconceptions
    for exercise in catalogue.exercises.values():
        for other in exercise.after:
            names = list(catalogue.exercises)
            if catalogue.exercises[other].chapter == exercise.chapter:
                assert names.index(other) < names.index(exercise.name)
