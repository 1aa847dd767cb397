"""symbolon.key: peppers come and go, and what is missing is named (DESIGN.md 3)."""

import os
import secrets

import pytest

from sites import Site

ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def stopped(site):
	"""A stopped site where ada and bob have tokens, and the key file as text."""
	for user in (ADA, BOB):
		site.run("user", "add", user, "--first-name", "X")
	site.pairs = {user: site.json("keys", "generate", user) for user in (ADA, BOB)}
	site.stop()
	site.key = os.path.join(site.path, "symbolon.key")
	return site


def read(site):
	with open(site.key, encoding="utf-8") as f:
		return f.read()


def write(site, text):
	with open(site.key, "w", encoding="utf-8") as f:
		f.write(text)


def pepper_of(text):
	[line] = [line for line in text.splitlines() if line.startswith("pepper ")]
	return line, line.split()[1]


def a_pepper():
	return f"pepper {secrets.token_hex(6)} {secrets.token_hex(32)}\n"


def refusals(site):
	"""What the server and a command say, neither of which starts."""
	return [site.run("serve", exit=1).stderr, site.run("keys", "list", exit=1).stderr]


def test_a_pepper_in_use_cannot_be_removed(stopped):
	whole = read(stopped)
	line, pepper = pepper_of(whole)
	write(stopped, whole.replace(line + "\n", a_pepper()))

	for said in refusals(stopped):
		assert pepper in said and stopped.key in said
		assert "put its line back" in said and "copy" in said
		assert line.split()[2] not in said
	write(stopped, whole)
	assert stopped.start().who(stopped.pairs[ADA]).status_code == 200


def test_a_pepper_that_nothing_needs_does_no_harm(stopped):
	write(stopped, read(stopped) + "\n# for later\n" + a_pepper())
	stopped.start()
	assert stopped.who(stopped.pairs[ADA]).status_code == 200
	assert stopped.who(stopped.json("keys", "generate", ADA)).status_code == 200


def test_a_new_pepper_takes_over_and_the_old_one_can_go_when_its_secrets_have(stopped):
	old = read(stopped)
	line, pepper = pepper_of(old)
	write(stopped, old.replace(line, a_pepper() + line))
	stopped.start()
	assert stopped.who(stopped.pairs[ADA]).status_code == 200
	new = {user: stopped.json("keys", "generate", user) for user in (ADA, "Administrator")}
	stopped.stop()

	both = read(stopped)
	write(stopped, both.replace(line + "\n", ""))
	assert all(pepper in said for said in refusals(stopped))  # bob's is still an old one
	write(stopped, both)
	stopped.run("keys", "revoke", BOB)
	write(stopped, both.replace(line + "\n", ""))
	stopped.start()
	assert all(stopped.who(pair).status_code == 200 for pair in new.values())
	assert stopped.who(stopped.pairs[BOB]).status_code == 401


@pytest.mark.sqlite
def test_a_missing_file_is_named(stopped):
	os.rename(stopped.key, stopped.key + ".away")
	for said in refusals(stopped):
		assert f"{stopped.key} is missing" in said and "backup" in said
	assert not os.path.exists(stopped.key)
	os.rename(stopped.key + ".away", stopped.key)
	assert stopped.start().who(stopped.pairs[ADA]).status_code == 200


@pytest.mark.parametrize("damage, says", [
	(lambda text: "", "is no key file"),
	(lambda text: text.replace("symbolon-key 1", "symbolon-key 2"), "is no key file"),
	(lambda text: text[:-9], ":4: damaged line"),
	(lambda text: text.replace("pepper", "paper"), ":3: damaged line"),
	(lambda text: text + pepper_of(text)[0] + "\n", ":5: damaged line"),
], ids=["empty", "of-another-version", "cut-off", "unknown-word", "twice-the-same"])
def test_a_damaged_file_is_named(stopped, damage, says):
	write(stopped, damage(read(stopped)))
	for said in refusals(stopped):
		assert stopped.key in said and says in said


def test_a_file_that_others_can_read_is_refused(stopped):
	os.chmod(stopped.key, 0o644)
	for said in refusals(stopped):
		assert f"chmod 600 {stopped.key}" in said and "644" in said


def test_the_file_of_another_site_is_refused(stopped, tmp_path):
	other = Site(tmp_path / "other").start()
	other.stop()
	with open(os.path.join(other.path, "symbolon.key"), encoding="utf-8") as f:
		foreign = f.read()
	_, pepper = pepper_of(read(stopped))
	write(stopped, foreign)
	assert all(pepper in said for said in refusals(stopped))
