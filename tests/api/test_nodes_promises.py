"""The promises of several nodes under load, in short; bench/nodes alone holds them to a hundred thousand changes."""

import json
import os
import subprocess

import pytest

from sites import DATABASE, PROGRAM, ROOT, is_instrumented


@pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")
@pytest.mark.skipif(is_instrumented(), reason="about a release build")
def test_nodes_under_load_refuse_nothing_good_and_miss_no_change():
	done = subprocess.run(
		[os.path.join(ROOT, "bench", "nodes"), "--quick", "--program", PROGRAM, "--json", "-"], text=True,
		capture_output=True, timeout=300, check=False,
	)
	assert done.returncode == 0, done.stdout + done.stderr
	figures = {figure["what"].strip(): figure for figure in json.loads(done.stdout)}
	assert figures["refused"]["measured"] == figures["missed"]["measured"] == "0"
	assert int(figures["made on one node and used on another at once"]["measured"]) > 250
	assert all(figure["kept"] for figure in figures.values())
