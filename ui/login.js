const form = document.getElementById("login");
const error = document.getElementById("error");

/* Only a path of this server: never "//elsewhere" or another scheme. */
function target(home, always = false) {
	const asked = always ? null : new URLSearchParams(location.search).get("redirect-to");
	const path = asked ?? home ?? "/app";

	return new URL(path, location.origin).origin === location.origin ? path : "/app";
}

async function submit(event) {
	event.preventDefault();
	error.textContent = "";
	const response = await fetch(form.action, {
		method: "POST",
		headers: { Accept: "application/json", "Content-Type": "application/json" },
		body: JSON.stringify(Object.fromEntries(new FormData(form))),
	}).catch(() => null);

	if (response === null) {
		error.textContent = "The server does not answer. Nothing was changed; try again.";
		return;
	}
	const body = await response.json().catch(() => ({}));

	if (response.ok) {
		location.assign(body.redirect_to ? target(body.redirect_to, true) : target(body.home_page));
		return;
	}
	error.textContent = body.message ?? body.exception?.replace(/^[\w.]+: /, "") ?? "Login failed.";
	form.pwd.select();
}

form.addEventListener("submit", submit);
