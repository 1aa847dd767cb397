"""A site of its own for a test, or one for all tests of a file."""

import pytest

from sites import PASSWORD, Site


@pytest.fixture
def site(tmp_path):
	"""A served site that only this test has; Administrator's password is made and printed."""
	made = Site(tmp_path / "site").start()
	yield made
	made.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	"""A served site that the tests of one file share; Administrator's password is PASSWORD."""
	made = Site(tmp_path_factory.mktemp("shared") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	yield made
	made.stop()
