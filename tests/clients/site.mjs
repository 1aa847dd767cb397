// A served site for the tests of one file.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const PASSWORD = "Gr4nite-Clients-Qz11";

const PROGRAM = process.env.SYMBOLON ?? "symbolon";

// The URL of a PostgreSQL with {} for the name of a database (tools/with-postgres), or nothing: SQLite.
const { SYMBOLON_TEST_DATABASE: DATABASE, ...ENVIRONMENT } = process.env;

// The URL of an empty database of its own.
function newDatabase() {
	const name = `clients_${process.pid}_${Date.now()}`;
	execFileSync("psql", ["-X", "-q", "-c", `CREATE DATABASE ${name}`, DATABASE.replace("{}", "postgres")]);
	return DATABASE.replace("{}", name);
}

export class Site {
	// Serves on a port that the system chooses.
	static async start() {
		const site = new Site();
		site.directory = mkdtempSync(join(tmpdir(), "symbolon-clients-"));
		site.data = join(site.directory, "site");
		site.environment = DATABASE ? { ...ENVIRONMENT, SYMBOLON_DATABASE_URL: newDatabase() } : ENVIRONMENT;
		site.server = spawn(PROGRAM, ["serve", "--data", site.data, "--listen", "127.0.0.1:0"], {
			stdio: ["ignore", "ignore", "pipe"],
			env: { ...site.environment, SYMBOLON_ADMIN_PASSWORD: PASSWORD },
		});
		site.ended = new Promise((resolve) => site.server.once("exit", resolve));
		site.url = await new Promise((resolve, reject) => {
			const lines = createInterface({ input: site.server.stderr });
			lines.on("line", (line) => {
				if (line.startsWith("listening on ")) resolve(line.slice("listening on ".length));
			});
			lines.once("close", () => reject(new Error("the server did not start")));
		});
		return site;
	}

	// Runs a command on the site.
	run(args, input = "") {
		return execFileSync(PROGRAM, [...args, "--data", this.data], { input, encoding: "utf8", env: this.environment });
	}

	// A new user with a password; answers "KEY:SECRET".
	addUser(name, ...more) {
		this.run(["user", "add", name, "--first-name", "Ada", "--password-stdin", ...more], PASSWORD + "\n");
		return this.token(name);
	}

	// A new secret for the user.
	token(name) {
		const pair = JSON.parse(this.run(["keys", "generate", name, "--output", "json"]));
		return `${pair.api_key}:${pair.api_secret}`;
	}

	// The exit code of the server.
	async stop() {
		this.server.kill("SIGTERM");
		const code = await this.ended;
		rmSync(this.directory, { recursive: true });
		return code;
	}
}
