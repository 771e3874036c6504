"""The question-and-answer drills: bank, generators, scheduling, exams, store."""
