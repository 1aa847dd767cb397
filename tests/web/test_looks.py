"""What people ask of the pages beside what is on them: narrow windows, a large zoom, calm, own colours, a slow server, a tab behind others."""

import contextlib

import pytest

from test_pages import PAGES

SIZES = [(360, 740), (512, 384), (1600, 1000)]  # a small phone; a window of 1024 at a zoom of 200 %; a large one
MEASURES = """
const past = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && r.right > innerWidth + 1; };
const own = (e) => !e.closest(".table-wrap, .tabs, .code, .scrolls, .hidden, .plot"); /* these are scrolled by themselves */
const cut = (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline";
return [
	...(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []),
	...[...document.querySelectorAll("main *, header *")].filter((e) => own(e) && past(e)).map((e) => "past the edge: " + e.outerHTML.slice(0, 90)),
	...[...document.querySelectorAll("main button, main a.button, main h1, main h2, main label")].filter((e) => own(e) && e.checkVisibility() && cut(e)).map((e) => "cut off: " + e.outerHTML.slice(0, 90)),
].slice(0, 5);
"""


def test_nothing_is_lost_in_a_narrow_window_or_at_a_large_zoom(admin, server):
	server.admin("POST", "/api/resource/User", json={"email": "looks@example.com", "first_name": "Looks"}).raise_for_status()
	server.admin.call("frappe.core.doctype.user.user.generate_keys", user="looks@example.com")
	found = {}
	for path in PAGES:
		admin.dress(*SIZES[0]).open(path.format(user="looks@example.com")).settled()
		for width, height in SIZES:
			admin.dress(width, height)
			with contextlib.suppress(AssertionError):  # what follows the window a moment later, such as a chart, has done so
				admin.wait("all of the page", lambda: not found.update({(path, width): admin.browser.execute_script(MEASURES)}) and not found[path, width], 3)
	assert {page: lost for page, lost in found.items() if lost} == {}


def media(person, name, value):
	person.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": name, "value": value}]})
	return person


@pytest.mark.parametrize(("wish", "name"), [("no-preference", "rise"), ("reduce", "none")])
def test_nothing_moves_for_those_who_ask_for_calm(admin, wish, name):
	media(admin, "prefers-reduced-motion", wish).open("/app/data").heading("Data").keys("?").find("dialog", "Keyboard")
	assert admin.browser.execute_script("return getComputedStyle(document.querySelector('dialog')).animationName") == name


@pytest.mark.parametrize(("colours", "style"), [("none", "none"), ("active", "solid")])
def test_where_one_is_can_be_seen_in_ones_own_colours(admin, colours, style):
	media(admin, "forced-colors", colours).open("/app/keys").heading("Keys")
	admin.wait("the place", lambda: admin.browser.execute_script("return getComputedStyle(document.querySelector('.side [aria-current]')).outlineStyle") == style)


WATCHED = """
const every = window.setInterval, real = window.fetch;
window.looks = 0;
window.ticks = 0;
window.setInterval = (work, ms) => every(() => { window.ticks++; work(); }, Math.min(ms, 100));
window.fetch = (path, ...rest) => { window.looks += String(path).includes("server.status"); return real(path, ...rest); };
window.behind = false;
Object.defineProperty(document, "hidden", { get: () => window.behind });
"""


def test_a_page_behind_others_asks_for_nothing(inject, admin):
	inject(WATCHED)
	tell = admin.browser.execute_script
	admin.open("/app/status").heading("Status").wait("looks", lambda: tell("return window.looks") > 2)
	tell("window.behind = true")
	ticks, looks = admin.wait("what was under way", lambda: tell("return [window.ticks, window.looks]"))
	admin.wait("its clock to go on", lambda: tell("return window.ticks") > ticks + 5)
	assert tell("return window.looks") == looks
	tell("window.behind = false")
	admin.wait("another look", lambda: tell("return window.looks") > looks)


def test_a_slow_server_is_waited_for_in_peace(admin):
	admin.open("/app/data").heading("Data").browser.execute_script("""
		const real = window.fetch;
		window.held = [];
		window.fetch = (...given) => new Promise((done) => window.held.push(() => done(real(...given))));
	""")
	admin.click("link", "Users").heading("Users").wait("its bones", lambda: admin.browser.execute_script("""
		const bones = document.querySelector("main .skeleton");
		return bones && getComputedStyle(bones).animation.includes("0.3s") && bones.nextElementSibling.getAttribute("role") === "status" && bones.nextElementSibling.textContent;
	""") == "Loading")
	admin.browser.execute_script("window.held.forEach((go) => go())")
	admin.wait("its rows", lambda: admin.browser.find_elements("css selector", "main tbody tr"))  # of whom depends on how many there are
	admin.wait("the bones to go", lambda: not admin.browser.find_elements("css selector", ".skeleton"))
