"""The use of a key: a chart for each secret, and its figures for those who do not see it."""

import datetime

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from sites import one_day
from test_pages import violations


@pytest.fixture(autouse=True)
def one_day_alone():
	"""Uses are counted by day."""
	one_day()


def make(server, user, **fields):
	# A hundredth of the quota is written at once: each use.
	answer = server.admin("POST", "/api/resource/API Key", json={"user": user, "label": "counted", "quota": 100, **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def use(server, pair, times):
	assert [server.who(pair).status_code for _ in range(times)] == [200] * times


def written(person, server, key, uses):
	"""Waits until all uses are in the database: the page then has them from its first look on."""
	person.wait("the uses to be written", lambda: sum(row["uses"] for row in server.admin.call("symbolon.keys.uses", key=key["name"])) == uses)


def words_of(person, name):
	"""What is read out for the chart of a secret."""
	return person.wait(name, lambda: person.browser.execute_script(
		"return [...document.querySelectorAll('.plot svg')].map((e) => e.getAttribute('aria-label')).find((t) => t.startsWith(arguments[0]))", name + ":"))


def table(person):
	"""The rows of the figures that are not all 0, once the table is drawn."""
	rows = person.wait("the figures", lambda: person.browser.execute_script(
		"return [...document.querySelectorAll('.chart tr')].map((r) => [...r.cells].map((c) => c.textContent))"))
	return [row for row in rows if row[0].startswith("Day") or any(figure != "0" for figure in row[1:])]


def test_each_secret_has_its_chart_and_its_figures(admin, server, make_user):
	name = make_user()
	key = make(server, name)
	use(server, key, 3)
	new = server.admin.call("symbolon.keys.rotate", key=key["name"], overlap="1h")
	use(server, key, 1)
	use(server, new, 5)
	written(admin, server, key, 9)
	admin.open(f"/app/api-key/{key['name']}").heading("Use")

	assert "5 uses" in words_of(admin, "Current secret") and "4 uses" in words_of(admin, "Old secret")
	admin.see("from 127.0.0.1").click("button", "As a table")
	head, *days = table(admin)
	assert head == ["Day (UTC)", "Current secret", "Old secret"]
	assert [sum(int(row[i]) for row in days) for i in (1, 2)] == [5, 4]
	today = datetime.datetime.now(datetime.timezone.utc)
	assert days[0][0].endswith(today.strftime("%b %Y")) and len(admin.browser.find_elements("css selector", ".chart tbody tr")) == 30
	assert violations(admin.settled()) == []


def test_the_number_under_the_pointer_is_told(admin, server, make_user):
	key = make(server, make_user())
	use(server, key, 7)
	written(admin, server, key, 7)
	admin.open(f"/app/api-key/{key['name']}").heading("Use")
	assert "7 uses" in words_of(admin, "Current secret")
	plot = admin.browser.find_element("css selector", ".plot svg")
	ActionChains(admin.browser).move_to_element_with_offset(plot, plot.size["width"] // 2 - 3, 0).perform()
	today = datetime.datetime.now(datetime.timezone.utc)
	admin.see(f"{today.day} {today.strftime('%b %Y')}: 7 uses")


def test_an_overlap_is_ended_from_where_its_use_is_seen(admin, server, make_user):
	name = make_user()
	key = make(server, name)
	use(server, key, 2)
	written(admin, server, key, 2)
	new = server.admin.call("symbolon.keys.rotate", key=key["name"], overlap="1h")
	admin.open(f"/app/api-key/{key['name']}").click("button", "End overlap").find("dialog", "End the overlap now?")
	admin.see("are refused (401) from now on").click("button", "End the old secret").see("The old secret has ended.")
	assert (server.who(key).status_code, server.who(new).status_code) == (401, 200)
	admin.wait("what has ended", lambda: "2 uses" in words_of(admin, "Secrets that have ended"))
	admin.gone("button", "End overlap")


def test_further_back_is_one_click(admin, server, make_user):
	key = make(server, make_user())
	admin.open(f"/app/api-key/{key['name']}").click("button", "400 days").click("button", "As a table")
	admin.wait("all days", lambda: len(admin.browser.find_elements("css selector", ".chart tbody tr")) == 400)
	assert "0 uses" in words_of(admin, "Current secret")
