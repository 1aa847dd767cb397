"""The exchanges recorded from a running Frappe, replayed: all pass but what the two lists of tests/golden say."""

import os
import sys
import time

import pytest

from sites import PASSWORD, ROOT, Site

sys.path.insert(0, os.path.join(ROOT, "tests", "golden"))

from judge import Judge  # noqa: E402

AREAS = ("setup", "auth", "keys", "session", "rpc", "rest1", "rest2", "doctype", "perm", "users", "errors")
# The recording was made in the morning, and holds times that default to now: it is morning here, too.
MORNING = (time.gmtime().tm_hour + 12 - 6) % 24 - 12  # hours west of UTC where it is six, give or take a day
SETTINGS = {
	"SYMBOLON_SITE_TIME_ZONE": f"Etc/GMT{MORNING:+d}",
	"SYMBOLON_ADMIN_PASSWORD": PASSWORD,
	"SYMBOLON_HTTP_ALLOW_CORS": "https://allowed.golden.test",
	"SYMBOLON_HTTP_TRUSTED_PROXIES": "127.0.0.1",
}


def replayed(path, profile, **settings):
	"""The problems of every exchange of a profile by area and id, on a fresh site."""
	site = Site(path).start(**SETTINGS, **settings)
	try:
		areas = {}
		for area, name, problems in Judge(site.url, PASSWORD, profile).exchanges():
			areas.setdefault(area, {})[name] = problems
		site.stop()
		return areas
	finally:
		site.kill()


def assert_as_recorded(exchanges):
	assert exchanges
	wrong = {name: problems for name, problems in exchanges.items() if problems}
	report = "\n".join("\n    ".join([name, *problems]) for name, problems in wrong.items())
	assert not wrong, f"{len(wrong)} of {len(exchanges)} exchanges:\n{report}"


@pytest.fixture(scope="module")
def areas(tmp_path_factory):
	return replayed(tmp_path_factory.mktemp("golden") / "site", "default")


@pytest.mark.parametrize("area", AREAS)
def test_an_area_answers_as_recorded(areas, area):
	assert_as_recorded(areas[area])


def test_every_area_is_tested(areas):
	assert set(areas) == set(AREAS)


def test_a_site_over_its_rate_answers_as_recorded(tmp_path):
	areas = replayed(tmp_path / "site", "ratelimit", SYMBOLON_HTTP_RATE_LIMIT="0.000001/86400")
	assert_as_recorded(areas["ratelimit"])


def test_the_lists_name_exchanges_once_and_rules_of_the_specification():
	assert not Judge("http://127.0.0.1:1", "").lists()
