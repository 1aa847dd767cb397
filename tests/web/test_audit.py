"""The audit log in the browser: found, narrowed, judged."""

def test_the_log_is_found_and_its_chain_verified(admin, server):
	server.admin("POST", "/api/resource/Role", json={"role_name": "Night Watch"}).raise_for_status()
	admin.open("/app").click("link", "Audit log").heading("Audit log")
	admin.see("Night Watch").see("Role Created")
	admin.click("button", "Verify chain").see("The chain is whole.").see("under").see("Newest seal")
	link = admin.find("link", "Export").get_attribute("href")
	assert server.admin("GET", link[link.index("/api/"):]).text.startswith('{"sequence":1,')


def test_the_log_is_narrowed_by_event_user_key_and_time(admin, server, make_user):
	user = make_user("Rose")
	key = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=user)["api_key"]
	admin.open("/app/audit").heading("Audit log")
	admin.fill("Search the audit log", key, role="searchbox").see("Key Created").miss("User Created")
	admin.fill("Search the audit log", user, role="searchbox").see("User Created").miss("Key Created")
	admin.fill("Search the audit log", "", role="searchbox")
	admin.choose("Event", "Keys").see(key).miss("User Created")
	admin.choose("Time", "Last 24 hours").see(key)
	admin.wait("both in the address", lambda: "days=1" in admin.path() and "event=Key" in admin.path())
	admin.open("/app/audit?q=nobody-of-this-name").see("Nothing matches")


def test_a_change_is_told_in_words(admin, server, make_user):
	user = make_user("Ivy")
	server.admin("PUT", f"/api/resource/User/{user}", json={"enabled": 0}).raise_for_status()
	admin.open(f"/app/audit?q={user}&event=User+%25").see("enabled: 1 \u2192 0")


def test_a_broken_chain_is_told_with_its_row(admin):
	"""What the page says of a verdict: the database itself cannot be touched while it is served."""
	admin.open("/app/audit").heading("Audit log")
	admin.browser.execute_script("""
		const real = window.fetch;
		window.fetch = (path, ...rest) => String(path).includes("symbolon.audit.verify")
			? Promise.resolve(new Response(JSON.stringify({ message: { intact: false, rows: 3, seals: 1, unsealed: 0, head: null,
				broken: { sequence: 4, name: "abc", why: "it is missing" } } }), { headers: { "Content-Type": "application/json" } }))
			: real(path, ...rest);
	""")
	admin.click("button", "Verify chain").see("The audit log is not as it was written.").see("From row 4 (abc) on: it is missing.")
	admin.wait("an alert", lambda: admin.browser.find_elements("css selector", "[role=alert]"))


def test_a_long_chain_is_verified_part_by_part(admin, server):
	"""The page asks until there is no more; here each answer is about a fifth, and comes when the test says so."""
	server.admin("POST", "/api/resource/Role", json={"role_name": "Day Watch"}).raise_for_status()
	admin.open("/app/audit").heading("Audit log")
	admin.browser.execute_script("""
		const real = window.fetch, limit = arguments[0];
		window.parts = 0;
		window.fetch = async (path, ...rest) => {
			if (!String(path).includes("symbolon.audit.verify"))
				return real(path, ...rest);
			window.parts++;
			await new Promise((done) => (window.held ? window.go = done : done()));
			return real(path + (path.includes("?") ? "&" : "?") + `limit=${limit}`, ...rest);
		};
		window.held = true;
	""", server.admin.call("symbolon.audit.verify")["rows"] // 5)
	admin.click("button", "Verify chain").see("Verifying the chain")
	admin.browser.execute_script("window.held = false; window.go()")
	admin.see("The chain is whole.")
	assert admin.browser.execute_script("return window.parts") > 2
	admin.miss("Verifying the chain")
	admin.browser.execute_script("window.held = true")
	admin.click("button", "Verify chain").see("Verifying the chain").click("button", "Stop").browser.execute_script("window.go()")
	admin.miss("Verifying the chain").miss("The chain is whole.")


def test_who_is_no_system_manager_does_not_see_it(as_user, make_user):
	person = as_user(make_user("Kay"))
	person.open("/app").see("What you may read here.")
	assert not person.has("link", "Audit log")
