/* Files that the page makes: comma-separated values, and the way to save them. */

function cell(value) {
	if (value === null || value === undefined)
		return "";
	const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : String(value);

	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const csvOf = (fields, rows) =>
	[fields, ...rows.map((row) => fields.map((f) => row[f]))].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";

export function download(name, text, type) {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement("a");

	link.href = url;
	link.download = name;
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}
