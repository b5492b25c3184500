"""Times whole runs of cht-audit, in the lab of lab.py; prints a Markdown table for the README.

    cargo build --release && sudo python3 tests/bench/speed.py

Needs what lab.py needs, and hyperfine. With --peers also curl, bind9-dnsutils, monitoring-plugins-basic, testssl.sh
(Debian), and sslyze (PyPI; its path in SSLYZE): the same site looked at by them, in the same run.
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import lab

PROGRAM = os.environ.get("CHT_AUDIT", str(lab.REPOSITORY / "target" / "release" / "cht-audit"))
FACILITY = lab.REPOSITORY / "examples" / "facility"
SITE = """
name: Bench County CHT
url: https://cht.example.org
kind: facility
hosts: [ { id: main, address: 192.0.2.10, role: cht } ]
scan_allowed: { date: 2026-11-01, by: ict }
"""


def timed(command, runs, folder, shell=False):
    """Median wall time in milliseconds by hyperfine, and the spread."""
    out = folder / "hyperfine.json"
    how = [] if shell else ["-N"]
    lab.run("hyperfine", *how, "-i", "--warmup", "2", "--runs", str(runs), "--export-json", str(out), command)
    times = [1000 * time for time in json.loads(out.read_text())["results"][0]["times"]]
    return statistics.median(times), min(times), max(times)


def peak(command):
    """The largest resident set of one run, in megabytes."""
    child = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return usage.ru_maxrss / 1000


def row(what, command, runs, folder, shell=False):
    median, least, most = timed(command, runs, folder, shell)
    memory = f"{peak(command):.1f} MB" if not shell else "-"
    print(f"| {what} | {median:.1f} ms | {least:.1f} to {most:.1f} ms | {memory} |", flush=True)
    return median


def live(made):
    """The command that audits the lab's site as it would be audited in the field: by name, through the resolver."""
    made.write("site.yaml", SITE)
    return f"{PROGRAM} check {made.path('site.yaml')} --ca-file {made.path('root.pem')} --resolver {lab.NAMES} --vantage outside -o json"


def chain(command):
    """The round trips of the longest chain, as --dry-run prints it."""
    text = subprocess.run([*command.split(), "--dry-run"], capture_output=True, text=True).stdout
    return int(re.search(r"Longest chain: (\d+) round trips", text).group(1)), text.strip().splitlines()[-1]


def inside(milliseconds):
    """One lab, near or behind a line with this round trip."""
    far = lab.Far(milliseconds) if milliseconds else lab.near()
    made = lab.healthy()
    command = live(made)
    folder = pathlib.Path(made.dir)
    trips, told = chain(command)
    verdicts = json.loads(subprocess.run(command.split(), capture_output=True, text=True).stdout)
    unseen = [limit["what"] for limit in verdicts["limits"] if limit.get("cause")]
    if unseen:
        print(f"not all was seen: {unseen}", file=sys.stderr)
    if not milliseconds:
        row("`check`, one site, server at hand", command, 30, folder)
        return
    before = lab.carried()
    subprocess.run(command.split(), capture_output=True)
    wire = (lab.carried() - before) / 2000  # each packet passes the device twice
    median = row(f"`check`, one site, {milliseconds} ms away", command, 5, folder)
    print(f"  {told}")
    print(f"  {trips} x {milliseconds} ms = {trips * milliseconds} ms on the critical path; {100 * median / (trips * milliseconds) - 100:+.0f} % in fact; {wire:.1f} kB on the wire", flush=True)
    del far


def peers():
    """The same site by others, in one run: what each answers is less, and is said in the README."""
    lab.near()
    made = lab.healthy()
    folder = pathlib.Path(made.dir)
    made.write("resolv.conf", f"nameserver {lab.NAMES}\n")
    # In this mount and network namespace alone.
    lab.run("mount", "--bind", made.path("resolv.conf"), "/etc/resolv.conf")
    row("`cht-audit check`", live(made), 15, folder)
    root, host = made.path("root.pem"), "cht.example.org"
    paths = ["/api/v2/monitoring", "/medic/login", "/medic/privacy-policy", "/deploy-info.json", "/_all_dbs", "/_utils/", "/_up", "/", "/admin/", "/api/info", "/api/v1/express-metrics"]
    urls = " ".join(f"https://{host}{path}" for path in paths)
    script = made.write("script.sh", f"""
/usr/lib/nagios/plugins/check_http -H {host} -S -C 14,7 >/dev/null
curl -s --cacert {root} -o /dev/null {' -o /dev/null '.join(urls.split())}
curl -s -o /dev/null http://{host}/ -o /dev/null http://{host}/.well-known/acme-challenge/
dig +short {host} A {host} AAAA example.org NS example.org CAA >/dev/null
dig +norecurse +short @{lab.NAMES} {host} A >/dev/null
curl -s --cacert {root} -o /dev/null https://rdap.publicinterestregistry.org/rdap/domain/example.org
""")
    row("check_http + curl + dig by script", f"sh {script}", 15, folder)
    sslyze = os.environ.get("SSLYZE", "sslyze")
    row("sslyze, certificate and versions", f"{sslyze} --certinfo --tlsv1 --tlsv1_1 --tlsv1_2 --tlsv1_3 {host}", 3, folder)
    row("testssl, protocols and certificate", f"testssl --quiet --color 0 --warnings off -p -S {host}", 1, folder)


def main():
    lab.enter_namespace("--mount")
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "--inside":
        return inside(int(sys.argv[2]))
    if what == "--inside-peers":
        return peers()
    print("| run | median | range | peak memory |\n| --- | --- | --- | --- |", flush=True)
    made = lab.Lab()
    folder = pathlib.Path(made.dir)
    row("`--version`", f"{PROGRAM} --version", 50, folder)
    row("`check examples/facility`, recorded", f"{PROGRAM} check {FACILITY / 'site.yaml'} --evidence {FACILITY / 'evidence.json'} --as-of 2026-11-22", 50, folder)
    # A namespace for each line: devices and servers end with it.
    outside = {key: value for key, value in os.environ.items() if key != "LAB"}
    for milliseconds in ("0", "50", "300"):
        subprocess.run([sys.executable, __file__, "--inside", milliseconds], env=outside, check=True)
    if what == "--peers":
        print("\n| the same site, at hand | median | range | peak memory |\n| --- | --- | --- | --- |", flush=True)
        subprocess.run([sys.executable, __file__, "--inside-peers"], env=outside, check=True)


main()
