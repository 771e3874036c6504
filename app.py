"""The drills in the browser: `make app`, or `streamlit run app.py`. Navigation only; the pages are in drills/pages/."""

from drills.pages.navigation import run

run()
