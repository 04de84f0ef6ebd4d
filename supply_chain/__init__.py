"""What Plass is made of: what a deployment installs, the list of components (SBOM), and known vulnerabilities in them.

    python -m supply_chain requirements   # requirements.txt anew, from pyproject.toml's pins (make requirements)
    python -m supply_chain sbom           # dist/sbom/plass.cdx.json (make sbom)
    python -m supply_chain audit          # asks osv.dev for known vulnerabilities (make audit)

See docs/decisions/0153.
"""
