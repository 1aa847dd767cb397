"""A site of its own for a test, or one for all tests of a file."""

import itertools

import pytest

from sites import DATABASE, PASSWORD, Site

NUMBERS = itertools.count(1)
# What these tests are about is the file in the data directory.
ABOUT_FILES = ("test_backup.py",)


def pytest_collection_modifyitems(items):
	"""Runs on a PostgreSQL what is not about SQLite's file; @pytest.mark.sqlite names what is."""
	for item in items if DATABASE else ():
		if item.get_closest_marker("sqlite") or item.path.name in ABOUT_FILES:
			item.add_marker(pytest.mark.skip(reason="about the file of SQLite"))


@pytest.fixture
def site(tmp_path):
	"""A served site that only this test has; Administrator's password is made and printed."""
	made = Site(tmp_path / "site").start()
	yield made
	made.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	"""A served site that the tests of one file share; Administrator's password is PASSWORD."""
	made = Site(tmp_path_factory.mktemp("shared") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	yield made
	made.stop()


@pytest.fixture
def ada(server):
	"""A user of her own for each test."""
	user = f"ada{next(NUMBERS)}@example.com"
	server.run("user", "add", user, "--first-name", "Ada")
	return user
