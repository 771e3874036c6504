"""Records survive JSON, and JUnit says the same as the report."""

import json
from xml.etree import ElementTree

from autograder.grading import Grader
from autograder.records import Report, junit


def test_json_round_trip(root):
    grader = Grader(root)
    source = grader.bench("attention").solution.replace("/ np.sqrt(Q.shape[-1])", "")
    report = grader.grade("attention", source)
    assert report.misconceptions == ("attention-unscaled",)
    again = Report.from_dict(json.loads(report.to_json()))
    assert again == report
    assert again.earned == report.earned < again.points


def test_junit(root):
    grader = Grader(root)
    report = grader.grade("attention", "def softmax(scores, axis=-1):\n    return '\\x00\\ud800'\n")
    suite = ElementTree.fromstring(junit([report]))[0]
    assert int(suite.get("tests")) == len(report.records)
    assert int(suite.get("failures")) + int(suite.get("errors")) == len(report.records)
    assert suite[0].get("name") == "test_softmax_by_hand"
