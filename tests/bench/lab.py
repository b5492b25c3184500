"""A small internet on this machine, for benchmarks and for the table of TLS: its own network namespace, a certificate
authority, nginx as the front of a CHT and as a registry, BIND as resolver and as the zone's own server. Nothing leaves it.

Needs root (or unshare), Linux, and Debian's nginx, bind9, openssl, iproute2. Standard library only.
"""

import atexit
import collections
import fcntl
import json
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = REPOSITORY / "tests" / "captures"
# Every address of the lab; 192.0.2.0/24 is kept for documentation, so that none can be anybody's.
SERVER = "192.0.2.1"
FRONT = "192.0.2.10"
OLD = "192.0.2.11"
REGISTRY = "192.0.2.20"
CRL = "192.0.2.30"
NAMES = "192.0.2.53"


def enter_namespace(*more):
    """Runs the calling script again in a network namespace of its own, where there is nothing but loopback; `--mount` gives
    it mounts of its own too.
    """
    if os.environ.get("LAB") != "inside":
        os.environ["LAB"] = "inside"
        os.execvp("unshare", ["unshare", "--net", *more, "--", sys.executable, *sys.argv])
    run("ip", "link", "set", "lo", "up")


def run(*command, **more):
    """Runs a command to its end; its output, or an error that shows it."""
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr or done.stdout}")
    return done.stdout


def near():
    """Puts the servers on loopback, as near as can be."""
    for address in (SERVER, FRONT, OLD, REGISTRY, CRL, NAMES):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")


class Far:
    """Puts the servers behind a line with a round trip of `milliseconds`: a device whose packets are held for half of it
    each way. The two ends of a packet change places, which leaves its checksums right, so that what is sent to
    FRONT arrives at SERVER as if it came from FRONT. Every packet waits: handshakes and name look-ups too.
    """

    def __init__(self, milliseconds):
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, 0x400454CA, struct.pack("16sH", b"lab0", 0x1001))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
        run("ip", "address", "add", f"{SERVER}/24", "dev", "lab0")
        run("ip", "link", "set", "lab0", "up")
        self.hold = milliseconds / 2000
        threading.Thread(target=self.carry, daemon=True).start()

    def carry(self):
        waiting = collections.deque()
        while True:
            rest = max(0, waiting[0][0] - time.monotonic()) if waiting else None
            if select.select([self.fd], [], [], rest)[0]:
                packet = os.read(self.fd, 65536)
                if packet[0] >> 4 == 4:  # the kernel sends IPv6 router solicitations too
                    waiting.append((time.monotonic() + self.hold, packet[:12] + packet[16:20] + packet[12:16] + packet[20:]))
            while waiting and waiting[0][0] <= time.monotonic():
                os.write(self.fd, waiting.popleft()[1])


def carried():
    """Bytes that went over the lab's device so far, both ways (only with `Far`)."""
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines():
        if line.strip().startswith("lab0:"):
            numbers = line.split(":")[1].split()
            return int(numbers[0]) + int(numbers[8])
    return 0


class Lab:
    """A folder of certificates and servers; it and they end with the script."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        atexit.register(shutil.rmtree, self.dir, ignore_errors=True)
        # nginx's workers and BIND read it as others than root.
        self.dir.chmod(0o755)
        for authority in ("root", "intermediate", "stranger"):
            self.write(f"{authority}.cnf", f"""
[ca]
default_ca = d
[d]
database = {self.dir}/{authority}.txt
new_certs_dir = {self.dir}
rand_serial = yes
unique_subject = no
policy = p
default_md = sha256
default_crl_days = 7
crlnumber = {self.dir}/{authority}.number
crl_extensions = list
[list]
authorityKeyIdentifier = keyid:always
[p]
organizationName = optional
commonName = optional
[req]
distinguished_name = n
[n]
""")
            self.write(f"{authority}.txt", "")
            self.write(f"{authority}.number", "01\n")
        ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
        self.certificate("root", "/O=Lab/CN=Lab Root", "root", ca, days=(-900, 3000))
        self.certificate("intermediate", "/O=Let's Encrypt/CN=Lab E1", "root", ca, days=(-900, 2900))
        self.certificate("stranger", "/O=Stranger/CN=Stranger Root", "stranger", ca, days=(-900, 3000))

    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def path(self, name):
        return str(self.dir / name)

    def openssl(self, *arguments):
        return run("openssl", *arguments, cwd=self.dir)

    def certificate(self, name, subject, issuer, extensions, days=(-20, 70), digest="sha256", key=("EC", "-pkeyopt", "ec_paramgen_curve:P-256")):
        """Makes `name`.key and `name`.pem, valid from and until so many days from now."""
        self.openssl("genpkey", "-algorithm", *key, "-out", f"{name}.key")
        self.openssl("req", "-new", "-config", "root.cnf", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        self.write("extensions", extensions)
        day = lambda count: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + count * 86400))
        by = ("-selfsign", "-keyfile", f"{name}.key") if issuer == name else ("-keyfile", f"{issuer}.key", "-cert", f"{issuer}.pem")
        config = f"{issuer}.cnf" if (self.dir / f"{issuer}.cnf").exists() else "root.cnf"
        self.openssl("ca", "-batch", "-notext", "-preserveDN", "-config", config, "-extfile", "extensions", "-md", digest, *by,
                     "-startdate", day(days[0]), "-enddate", day(days[1]), "-in", f"{name}.csr", "-out", f"{name}.pem")

    def chain(self, name, *members):
        """Writes the certificates of the members, in this order, as `name`.chain."""
        self.write(f"{name}.chain", "".join((self.dir / f"{member}.pem").read_text() for member in members))

    def start(self, command, address):
        """Starts a server and waits until it accepts connections at `address`."""
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        atexit.register(child.kill)
        for _ in range(400):
            try:
                socket.create_connection(address, 0.2).close()
                return child
            except OSError:
                if child.poll() is not None:
                    raise SystemExit(f"{command[0]} ended: {child.stderr.read()}")
                time.sleep(0.02)
        raise SystemExit(f"{command[0]} does not listen on {address}")

    def nginx(self, servers, port):
        temporary = "".join(f"{kind}_temp_path {self.path(kind)};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.write("nginx.conf", f"""
daemon off; pid {self.path('nginx.pid')}; error_log stderr emerg; user root;
events {{}}
http {{
  access_log off; {temporary} ssl_ciphers DEFAULT:@SECLEVEL=0; keepalive_timeout 65; server_tokens off;
  gzip on; gzip_types application/json text/plain; gzip_min_length 500;
  {servers}
}}
""")
        return self.start(["nginx", "-e", "stderr", "-p", str(self.dir), "-c", str(config)], (SERVER, port))

    def named(self, zones):
        """BIND with these zones: `{"org": lines}`."""
        listed = "".join(f'zone "{zone}" {{ type primary; file "{self.write("zone-" + zone, text)}"; }};\n' for zone, text in zones.items())
        config = self.write("named.conf", f"""
options {{ directory "{self.dir}"; listen-on {{ any; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; notify no;
  pid-file none; session-keyfile "{self.path('session.key')}"; managed-keys-directory "{self.dir}"; }};
controls {{ }};
{listed}
""")
        return self.start(["named", "-g", "-n", "1", "-c", str(config)], (SERVER, 53))


SOA = "@ 7200 SOA ns1 h 1 3600 600 86400 300\n@ 7200 NS ns1\nns1 7200 A " + NAMES + "\n"


def zones(more=""):
    """The zones of example.org, of its registry, and of their parent."""
    return {
        "org": SOA + f"example 7200 NS ns1.example\nns1.example 7200 A {NAMES}\nrdap.publicinterestregistry 7200 A {REGISTRY}\n",
        "example.org": SOA + f'@ 7200 CAA 0 issue "letsencrypt.org"\ncht 300 A {FRONT}\ncrl 300 A {CRL}\n' + more,
    }


def capture(name):
    """Status, headers and body of a captured answer."""
    head, _, body = (CAPTURES / f"{name}.http").read_text().partition("\n\n")
    lines = [line for line in head.splitlines() if not line.startswith("#")]
    status = lines[0].split(" ")[1]
    skipped = ("content-length", "transfer-encoding", "connection", "keep-alive", "content-type", "date", "server", "vary", "content-encoding", "etag")
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if ":" in line]
    kind = next((value for key, value in headers if key.lower() == "content-type"), "text/plain")
    return status, kind.split(";")[0], [(key, value) for key, value in headers if key.lower() not in skipped], body


def cht(lab):
    """Server blocks of a healthy CHT 5.2.0 as captured: HTTPS with its redirect from port 80."""
    quoted = lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}") + "'"
    answers = {
        "= /api/v2/monitoring": "cht-core-5.2.0/monitoring-v2-interval",
        "= /api/v1/express-metrics": "cht-core-5.2.0/express-metrics-anon",
        "= /api/info": "cht-core-5.2.0/api-info-anon",
        "= /medic/login": "reconstructed/login-page",
        "= /medic/privacy-policy": "reconstructed/privacy-policy",
        "= /deploy-info.json": "cht-core-5.2.0/deploy-info-admin",
        "= /": "cht-core-5.2.0/root-anon",
        "= /admin/": "cht-core-5.2.0/admin-app-anon",
        "/": "cht-core-5.2.0/couch-all-dbs-anon",
    }
    places = ""
    for place, name in answers.items():
        status, kind, headers, body = capture(name)
        if name.endswith("monitoring-v2-interval"):
            body = fresh(body)
        told = "".join(f"add_header {key} {quoted(value)} always; " for key, value in headers if key.lower() != "location")
        if status == "200":
            file = lab.write(f"answers/{name.replace('/', '-')}", body)
            act = f"root {lab.dir}; try_files /answers/{file.name} =404;"
        elif status.startswith("3"):
            location = next(value for key, value in headers if key.lower() == "location")
            act = f"return {status} {quoted(location)};"
        else:
            act = f"return {status} {quoted(body.strip())};"
        places += f"location {place} {{ default_type {kind}; types {{ }} {told} {act} }}\n"
    return f"""
geo $dollar {{ default "$"; }}
server {{ listen 80; server_name cht.example.org;
  location /.well-known/acme-challenge/ {{ return 200 "CERTIFICATE_MODE AUTO_GENERATE"; }} location / {{ return 301 https://cht.example.org$request_uri; }} }}
server {{ listen 443 ssl http2; server_name cht.example.org;
  ssl_certificate {lab.path('cht.chain')}; ssl_certificate_key {lab.path('cht.key')}; ssl_protocols TLSv1.2 TLSv1.3;
  {places} }}
"""


def fresh(monitoring):
    """The monitoring answer with the clock of now."""
    answer = json.loads(monitoring)
    answer["date"]["current"] = int(time.time() * 1000)
    return json.dumps(answer)


def registry(lab):
    """The server block of the registry of example.org: a captured answer, about this name and ending next year."""
    answer = json.loads((CAPTURES / "rdap" / "verisign.json").read_text())
    answer["ldhName"] = "EXAMPLE.ORG"
    for event in answer["events"]:
        if event["eventAction"] == "expiration":
            event["eventDate"] = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 400 * 86400))
    file = lab.write("answers/rdap.json", json.dumps(answer))
    return f"""
server {{ listen 443 ssl; server_name rdap.publicinterestregistry.org;
  ssl_certificate {lab.path('registry.chain')}; ssl_certificate_key {lab.path('registry.key')};
  location / {{ default_type application/rdap+json; types {{ }} root {lab.dir}; try_files /answers/{file.name} =404; }} }}
"""


def healthy():
    """The lab with a healthy CHT at https://cht.example.org, its zone and its registry."""
    lab = Lab()
    for name, host in (("cht", "cht.example.org"), ("registry", "rdap.publicinterestregistry.org")):
        lab.certificate(name, f"/CN={host}", "intermediate", f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n")
        lab.chain(name, name, "intermediate")
    lab.named(zones())
    lab.nginx(cht(lab) + registry(lab), 443)
    return lab
