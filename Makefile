# Two commands on a fresh machine with Python and make: `make demo` and `make test`.
# Where the machine has no `uv`, it is brought into a folder of the project.

UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PORT ?= 8000
export UV_LINK_MODE ?= copy
# Python keeps what it compiled: else each process of the program and of its tests compiles it anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint bench format drill oracles mutants pictures requirements sbom audit wheel help

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: $(UV) ## set up, make a county of made-up people, and serve it on http://localhost:8000
	@[ -d .venv ] || echo "Fetching what Plass needs: a minute or two the first time."
	@PLASS_ENDS_WITH=$$PPID $(UV) run --quiet --no-dev plass demo --port $(PORT)

test: $(UV) ## the whole suite, in parallel, the browser journeys included (they need Debian's chromium); TESTS=tests/jobs for some
	$(UV) run --quiet pytest -n auto -q $(TESTS)

lint: $(UV) ## format, style, types, templates, order of layers
	$(UV) run --quiet ruff check
	$(UV) run --quiet ruff format --check
	$(UV) run --quiet lint-imports
	$(UV) run --quiet mypy
	$(UV) run --quiet djlint src --lint --quiet

format: $(UV) ## put the code in form
	$(UV) run --quiet ruff check --fix
	$(UV) run --quiet ruff format

bench: $(UV) ## measure pages at 300,000 cases and by how much one sees, twenty people at once, an import, and the evaluation engine (long)
	$(UV) run --quiet python -m benchmarks

drill: $(UV) ## kill the database, the program and the disk, restore, and write docs/security/promises.md
	$(UV) run --quiet python -m drills

oracles: $(UV) ## our methods beside csdid, moderndid, honestdid and wildboottest, and docs/evaluation/packages.md (three minutes)
	PYTHONPATH=src $(UV) run --quiet --isolated --only-group oracles python -m oracles

mutants: $(UV) ## change the code a place at a time and tell what no test noticed: ROOM=imports or MODULE=cases/gate.py, SAMPLE, SEED, LIMIT (seconds)
	$(UV) sync --quiet
	$(UV) run --quiet --isolated --only-group mutants python -m mutants $(foreach one,ROOM MODULE SAMPLE SEED LIMIT,$(if $($(one)),--$(shell echo $(one) | tr A-Z a-z) $($(one))))

pictures: $(UV) ## take the pictures in docs/pictures anew (needs Debian's chromium)
	$(UV) run --quiet python docs/pictures/take.py

requirements: $(UV) ## requirements.txt for deployments anew: every package with version and hashes
	$(UV) run --quiet python -m supply_chain requirements

sbom: $(UV) ## the list of what Plass is made of (CycloneDX) in dist/sbom
	$(UV) run --quiet python -m supply_chain sbom

audit: $(UV) ## ask osv.dev for known vulnerabilities in it; says so where that is out of reach
	$(UV) run --quiet python -m supply_chain audit

wheel: $(UV) sbom ## the wheel to install, with the list of what it is made of beside it, in dist
	$(UV) build --quiet --wheel

.uv/bin/uv:
	@python3 -c 'import ensurepip' 2>/dev/null || { echo "Python's venv is missing. Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	python3 -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

# A uv found on the machine needs no making.
/%/uv: ;
