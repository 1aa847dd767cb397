"""One served site and one browser for all tests; each test begins as a stranger."""

import itertools
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "api"))

from person import Person, start_browser  # noqa: E402
from sites import PASSWORD, Site  # noqa: E402

USER_PASSWORD = "Gr4nite-Ada-Qz11"
# Each answer and each frame comes up to this much later, each another time: a test that reads what it did not wait for
# then fails.
SLOW_MS = int(os.environ.get("SLOW_MS", "0"))
SLOW = """
const real = window.fetch;
window.fetch = async (...all) => {
	const answer = await real(...all);
	await new Promise((done) => setTimeout(done, Math.random() * SLOW_MS)); // pause: the way from far away
	return answer;
};
const frame = window.requestAnimationFrame;
window.requestAnimationFrame = (draw) => setTimeout(() => frame(draw), Math.random() * SLOW_MS / 4); // pause: a busy machine
window.cancelAnimationFrame = clearTimeout;
""".replace("SLOW_MS", str(SLOW_MS))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
	made = Site(tmp_path_factory.mktemp("web") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	yield made
	made.stop()


@pytest.fixture
def new_site(tmp_path):
	"""A site where nothing has been done yet."""
	made = Site(tmp_path / "new").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	yield made
	made.kill()


@pytest.fixture(scope="session")
def downloads(tmp_path_factory):
	return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def browser(downloads):
	driver = start_browser(downloads)
	if SLOW_MS:
		driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SLOW})
	yield driver
	driver.quit()


_names = (f"t{i}.localhost" for i in itertools.count())


@pytest.fixture
def fresh(browser):
	"""The browser on no page, with an empty log. Cookies are left behind by going to another name of this host."""
	browser.get("about:blank")
	browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
	browser.get_log("browser")
	return browser


@pytest.fixture
def inject(fresh):
	"""inject(script): runs before the scripts of each page of this test."""
	made = []
	yield lambda script: made.append(fresh.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})["identifier"])
	for identifier in made:
		fresh.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": identifier})


@pytest.fixture
def hurried(inject):
	"""What a page does every five seconds it does ten times as often: nobody waits for it."""
	inject("const every = window.setInterval; window.setInterval = (work, ms) => every(work, ms === 5000 ? 500 : ms);")


@pytest.fixture
def stranger(fresh, server):
	return Person(fresh, server, next(_names))


@pytest.fixture(scope="session")
def admin_session(server):
	return server.login()


@pytest.fixture
def admin(stranger, admin_session):
	"""Administrator, logged in. All tests share the session: who ends one begins with own_admin."""
	return take_session(stranger, admin_session)


@pytest.fixture
def own_admin(stranger, server):
	return take_session(stranger, server.login())


def take_session(person, session):
	person.open("/login")  # not a page without an icon: the answer for the missing one would bring a guest's cookie
	while not person.path().startswith("/login"):  # somebody was here, and led on: an answer to that page would bring his cookie
		person.browser.delete_all_cookies()
		person.open("/login")
	for cookie in session.cookies:
		person.browser.add_cookie({"name": cookie.name, "value": cookie.value, "path": "/"})
	return person


_numbers = itertools.count(1)


@pytest.fixture
def make_user(server):
	"""Makes a user by the API: make_user(first_name, roles) -> name."""
	def make(first_name="Ada", roles=(), last_name="Lovelace"):
		name = f"{first_name.lower()}{next(_numbers)}@example.com"
		server.admin("POST", "/api/resource/User", json={
			"email": name, "first_name": first_name, "last_name": last_name, "new_password": USER_PASSWORD,
			"roles": [{"role": role} for role in roles],
		}).raise_for_status()
		return name
	return make


@pytest.fixture
def as_user(stranger, server):
	"""as_user(name): the person, logged in as that user."""
	return lambda name: take_session(stranger, server.login(name, USER_PASSWORD))
