"""The key: made in the browser, used by programs, ended."""

import os
import shutil
import subprocess

from selenium.webdriver.common.keys import Keys

from conftest import take_session
from person import Person
from sites import GENERATE


def generated(person):
	"""Key and secret, as the dialog shows them."""
	return {"api_key": person.value("API Key"), "api_secret": person.value("API Secret")}


def open_settings(person, name):
	return person.open(f"/app/user/{name}").click("link", "Settings").heading("API Access")


def test_a_key_is_made_and_works(admin, server, make_user):
	name = make_user()
	open_settings(admin, name).click("button", "Generate Keys").find("dialog", f"Keys of {name}")
	pair = generated(admin)

	assert server.who(pair).json() == {"message": name}
	admin.click("button", "I have stored it").see("never used").holds("API Key", pair["api_key"])
	assert pair["api_secret"] not in admin.browser.page_source


def test_the_secret_cannot_be_lost_by_a_stray_click_or_escape(admin, make_user):
	name = make_user()
	open_settings(admin, name).click("button", "Generate Keys").find("dialog", f"Keys of {name}")
	admin.keys(Keys.ESCAPE).keys(Keys.ESCAPE).keys(Keys.ESCAPE)
	admin.browser.execute_script("document.elementFromPoint(5, 5).click()")

	admin.find("dialog", f"Keys of {name}")
	admin.click("button", "I have stored it").gone("dialog", f"Keys of {name}")
	admin.wait("the focus back", lambda: admin.browser.switch_to.active_element.text == "Generate Keys")


def test_replacing_a_secret_says_first_what_it_breaks(admin, server, make_user):
	name = make_user()
	first = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=name)
	open_settings(admin, name).click("button", "Generate Keys").find("dialog", "Replace the secret?")
	admin.see("stops working at once")
	admin.wait("the safe answer", lambda: admin.browser.switch_to.active_element.text == "Keep the secret")
	admin.click("button", "Keep the secret")
	assert server.who(first).status_code == 200

	admin.click("button", "Generate Keys").click("button", "Generate new secret").find("dialog", f"Keys of {name}")
	second = generated(admin)
	assert second["api_key"] == first["api_key"]
	assert (server.who(first).status_code, server.who(second).status_code) == (401, 200)


def test_revoking_ends_the_secret(admin, server, make_user):
	name = make_user()
	pair = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=name)
	open_settings(admin, name).click("button", "Revoke").find("dialog", f"Revoke the key of {name}?")
	admin.browser.switch_to.active_element.send_keys(Keys.TAB, Keys.ENTER)
	admin.see("There is none that works")

	assert server.who(pair).status_code == 401


def run_c(lines, folder):
	"""Compiled as its first line says, and without a warning."""
	(folder / "call.c").write_text(lines)
	command = lines.splitlines()[0].removeprefix("/* ").removesuffix(" */").split()
	assert command == ["cc", "call.c", "-o", "call", "-lcurl"]
	return run(*command, "-Wall", "-Wextra", "-Werror", cwd=folder) + run("./call", cwd=folder)


def run_go(lines, folder):
	(folder / "call.go").write_text(lines)
	return run("go", "run", "call.go", cwd=folder, env={**os.environ, "GOCACHE": str(folder / "cache"), "HOME": str(folder)})


def run(*command, **kwargs):
	done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **kwargs)
	assert done.returncode == 0 and done.stderr == "", done
	return done.stdout


# What runs them (absent: they are not run), how, and whether they print the whole answer or the user.
LINES = {
	"curl": ("sh", lambda lines, folder: run("sh", "-c", lines.replace("curl ", "curl -sS ", 1)), True),
	"Python": ("python3", lambda lines, folder: run("/usr/bin/python3", "-", input=lines), False),
	"JavaScript": ("node", lambda lines, folder: run("node", "-", input=lines), False),
	"Go": ("go", run_go, True),
	"PHP": ("php", lambda lines, folder: run("php", input=lines), False),
	"C": ("cc", run_c, True),
}


def test_the_ready_lines_work_as_pasted(fresh, server, make_user, tmp_path):
	name = make_user()
	admin = take_session(Person(fresh, server), server.login())
	open_settings(admin, name).click("button", "Generate Keys").find("dialog", f"Keys of {name}")
	ran = []
	for language, (program, runs, whole) in LINES.items():
		admin.click("button", language)
		lines = admin.wait("the lines", lambda: admin.browser.find_element("css selector", "dialog .code code").get_property("textContent"))
		assert generated(admin)["api_secret"] in lines and f"{server.url}/api/method/" in lines
		if shutil.which(program):
			said = runs(lines, tmp_path)
			assert (f'{{"message":"{name}"}}' in said) if whole else said == f"{name}\n", (language, said)
			ran.append(language)
	assert {"curl", "Python", "C", "PHP"} <= set(ran)  # tools/packages/check.txt brings these


def test_copying_gives_the_secret_to_the_clipboard(admin, make_user):
	name = make_user()
	open_settings(admin, name).click("button", "Generate Keys").find("dialog", f"Keys of {name}")
	admin.click("button", "Copy API Secret").see("Copied")

	copied = admin.browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
	assert copied == generated(admin)["api_secret"]


def test_the_pair_can_be_taken_along_as_a_file(admin, server, make_user, downloads):
	name = make_user()
	open_settings(admin, name).click("button", "Generate Keys").find("dialog", f"Keys of {name}")
	pair = generated(admin)
	admin.click("button", "Download .env")
	file = admin.wait("the file", lambda: next((f for f in downloads.iterdir() if f.name == "symbolon.env"), None))

	expected = f"SYMBOLON_URL={admin.url}\nSYMBOLON_API_KEY={pair['api_key']}\nSYMBOLON_API_SECRET={pair['api_secret']}\n"
	admin.wait("all of it", lambda: file.read_text() == expected)
	file.unlink()


def test_who_is_no_system_manager_finds_no_button_and_is_refused(as_user, make_user, server):
	name = make_user()
	ada = as_user(name).open(f"/app/user/{name}").click("link", "Settings").heading("API Access")
	assert not ada.has("button", "Generate Keys") and not ada.has("link", "Keys")
	session = server.login(name, "Gr4nite-Ada-Qz11")

	assert session.post(server.url + GENERATE, json={"user": name}, timeout=10).status_code == 403


def test_the_journey_to_a_key_needs_no_mouse(admin, server, make_user):
	name = make_user("Keyboard")
	admin.open("/app").find("link", "Users")
	admin.keys("g", "u").heading("Users").keys("/", name).wait("one user", lambda: admin.browser.execute_script("return document.querySelectorAll('tbody tr').length") == 1)
	tab_to(admin, "Keyboard Lovelace").keys(Keys.ENTER).heading("Keyboard Lovelace")
	tab_to(admin, "Settings").keys(Keys.ENTER).heading("API Access")
	tab_to(admin, "Generate Keys").keys(Keys.ENTER).find("dialog", f"Keys of {name}")
	pair = generated(admin)
	tab_to(admin, "I have stored it").keys(Keys.ENTER)
	admin.wait("the focus back", lambda: admin.browser.switch_to.active_element.text == "Generate Keys")

	assert server.who(pair).json() == {"message": name}


def tab_to(person, text):
	for _ in range(60):
		person.keys(Keys.TAB)
		if person.browser.switch_to.active_element.text == text:
			return person
	raise AssertionError(f"no way to {text!r} by Tab")


def in_row(person, name, state):
	"""Waits until the row of a user's key says so: the words stand on the filters, too."""
	person.wait(f"{state} in the row of {name}", lambda: person.browser.execute_script(
		"return [...document.querySelectorAll('tbody tr')].some((r) => arguments[0].every((t) => r.innerText.includes(t)))", [name, state]))


def test_the_desk_shows_all_keys_and_ends_chosen_ones(admin, server, make_user):
	names = [make_user("Desk") for _ in range(3)]
	pairs = [server.admin.call("frappe.core.doctype.user.user.generate_keys", user=name) for name in names]
	server.admin("PUT", f"/api/resource/User/{names[2]}", json={"enabled": 0}).raise_for_status()
	admin.open("/app/keys?q=desk").heading("Keys")

	for name, state in zip(names, ("Active", "Active", "Owner disabled")):
		in_row(admin, name, state)
	for name in names[:2]:
		admin.click("checkbox", f"Choose the key of {name}")
	admin.see("2 chosen").click("button", "Revoke").find("dialog", "Revoke 2 keys of 2 users?")
	admin.browser.switch_to.active_element.send_keys(Keys.TAB, Keys.ENTER)
	admin.see("2 keys of 2 users revoked.").see("2 keys of 2 users are revoked. This can be undone for 9:")
	assert [server.who(pair).status_code for pair in pairs[:2]] == [401, 401]


def revoked_pair(admin, server, make_user):
	"""A user's key, ended from the desk."""
	name = make_user("Slip")
	pair = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=name)
	admin.open(f"/app/keys?q={name}").click("checkbox", f"Choose the key of {name}").click("button", "Revoke").find("dialog", f"Revoke the key of {name}?")
	admin.browser.switch_to.active_element.send_keys(Keys.TAB, Keys.ENTER)
	admin.see(f"1 key of {name} revoked.")
	assert server.who(pair).status_code == 401
	return name, pair


def undo_from_the_note(person):
	person.wait("the note", lambda: person.browser.find_element("css selector", ".note button")).click()


def test_a_revocation_is_undone_at_once_from_the_note(admin, server, make_user):
	name, pair = revoked_pair(admin, server, make_user)
	undo_from_the_note(admin)
	admin.see("1 key works again.").miss(f"1 key of {name} is revoked.")
	in_row(admin, name, "Active")
	assert server.who(pair).json() == {"message": name}


def test_a_revocation_is_undone_later_from_the_banner(admin, server, make_user):
	name, pair = revoked_pair(admin, server, make_user)
	admin.open("/app/keys").see(f"1 key of {name} is revoked. This can be undone for 9:").see("Revoked")
	def left():
		return admin.browser.find_element("css selector", "[role=timer]").text
	before = admin.wait("the clock", left)
	admin.wait("the clock to run", lambda: left() != before)
	admin.click("button", f"Undo: 1 key of {name}").see("1 key works again.").miss(f"1 key of {name} is revoked.")
	assert server.who(pair).json() == {"message": name}


def test_a_revocation_is_undone_in_another_tab(admin, server, make_user):
	name, pair = revoked_pair(admin, server, make_user)
	here = admin.browser.current_window_handle
	admin.browser.switch_to.new_window("tab")
	try:
		open_settings(admin, name).click("button", f"Undo: 1 key of {name}").see("1 key works again.")
	finally:
		admin.browser.close()
		admin.browser.switch_to.window(here)
	assert server.who(pair).json() == {"message": name}


def test_an_undo_that_comes_too_late_says_so(admin, server, make_user):
	name, pair = revoked_pair(admin, server, make_user)
	server.admin.call("symbolon.keys.revoke", key=pair["api_key"])
	undo_from_the_note(admin)
	admin.see("Nothing is left to undo").open("/app/keys").see(name).miss(f"1 key of {name} is revoked.")
	assert server.who(pair).status_code == 401
	open_settings(admin, name).see("There is none that works").click("button", "Generate Keys").find("dialog", f"Keys of {name}")
	assert server.who(generated(admin)).json() == {"message": name}


def test_the_desk_finds_keys_by_kind_and_by_word(admin, server, make_user):
	used, unused = make_user("Used"), make_user("Unused")
	pair = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=used)
	server.admin.call("frappe.core.doctype.user.user.generate_keys", user=unused)
	assert server.who(pair).status_code == 200
	admin.open("/app/keys?kind=active&q=used").see(unused).click("button", "Never used", exact=False).miss(unused)  # a key of today is new
	admin.open(f"/app/keys?q={pair['api_key']}").see(used).miss(unused)


def test_the_desk_tells_what_limits_a_key_has(admin, server, make_user):
	name = make_user()
	answer = server.admin("POST", "/api/resource/API Key", json={"user": name, "label": "limited", "rate_limit": 1000, "rate_window_s": 60, "quota": 25000})
	assert answer.status_code == 200, answer.text
	admin.open(f"/app/keys?q={name}").see("limited").see("1,000 in 60 s, 25,000 in all")


def test_a_named_key_is_made_rotated_and_revoked(admin, server, make_user):
	name = make_user()
	open_settings(admin, name).click("link", "New key").fill("Label", "build server").click("button", "Save")
	admin.find("dialog", f"Keys of {name}")
	first = generated(admin)
	assert server.who(first).json() == {"message": name}
	admin.click("button", "I have stored it").see("build server")

	admin.click("button", "Rotate").find("dialog", "New secret for build server")
	admin.choose("The old secret ends", "after an hour").click("button", "Make new secret").find("dialog", f"Keys of {name}")
	second = generated(admin)
	assert second["api_key"] == first["api_key"]
	assert (server.who(first).status_code, server.who(second).status_code) == (200, 200)
	admin.click("button", "I have stored it")

	admin.click("button", "Revoke").fill("Reason", "laptop lost").click("button", "Revoke for good").see("laptop lost")
	assert (server.who(first).status_code, server.who(second).status_code) == (401, 401)
	open_settings(admin, name).see("Revoked")
