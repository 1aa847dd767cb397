/*
 * When a field is shown, needed or fixed: depends_on and its like. They are written as JavaScript ("eval:doc.kind=='odd'") or as
 * the name of a field; what they commonly say is parsed here, and nothing of it ever runs as code. What is not understood is no rule.
 */

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_$][\w$]*)|(===|!==|==|!=|<=|>=|&&|\|\||[-!<>?:.,()[\]]))/y;
const DEEPEST = 40;

function tokensOf(text) {
	const tokens = [];

	TOKEN.lastIndex = 0;
	while (TOKEN.lastIndex < text.length) {
		const found = TOKEN.exec(text);

		if (!found)
			throw new SyntaxError(text);
		const [, number, string, word, sign] = found;

		tokens.push(number ? { value: Number(number) } : string ? { value: string.slice(1, -1).replace(/\\(.)/g, "$1") } : { word, sign });
	}
	return tokens;
}

const own = (object, key) => (object !== null && typeof object === "object" && !Array.isArray(object) && Object.hasOwn(object, key) ? object[key] : undefined);
const isList = (value) => Array.isArray(value) || typeof value === "string";
const number = (value) => Number(value) || 0;

/* What may be called: of lists and texts, and by name. */
const METHODS = {
	includes: (of, what) => isList(of) && of.includes(what),
	indexOf: (of, what) => (isList(of) ? of.indexOf(what) : -1),
	startsWith: (of, what) => typeof of === "string" && of.startsWith(String(what)),
};
const FUNCTIONS = { in_list: (list, what) => isList(list) && list.includes(what), cint: (v) => Math.trunc(number(v)), flt: number };
const WORDS = { true: true, false: false, null: null, undefined };
const COMPARE = {
	"==": (a, b) => a == b, "!=": (a, b) => a != b, "===": (a, b) => a === b, "!==": (a, b) => a !== b,
	"<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b,
};

/* Text to a function of { doc, parent }, by descent: a choice, or, and, comparisons, not, what is named. */
class Parser {
	constructor(text) {
		this.tokens = tokensOf(text);
		this.at = 0;
		this.depth = 0;
	}

	take(sign) {
		const is = this.tokens[this.at]?.sign === sign;

		this.at += is ? 1 : 0;
		return is;
	}

	need(sign) {
		if (!this.take(sign))
			throw new SyntaxError(sign);
	}

	whole() {
		const value = this.choice();

		if (this.at < this.tokens.length)
			throw new SyntaxError("more follows");
		return value;
	}

	choice() {
		if (++this.depth > DEEPEST)
			throw new SyntaxError("too deep");
		const test = this.either();

		if (this.take("?")) {
			const yes = this.choice();

			this.need(":");
			const no = this.choice();

			this.depth--;
			return (of) => (test(of) ? yes(of) : no(of));
		}
		this.depth--;
		return test;
	}

	either() {
		let left = this.both();

		while (this.take("||")) {
			const first = left, right = this.both();

			left = (of) => first(of) || right(of);
		}
		return left;
	}

	both() {
		let left = this.comparison();

		while (this.take("&&")) {
			const first = left, right = this.comparison();

			left = (of) => first(of) && right(of);
		}
		return left;
	}

	comparison() {
		const left = this.not(), compare = COMPARE[this.tokens[this.at]?.sign];

		if (!compare)
			return left;
		this.at++;
		const right = this.not();

		return (of) => compare(left(of), right(of));
	}

	not() {
		let nots = 0, minus = false;

		while (this.take("!"))
			nots++;
		minus = this.take("-");
		const value = this.members();

		if (minus)
			return (of) => -value(of);
		return nots === 0 ? value : (of) => Boolean(value(of)) === (nots % 2 === 0);
	}

	list(end) {
		const values = [];

		while (!this.take(end)) {
			if (values.length > 0)
				this.need(",");
			values.push(this.choice());
		}
		return values;
	}

	members() {
		let value = this.plain();

		while (this.take(".")) {
			const { word } = this.tokens[this.at++] ?? {}, of = value;

			if (!word)
				throw new SyntaxError("a name is missing");
			if (this.take("(")) {
				const method = Object.hasOwn(METHODS, word) && METHODS[word], values = this.list(")");

				if (!method)
					throw new SyntaxError(word);
				value = (scope) => method(of(scope), ...values.map((v) => v(scope)));
			} else if (word === "length") {
				value = (scope) => of(scope)?.length;
			} else {
				value = (scope) => own(of(scope), word);
			}
		}
		return value;
	}

	plain() {
		const token = this.tokens[this.at++] ?? {};

		if ("value" in token)
			return () => token.value;
		if (token.sign === "(") {
			const inner = this.choice();

			this.need(")");
			return inner;
		}
		if (token.sign === "[") {
			const values = this.list("]");

			return (of) => values.map((v) => v(of));
		}
		if (Object.hasOwn(WORDS, token.word ?? ""))
			return () => WORDS[token.word];
		if (token.word === "doc" || token.word === "parent")
			return (of) => of[token.word];
		if (Object.hasOwn(FUNCTIONS, token.word ?? "") && this.take("(")) {
			const values = this.list(")");

			return (of) => FUNCTIONS[token.word](...values.map((v) => v(of)));
		}
		throw new SyntaxError(token.word ?? token.sign);
	}
}

/* The rule as a function of (doc, parent); null: none, or none that is understood. */
export function ruleOf(text) {
	const written = (text ?? "").trim();

	if (!written)
		return null;
	if (!written.startsWith("eval:"))
		return /^\w+$/.test(written) ? (doc) => (Array.isArray(doc[written]) ? doc[written].length > 0 : Boolean(doc[written])) : null;
	try {
		const value = new Parser(written.slice(5).replace(/;\s*$/, "").trimEnd()).whole();

		return (doc, parent) => Boolean(value({ doc, parent: parent ?? {} }));
	} catch {
		return null;
	}
}

const BREAKS = ["Tab Break", "Section Break", "Column Break"];

/* meta with rules(doc, parent): { fieldname: { hidden, reqd, fixed } } of those that have any. What ends a section hides what is in it. */
export function withRules(meta) {
	const found = [], above = [null, null, null];

	for (const field of meta.fields) {
		const level = BREAKS.indexOf(field.fieldtype), shown = ruleOf(field.depends_on);

		if (level >= 0)
			above.fill(null, level).fill(shown, level, level + 1);
		const all = [...above, level >= 0 ? null : shown].filter(Boolean);
		const reqd = ruleOf(field.mandatory_depends_on), fixed = ruleOf(field.read_only_depends_on);

		if (level < 0 && (all.length > 0 || reqd || fixed))
			found.push([field.fieldname, all, reqd, fixed]);
	}
	const rules = (doc, parent) => Object.fromEntries(found.map(([name, all, reqd, fixed]) => [name, {
		hidden: !all.every((rule) => rule(doc, parent)), reqd: Boolean(reqd?.(doc, parent)), fixed: Boolean(fixed?.(doc, parent)),
	}]));
	const children = Object.entries(meta.children ?? {}).map(([name, child]) => [name, withRules(child)]);

	return { ...meta, rules, children: Object.fromEntries(children) };
}

/* A field as the rules leave it: needed, fixed; null: not shown. */
export function ruled(field, rules) {
	const rule = rules?.[field.fieldname];

	if (!rule)
		return field;
	return rule.hidden ? null : { ...field, reqd: field.reqd || rule.reqd, read_only: field.read_only || rule.fixed };
}
