const form = document.getElementById("update");
const error = document.getElementById("error");

/* What a refusal says, without its markup. */
function reason(body) {
	const [first] = JSON.parse(body._server_messages ?? "[]");
	const text = first ? JSON.parse(first).message : body.message;

	return text?.replace(/<[^>]*>/g, "") || "The password was not set. Choose another, or log in again for a new link.";
}

async function submit(event) {
	event.preventDefault();
	error.textContent = "";
	const response = await fetch(form.action, {
		method: "POST",
		headers: { Accept: "application/json", "Content-Type": "application/json" },
		body: JSON.stringify({
			key: new URLSearchParams(location.search).get("key"),
			new_password: form.new_password.value,
		}),
	}).catch(() => null);

	if (response === null) {
		error.textContent = "The server does not answer. Nothing was changed; try again.";
		return;
	}
	const body = await response.json().catch(() => ({}));

	if (response.ok) {
		location.assign(body.home_page ?? "/app");
		return;
	}
	error.textContent = reason(body);
	form.new_password.select();
}

form.addEventListener("submit", submit);
