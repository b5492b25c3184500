"""The truth table of TLS: each certificate case as cht-audit tells it, beside curl, check_http, blackbox_exporter and
sslyze. Prints a Markdown table for the README.

    cargo build --release && sudo python3 tests/bench/truth.py

Needs what lab.py needs; curl, monitoring-plugins-basic and prometheus-blackbox-exporter (Debian); sslyze (PyPI; its path in
SSLYZE). Every tool trusts the lab's root, and no other.
"""

import json
import os
import subprocess
import urllib.request

import lab

PROGRAM = os.environ.get("CHT_AUDIT", str(lab.REPOSITORY / "target" / "release" / "cht-audit"))
SSLYZE = os.environ.get("SSLYZE", "sslyze")
EXPORTER = ("127.0.0.1", 9115)
SERVER_USE = "extendedKeyUsage=serverAuth\n"
MUST_STAPLE = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05\n"
NAMED_CRL = f"crlDistributionPoints=URI:http://crl.example.org/intermediate.crl\n"

# name: (what is wrong, how the certificate differs, the chain after the leaf)
CASES = {
    "good": ("nothing", {}, ["intermediate"]),
    "soon": ("ends in 5 of its 90 days", {"days": (-85, 5)}, ["intermediate"]),
    "ended": ("ended 5 days ago", {"days": (-95, -5)}, ["intermediate"]),
    "early": ("begins in 5 days", {"days": (5, 95)}, ["intermediate"]),
    "name": ("for another name", {"host": "other.example.org"}, ["intermediate"]),
    "ended-name": ("ended, and for another name", {"days": (-95, -5), "host": "other.example.org"}, ["intermediate"]),
    "alone": ("the intermediate is missing", {}, []),
    "disorder": ("chain in the wrong order", {}, ["root", "intermediate"]),
    "self": ("signed by itself", {"issuer": "self"}, []),
    "unknown": ("of an unknown authority", {"issuer": "stranger"}, ["stranger"]),
    "sha1": ("signed with SHA-1", {"digest": "sha1"}, ["intermediate"]),
    "rsa1024": ("RSA key of 1,024 bits", {"key": ("RSA", "-pkeyopt", "rsa_keygen_bits:1024")}, ["intermediate"]),
    "revoked": ("revoked, the CRL says so", {"more": NAMED_CRL}, ["intermediate"]),
    "staple": ("must staple, and does not", {"more": MUST_STAPLE}, ["intermediate"]),
    "long": ("valid for 900 days", {"days": (-20, 880)}, ["intermediate"]),
    "developer": ("the CHT's developer certificate", {"issuer": "self", "subject": "/CN=test-nginx.dev.medicmobile.org"}, []),
    "old": ("the server speaks TLS 1.0 too", {"listen": f"{lab.OLD}:443", "block": "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;"}, ["intermediate"]),
}


def setting():
    """All cases, each at https://<name>.example.org, and the CRL."""
    made = lab.Lab()
    servers = ""
    for name, (_, how, chain) in CASES.items():
        how = dict(how)
        issuer = how.pop("issuer", "intermediate")
        host = how.pop("host", f"{name}.example.org")
        extensions = f"subjectAltName=DNS:{host}\n{SERVER_USE}{how.pop('more', '')}"
        # Versions belong to the address: nginx knows the name only after they are agreed.
        listen = how.pop("listen", f"{lab.FRONT}:443")
        block = how.pop("block", "ssl_protocols TLSv1.2 TLSv1.3;")
        made.certificate(name, how.pop("subject", f"/CN={host}"), name if issuer == "self" else issuer, extensions, **how)
        made.chain(name, name, *chain)
        servers += f"""
server {{ listen {listen} ssl; server_name {name}.example.org; {block} ssl_certificate {made.path(name + '.chain')}; ssl_certificate_key {made.path(name + '.key')};
  location / {{ return 200 ok; }} }}"""
    made.openssl("ca", "-config", "intermediate.cnf", "-keyfile", "intermediate.key", "-cert", "intermediate.pem", "-revoke", "revoked.pem")
    made.openssl("ca", "-config", "intermediate.cnf", "-keyfile", "intermediate.key", "-cert", "intermediate.pem", "-gencrl", "-out", "crl.pem")
    made.openssl("crl", "-in", "crl.pem", "-outform", "DER", "-out", "intermediate.crl")
    servers += f"\nserver {{ listen 80; server_name crl.example.org; root {made.dir}; }}"
    made.named(lab.zones("".join(f"{name} 300 A {lab.OLD if name == 'old' else lab.FRONT}\n" for name in CASES)))
    made.nginx(servers, 80)
    made.write("resolv.conf", f"nameserver {lab.NAMES}\n")
    # In this mount and network namespace alone.
    lab.run("mount", "--bind", made.path("resolv.conf"), "/etc/resolv.conf")
    made.write("blackbox.yml", f"""
modules:
  https:
    prober: http
    timeout: 5s
    http: {{ preferred_ip_protocol: ip4, tls_config: {{ ca_file: {made.path('root.pem')} }} }}
""")
    made.start(["prometheus-blackbox-exporter", f"--config.file={made.path('blackbox.yml')}", "--web.listen-address=127.0.0.1:9115"], EXPORTER)
    return made


def first_line(text):
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def ours(made, name):
    """The checks that are not in order, by the names of their messages."""
    site = made.write("site.yaml", f"name: Lab\nurl: https://{name}.example.org\n")
    command = [PROGRAM, "check", str(site), "--ca-file", made.path("root.pem"), "--resolver", lab.NAMES, "-o", "json", "--only", "renewals.tls-trusted,renewals.tls-expiry,security.tls-config"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    told = lambda finding: f"{finding['verdict']}: {finding['message_id'].split('.')[-1]}"
    bad = [told(finding) for finding in report["findings"] if finding["verdict"] in ("fail", "warn")]
    return "; ".join(bad) or "in order"


def curl(made, name):
    done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "--cacert", made.path("root.pem"), f"https://{name}.example.org/"], capture_output=True, text=True)
    return "ok" if done.returncode == 0 else first_line(done.stderr).split(": ", 2)[-1]


def check_http(_, name):
    done = subprocess.run(["/usr/lib/nagios/plugins/check_http", "-H", f"{name}.example.org", "-S", "--sni", "-C", "14,7"], capture_output=True, text=True)
    words = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}
    told = first_line(done.stdout)
    why = " (expired)" if "expired on" in told else " (expires)" if "expires in" in told else ""
    return words.get(done.returncode, str(done.returncode)) + why


def blackbox(_, name):
    url = f"http://{EXPORTER[0]}:{EXPORTER[1]}/probe?module=https&target=https://{name}.example.org/"
    text = urllib.request.urlopen(url, timeout=20).read().decode()
    value = {line.split(" ")[0]: line.split(" ")[1] for line in text.splitlines() if line and not line.startswith("#")}
    expiry = value.get("probe_ssl_earliest_cert_expiry")
    return f"success {value['probe_success']}, {'expiry told' if expiry else 'no expiry'}"


def sslyze(made, name):
    out = made.path("sslyze.json")
    subprocess.run([SSLYZE, "--certinfo", "--certinfo_ca_file", made.path("root.pem"), "--tlsv1", "--tlsv1_1", f"--json_out={out}", f"{name}.example.org"], capture_output=True, text=True)
    result = json.loads(open(out).read())["server_scan_results"][0]["scan_result"]
    if result is None or result["certificate_info"]["result"] is None:
        return "no result"
    deployment = result["certificate_info"]["result"]["certificate_deployments"][0]
    paths = [path for path in deployment["path_validation_results"] if path["trust_store"]["name"] == "Supplied CA file"] or deployment["path_validation_results"]
    told = []
    error = paths[0].get("validation_error")
    told.append("ok" if paths[0]["was_validation_successful"] else "not trusted: " + first_line(error or "").removeprefix("validation failed: ").split(" (encountered")[0][:70])
    if not deployment.get("received_chain_has_valid_order", True):
        told.append("order wrong")
    if deployment.get("verified_chain_has_sha1_signature"):
        told.append("SHA-1")
    if deployment.get("leaf_certificate_has_must_staple_extension"):
        told.append("must-staple, " + ("stapled" if deployment.get("ocsp_response") else "not stapled"))
    for version in ("tls_1_0_cipher_suites", "tls_1_1_cipher_suites"):
        scan = result[version]["result"]
        if scan and scan["accepted_cipher_suites"]:
            told.append(version[:7].replace("_", " ", 1).replace("_", ".").upper() + " accepted")
    return "; ".join(told)


def main():
    lab.enter_namespace("--mount")
    lab.near()
    made = setting()
    print("| case | cht-audit | curl | check_http -C 14,7 | blackbox_exporter | sslyze |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    for name, (what, _, _) in CASES.items():
        cells = [tool(made, name).replace("|", "/").replace(f"{name}.example.org", "the site") for tool in (ours, curl, check_http, blackbox, sslyze)]
        print(f"| {what} | {' | '.join(cells)} |", flush=True)


main()
