"""The status page: lines that grow while one looks, their figures as a table, in light and dark."""

import re

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from test_pages import complaints, violations

NAMES = ["Requests", "Time to the answer", "Credentials"]


def words(person):
	"""What is read out for each line chart."""
	return person.browser.execute_script("return [...document.querySelectorAll('.line-plot canvas')].map((c) => c.closest('[role=img]').ariaLabel)")


def watch(person, server):
	"""Until the charts know of what is refused meanwhile."""
	def known():
		assert server.guest("GET", "/api/method/no.such.method").status_code == 417
		return len(words(person)) == 3 and "Refused 0/s now, 0/s" not in words(person)[0]
	person.open("/app/status").heading("Status").wait("three charts that know of it", known)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_lines_say_how_the_server_fares(hurried, admin, server, dark):
	admin.dress(dark=dark)
	watch(admin, server)
	requests, time, credentials = words(admin)
	assert re.match(r"Requests: Answered [\d.]+/s now, [\d.]+/s at most; Refused [\d.]+/s now", requests)
	assert re.match(r"Time to the answer: Half within [\d.]+ (µs|ms|s) now", time)
	assert "Guest " in credentials and "The figures are in the table below." in credentials
	assert violations(admin.settled()) == [] and complaints(admin.browser) == []
	admin.wait("something drawn in more than one colour", lambda: admin.browser.execute_script("""
		const canvas = document.querySelector(".line-plot canvas"), context = canvas.getContext("2d");
		return new Set([...new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)]).size;
	""") > 3)


def test_the_figures_of_a_chart_are_there_as_a_table(hurried, admin, server):
	watch(admin, server)
	admin.wait("a summary", lambda: admin.browser.find_elements("css selector", ".plots summary"))[0].click()
	rows = admin.wait("rows", lambda: admin.browser.execute_script(
		"return [...document.querySelectorAll('.plots section:first-child tr')].map((r) => [...r.cells].map((c) => c.textContent))"))
	assert rows[0] == ["Time", "Answered", "Refused", "Failed"]
	assert rows[-1][3] == "0/s" and any(row[2] != "0/s" for row in rows[1:])
	admin.wait("another row", lambda: admin.browser.execute_script("return document.querySelectorAll('.plots section:first-child tbody tr').length") > len(rows) - 1)


def test_the_figures_under_the_pointer_are_told(hurried, admin, server):
	watch(admin, server)
	plot = admin.wait("a plot", lambda: admin.browser.find_element("css selector", ".line-plot .u-over"))
	ActionChains(admin.browser).move_to_element(plot).perform()
	admin.wait("a time", lambda: "at " in admin.browser.find_element("css selector", ".plots .reading").text)


def test_what_was_seen_stays_over_a_look_at_another_page(hurried, admin, server):
	watch(admin, server)
	admin.click("link", "Keys").heading("Keys").click("link", "Status").heading("Status")
	admin.wait("the charts at once", lambda: len(words(admin)) == 3)
	admin.miss("The lines begin")


def test_the_page_tells_what_the_api_tells(admin, server):
	status = server.admin.call("symbolon.server.status")
	assert sum(n for _, n in status["latency"]) > 0 and status["latency"][-1][0] is None
	assert [bound for bound, _ in status["latency"][:-1]] == sorted(bound for bound, _ in status["latency"][:-1])
	assert set(status["requests"]) == {"2xx", "3xx", "4xx", "5xx"} and status["requests"]["2xx"] > 0
	admin.open("/app/status").see("The lines begin with the next look").see(status["database"]).see("Open connections").see("Waiting calls")
