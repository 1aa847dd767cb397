"""A person at a browser: finds things by their role and name, as they are read out, and waits as long as people do."""

import os
import time

from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

PATIENCE_S = float(os.environ.get("PATIENCE_S", "10"))

# Where things of a role are looked for; what they are and are called is then asked of the browser.
PLACES = {
	"button": "button, summary",
	"link": "a[href]",
	"textbox": "input:not([type=checkbox]):not([type=radio]), textarea",
	"searchbox": "input[type=search]",
	"combobox": "select, [role=combobox]",
	"checkbox": "input[type=checkbox]",
	"radio": "input[type=radio]",
	"heading": "h1, h2, h3",
	"dialog": "dialog[open]",
	"option": "[role=option]",
}

# Those whose name may be this one: the rest is not worth a question each.
SHORTLIST = """
const [selector, name] = arguments;
const text = (e) => [e.getAttribute("aria-label"), e.textContent, e.labels?.[0]?.textContent,
	document.getElementById(e.getAttribute("aria-labelledby") ?? "")?.textContent].join(" ").replace(/\\s+/g, " ");
return [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility() && text(e).includes(name));
"""


def start_browser(downloads):
	options = webdriver.ChromeOptions()
	for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,900", "--lang=en"):
		options.add_argument(argument)
	options.add_experimental_option("prefs", {
		"download.default_directory": str(downloads),
		"profile.default_content_setting_values.clipboard": 1,
	})
	options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
	driver = os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")
	browser = webdriver.Chrome(options=options, service=Service(driver))
	browser.set_script_timeout(180)  # on a machine that does other things, too
	return browser


class Person:
	def __init__(self, browser, site, host="127.0.0.1"):
		self.browser = browser
		self.site = site
		self.url = site.url.replace("127.0.0.1", host)

	def wait(self, what, found, patience=PATIENCE_S):
		"""found() as soon as it is true; what says what was waited for."""
		deadline = time.monotonic() + patience
		why = ""
		while True:
			try:
				value = found()
			except (WebDriverException, LookupError, ValueError) as failed:  # it went, is not all there, or something lies over it
				value, why = None, str(failed)
			if value:
				return value
			if time.monotonic() > deadline:
				raise AssertionError(f"not there: {what}; {why}\n{self.text()[:2000]}")
			time.sleep(0.02)  # pause: looks again, up to the deadline

	def text(self):
		return self.browser.execute_script("return document.body.innerText")

	def sure(self, what, found, patience=PATIENCE_S):
		"""As wait, and the person goes on."""
		self.wait(what, found, patience)
		return self

	def find_all(self, role, name, exact=True):
		found = self.browser.execute_script(SHORTLIST, PLACES[role], name)
		return [e for e in found if (e.accessible_name == name if exact else name in e.accessible_name)]

	def has(self, role, name):
		return bool(self.find_all(role, name))

	def find(self, role, name, exact=True):
		return self.wait(f"{role} {name!r}", lambda: (self.find_all(role, name, exact) or [None])[0])

	def open(self, path):
		self.browser.get(self.url + path)
		return self

	def click(self, role, name, exact=True):
		def done():
			element = (self.find_all(role, name, exact) or [None])[0]
			if element is None or not element.is_enabled():
				return False
			try:
				element.click()
			except ElementClickInterceptedException:  # under a bar that stays: a person scrolls
				self.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
				raise
			return True
		return self.sure(f"{role} {name!r} to click", done)

	def agree(self, dialog, exact=True):
		"""Presses the button of the dialog that does what it asks about."""
		def done():
			self.find_all("dialog", dialog, exact)[0].find_element("css selector", "button.primary, button.danger").click()
			return True
		return self.sure(f"dialog {dialog!r} to agree to", done)

	def fill(self, name, text, role="textbox"):
		def done():
			element = self.find_all(role, name)[0]
			element.send_keys(Keys.CONTROL, "a")
			element.send_keys(text or Keys.DELETE)
			return True
		return self.sure(f"{role} {name!r} to fill", done)

	def choose(self, name, option):
		"""As soon as there is that option."""
		return self.sure(f"{option!r} of {name!r}", lambda: self.browser.execute_script(
			"const [e, text] = arguments; e.value = [...e.options].find((o) => o.text === text).value;"
			"return e.dispatchEvent(new Event('change', { bubbles: true }));", self.find_all("combobox", name)[0], option,
		))

	def value(self, name):
		return self.wait(f"textbox {name!r}", lambda: [e.get_property("value") for e in self.find_all("textbox", name)])[0]

	def holds(self, name, text):
		"""The field has this text, or gets it."""
		return self.sure(f"{text!r} in {name!r}", lambda: self.value(name) == text)

	def focused(self, name):
		"""What is called so has the focus, or gets it."""
		return self.sure(f"the focus on {name!r}", lambda: self.browser.switch_to.active_element.accessible_name == name)

	def ticked(self, name, on=True):
		return self.sure(f"{name!r} {'ticked' if on else 'not ticked'}", lambda: self.find_all("checkbox", name)[0].is_selected() == on)

	def gone(self, role, name):
		return self.sure(f"{role} {name!r} to go", lambda: not self.has(role, name))

	def see(self, text, patience=PATIENCE_S):
		return self.sure(f"the words {text!r}", lambda: text in self.text(), patience)

	def miss(self, text):
		return self.sure(f"the words {text!r} to go", lambda: text not in self.text())

	def heading(self, name):
		self.find("heading", name)
		return self

	def chord(self, modifier, key):
		ActionChains(self.browser).key_down(modifier).send_keys(key).key_up(modifier).perform()
		return self

	def keys(self, *keys):
		ActionChains(self.browser).send_keys(*keys).perform()
		return self

	def at(self, path):
		return self.sure(f"the address {path}", lambda: self.path() == path)

	def path(self):
		return self.browser.current_url.removeprefix(self.url)

	def log_in(self, usr, pwd, path="/app"):
		self.open("/login?redirect-to=" + path)
		self.fill("E-mail or user name", usr).fill("Password", pwd).click("button", "Log in")
		return self.sure("the page after the login", lambda: "/login" not in self.path())

	def dress(self, width=1200, height=900, dark=False):
		"""The size of the window, and whether it is evening."""
		self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
			"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700,
		})
		self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
			"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
		})
		return self

	def settled(self):
		"""Until nothing is loading and what moves has come to rest."""
		return self.sure("the page to settle", lambda: self.browser.execute_script(
			"return !document.querySelector('.skeleton') && document.querySelector('h1, .empty') !== null"
			" && document.getAnimations().every((a) => a.playState !== 'running')"))
