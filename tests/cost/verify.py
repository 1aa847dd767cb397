#!/usr/bin/python3
"""Counts the instructions of judging a pair, by outcome, and holds them against each other.

    verify.py PROGRAM

PROGRAM is build/*/bench/verify. Callgrind counts; it is deterministic, and knows no clock. Callgrind counts, which is deterministic and knows no
clock. It shows a processor without SHA instructions, on which a digest costs six times as much: so
the limit is set as if the digest had been made with them.
"""

import os
import re
import subprocess
import sys
import tempfile

KINDS = ["right", "wrong", "near", "unknown", "disabled", "expired", "early"]
TRIES = 1000
LIMIT = 0.05
DIGEST_WITH_SHA = 700  # instructions of an HMAC with them, measured


def count(program, function):
	"""Instructions of one call of function, by outcome."""
	with tempfile.TemporaryDirectory() as directory:
		out = os.path.join(directory, "out")
		subprocess.run(
			["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
				f"--toggle-collect={function}", "--dump-after=cost_round", program, "--cost"],
			check=True, timeout=120, capture_output=True, text=True,
		)
		costs = {}
		for at, kind in enumerate(KINDS, 1):
			with open(f"{out}.{at}", encoding="utf-8") as dump:
				costs[kind] = int(re.search(r"^totals: (\d+)", dump.read(), re.M).group(1)) / TRIES
		return costs


def main(program):
	judge, digest = count(program, "judge_pair"), count(program, "hmac_sign")["wrong"]
	whole = count(program, "auth_identify")
	limit = LIMIT * (judge["right"] - digest + DIGEST_WITH_SHA)
	far = []
	print(f"an HMAC {digest:.0f}, limit {limit:.0f}")
	for kind in KINDS:
		differs = judge[kind] - judge["right"]
		print(f"{kind:9} judge_pair {judge[kind]:.0f} ({differs:+.0f})  auth_identify {whole[kind]:.0f}")
		if abs(differs) > limit:
			far.append(kind)
	if far:
		sys.exit(f"too far from a right secret: {', '.join(far)}")


if __name__ == "__main__":
	main(sys.argv[1])
