const form = document.getElementById("login");
const error = document.getElementById("error");

/* Only a path of this server: never "//elsewhere" or another scheme. */
function target(path, fallback = "/app") {
	try {
		const url = new URL(path, location.origin);

		return url.origin === location.origin ? url.pathname + url.search + url.hash : fallback;
	} catch {
		return fallback;
	}
}

function say(text) {
	error.textContent = text;
}

async function explain(response) {
	const body = await response.json().catch(() => ({}));
	const wait = response.headers.get("Retry-After");

	if (response.status === 429 || response.status === 503)
		return `Too many tries just now. Wait ${wait ?? "a few"} seconds and try again.`;
	return body.message ?? body.exception?.replace(/^[\w.]+: /, "") ?? "Login failed. Try again.";
}

async function submit(event) {
	event.preventDefault();
	const button = form.querySelector("button");

	say("");
	button.disabled = true;
	const response = await fetch(form.action, {
		method: "POST",
		headers: { Accept: "application/json", "Content-Type": "application/json" },
		body: JSON.stringify(Object.fromEntries(new FormData(form))),
	}).catch(() => null);

	if (response?.ok) {
		const body = await response.json().catch(() => ({}));

		const asked = new URLSearchParams(location.search).get("redirect-to");
		const home = target(body.home_page ?? "/app");

		/* Where the server wants the browser first comes first: a password that is too old. */
		location.assign(target(body.redirect_to ?? asked ?? home, home));
		return;
	}
	button.disabled = false;
	say(response === null ? "The server does not answer. Nothing was changed; try again." : await explain(response));
	form.pwd.select();
}

form.addEventListener("submit", submit);
