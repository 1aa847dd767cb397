/* Without this module the link still works: it ends the session with GET from this server's own page. */
const csrf = /"([0-9a-f]*)"/.exec(document.getElementById("boot").textContent)[1];
const link = document.getElementById("logout");

async function logout(event) {
	event.preventDefault();
	const response = await fetch("/api/method/logout", {
		method: "POST",
		headers: { Accept: "application/json", "X-Frappe-CSRF-Token": csrf },
	}).catch(() => null);

	if (response?.ok)
		location.assign("/login");
	else
		document.getElementById("error").textContent = "Logging out failed. Reload the page and try again.";
}

link.addEventListener("click", logout);
