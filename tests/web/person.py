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
	return webdriver.Chrome(options=options, service=Service(driver))


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
			except WebDriverException as failed:  # it went, or something lies over it: look again
				value, why = None, failed.msg
			if value:
				return value
			if time.monotonic() > deadline:
				raise AssertionError(f"not there: {what}; {why}\n{self.text()[:2000]}")
			time.sleep(0.02)  # pause: looks again, up to the deadline

	def text(self):
		return self.browser.execute_script("return document.body.innerText")

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
		self.wait(f"{role} {name!r} to click", done)
		return self

	def fill(self, name, text, role="textbox"):
		element = self.find(role, name)
		element.send_keys(Keys.CONTROL, "a")
		element.send_keys(text or Keys.DELETE)
		return self

	def choose(self, name, option):
		element = self.find("combobox", name)
		self.browser.execute_script(
			"const [e, text] = arguments; e.value = [...e.options].find((o) => o.text === text).value;"
			"e.dispatchEvent(new Event('change', { bubbles: true }));", element, option,
		)
		return self

	def value(self, name):
		return self.find("textbox", name).get_property("value")

	def see(self, text, patience=PATIENCE_S):
		self.wait(f"the words {text!r}", lambda: text in self.text(), patience)
		return self

	def miss(self, text):
		self.wait(f"the words {text!r} to go", lambda: text not in self.text())
		return self

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
		self.wait(f"the address {path}", lambda: self.path() == path)
		return self

	def path(self):
		return self.browser.current_url.removeprefix(self.url)

	def log_in(self, usr, pwd, path="/app"):
		self.open("/login?redirect-to=" + path)
		self.fill("E-mail or user name", usr).fill("Password", pwd).click("button", "Log in")
		self.wait("the page after the login", lambda: "/login" not in self.path())
		return self

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
		self.wait("the page to settle", lambda: self.browser.execute_script(
			"return !document.querySelector('.skeleton') && document.querySelector('h1, .empty') !== null"
			" && document.getAnimations().every((a) => a.playState !== 'running')"))
		return self
