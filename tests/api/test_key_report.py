"""Keys that should be looked at, in numbers; and what the list and the report say of limits."""

import re
import time

import requests

from sites import Site

KEYS = "/api/resource/API Key"
FINDINGS = ("stale", "never_used", "expiring", "owner_disabled", "weak")


def make(site, user, **fields):
	answer = site.admin("POST", KEYS, json={"user": user, **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def counted(site):
	"""The gauges, as soon as they are there."""
	url = re.search(r"^metrics on (\S+)$", site.said, re.M).group(1)
	deadline = time.monotonic() + 20
	while not (found := dict(re.findall(r'^symbolon_key_findings\{finding="(\w+)"\} (\d+)$', requests.get(url, timeout=10).text, re.M))):
		assert time.monotonic() < deadline
		time.sleep(0.05)  # pause: looks again, up to the deadline
	return {name: int(n) for name, n in found.items()}


def test_the_numbers_say_how_many_keys_should_be_looked_at(tmp_path):
	"""Nobody waits 90 days: the database is told that they have passed."""
	site = Site(tmp_path / "site").start("--server.admin_listen", "127.0.0.1:0")
	assert counted(site) == dict.fromkeys(FINDINGS, 0)
	for user in ("off@example.com", "weak@example.com"):
		site.run("user", "add", user, "--first-name", "Some")
	for label in ("never 1", "never 2", "stale 1", "stale 2", "stale 3"):
		make(site, "Administrator", label=label)
	make(site, "Administrator", label="never 3", enabled=0)
	make(site, "Administrator", label="ends", expires=time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 86400)))
	make(site, "off@example.com", label="off")
	site.admin("PUT", "/api/resource/User/off@example.com", json={"enabled": 0})
	site.admin("PUT", "/api/resource/User/weak@example.com", json={"api_key": "0123456789abcde", "api_secret": "by-hand-0123456"})
	site.stop()
	site.tell_database("UPDATE `tabAPI Key` SET creation = '2020-01-01 00:00:00.000000' WHERE label LIKE 'never%' OR label LIKE 'stale%'")
	site.tell_database("UPDATE `tabAPI Key` SET last_used = '2020-01-02 00:00:00.000000' WHERE label LIKE 'stale%'")
	site.start("--server.admin_listen", "127.0.0.1:0")
	assert counted(site) == {"stale": 3, "never_used": 2, "expiring": 1, "owner_disabled": 1, "weak": 1}
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
	report = site.admin.call("symbolon.keys.report")
	assert {name: sum(name.replace("_", " ") in row["findings"] for row in report) for name in FINDINGS} == counted(site)
	site.stop()


def test_the_list_and_the_report_tell_rates_and_quotas(tmp_path):
	site = Site(tmp_path / "limits").start()
	soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 86400))
	make(site, "Administrator", label="both", rate_limit=100, rate_window_s=3600, quota=5000, expires=soon)
	make(site, "Administrator", label="rate", rate_limit=7, expires=soon)
	make(site, "Administrator", label="neither", expires=soon)
	expected = {"both": ("100/3600", 5000), "rate": ("7/60", None), "neither": (None, None)}

	def told(rows):
		return {row["label"]: (row["rate"], row["quota"]) for row in rows if row["label"]}
	assert told(site.admin.call("symbolon.keys.list")) == told(site.admin.call("symbolon.keys.report")) == expected
	assert told(site.json("keys", "list")) == told(site.json("keys", "report")) == expected
	assert "100/3600" in site.run("keys", "list").stdout and "5000" in site.run("keys", "report").stdout
	site.stop()
