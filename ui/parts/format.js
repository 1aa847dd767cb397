/* Words for times and numbers. Times of the API are in the site's zone, without naming it. */

let zone = "UTC";

export function setZone(name) {
	zone = name || "UTC";
}

export const zoneName = () => zone;

function zoneOffset(instant) {
	const parts = Object.fromEntries(new Intl.DateTimeFormat("en-US", {
		timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
		hour: "numeric", minute: "numeric", second: "numeric",
	}).formatToParts(instant).map((p) => [p.type, Number(p.value)]));

	return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) -
		Math.floor(instant / 1000) * 1000;
}

/* "2024-01-31", in the site's zone. */
export const today = () => new Intl.DateTimeFormat("sv", { timeZone: zone }).format();

/* "2024-01-31 09:05:03.123456" as an instant in milliseconds; null for what is no time. */
export function instant(text) {
	const found = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?/.exec(text ?? "");

	if (!found)
		return null;
	const [year, month, day, hour, minute, second] = found.slice(1).map((n) => Number(n ?? 0));
	const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);

	try {
		return asUtc - zoneOffset(asUtc - zoneOffset(asUtc));
	} catch {
		return asUtc;
	}
}

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [30, "day"], [12, "month"], [Infinity, "year"]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/* "3 minutes ago"; under a minute "just now". */
export function ago(text) {
	const at = instant(text);

	if (at === null)
		return "never";
	let n = (at - Date.now()) / 1000;

	if (Math.abs(n) < 60)
		return "just now";
	for (const [size, unit] of STEPS) {
		if (Math.abs(n) < size)
			return words.format(Math.round(n), unit);
		n /= size;
	}
	return text;
}

/* "12 Nov 2026, 14:03", in the site's zone as the server says it. */
export function when(text) {
	const found = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d:\d\d))?/.exec(text ?? "");

	if (!found)
		return "";
	const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][found[2] - 1];

	return `${Number(found[3])} ${month} ${found[1]}${found[4] ? `, ${found[4]}` : ""}`;
}

export const number = (n) => Number(n).toLocaleString("en");
export const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

export function bytes(n) {
	const units = ["bytes", "KiB", "MiB", "GiB"];
	let at = 0;

	while (n >= 1024 && at < units.length - 1) {
		n /= 1024;
		at++;
	}
	return `${at ? n.toFixed(n < 100 ? 1 : 0) : n} ${units[at]}`;
}

/* "2 days, 3 hours" */
export function lasting(ms) {
	const minutes = Math.max(0, Math.floor(ms / 60000));
	const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;

	const parts = [days > 0 && plural(days, "day"), hours > 0 && plural(hours, "hour"), days === 0 && minutes % 60 > 0 && plural(minutes % 60, "minute")].filter(Boolean);

	return parts.join(", ") || "less than a minute";
}

/* What a cell or a read-only field shows of a value. */
export function show(value, fieldtype) {
	if (value === null || value === undefined || value === "")
		return "";
	if (fieldtype === "Check")
		return value ? "Yes" : "No";
	if (fieldtype === "Date" || fieldtype === "Datetime")
		return when(value);
	if (["Int", "Float", "Currency", "Percent", "Long Int"].includes(fieldtype))
		return number(value);
	if (typeof value === "object")
		return JSON.stringify(value);
	return String(value);
}

const INLINE = /^(a|abbr|b|code|em|i|mark|s|small|span|strong|sub|sup|u)$/i; /* within a word, too */

/*
 * The words of a text that may hold HTML. Tags go before anything is parsed: what a parser makes of them never runs,
 * but browsers report it as if it had been tried.
 */
export function wordsOf(value) {
	const text = String(value ?? "");

	if (!/[<&]/.test(text))
		return text;
	const bare = text.replace(/<\/?([a-z!][^\s<>/]*)[^<>]*>/gi, (_, tag) => (INLINE.test(tag) ? "" : " ")).replaceAll("<", "&lt;");

	return new DOMParser().parseFromString(bare, "text/html").body.textContent.replace(/ {2,}/g, " ").trim();
}
