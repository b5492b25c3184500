# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Security
    .question = Disks, ports, passwords and accounts: who can read patients' data that should not?

disk-encryption =
    .title = The disks are encrypted
    .question = If the server or its disk is stolen, is what lies on it unreadable?
    .why = Whoever carries such a disk out of the building can read the record of every patient, and the keys of the server.
    .remedy = Encrypt the data, Docker's folder and swap with LUKS2 (or the cloud's volume encryption), with a plan for unlocking.
    .declared = The description says that the encrypted disk is unlocked at boot by { $unlock }.
    .by-person = The description says that the encrypted disk waits at boot for a { $unlock }: after a power cut the CHT does too.
    .unencrypted = The description says that there is nothing to unlock at boot ("restarts.unlock: { $unlock }"): no disk is encrypted.
    .differs = One answer says that the disks are encrypted, but "restarts.unlock: { $unlock }" says that no disk is: one of the two is out of date.
    .yes = { $by } said on { $date } that the disks are encrypted.
    .partly = { $by } said on { $date } that some of the disks are encrypted.
    .no = { $by } said on { $date } that the disks are not encrypted.
    .unknown = Whether the disks are encrypted is not known. A dated answer ("answers: security.disk-encryption") after "lsblk -f" on the server, or after a look at the cloud's console, settles it.

exposed-ports =
    .title = Only the web server is open to the world
    .question = Are the web server's ports the only ones that a stranger on the Internet can reach?
    .why = A database, a Docker or an upgrade service that answers strangers hands over every patient's record, or the whole server.
    .remedy = Publish only ports 80 and 443 of nginx, bind all else to localhost or a VPN, and use the DOCKER-USER chain; on Kubernetes leave every Service at ClusterIP.
    .pass = Of { $count } ports tried on { $host } ({ $address }) { $open ->
        [0] none is open to the world
       *[other] only those that may be are open to the world: { $ports }
    }.
    .grave = { $host } ({ $address }) lets the whole world reach { $ports }: whoever connects may read or change everything.
    .declared-grave = { $host } ({ $address }) lets the whole world reach { $ports }: the description allows it, but it gives away data or the server.
    .open = { $host } ({ $address }) lets the whole world reach { $ports }, which the description does not allow.
    .open-inside = { $host } ({ $address }) is open to this network on { $ports }; whether the world can reach it was not tried.
    .published = The compose files publish { $services } on every address of the server; Docker passes by the server's firewall.
    .service = { $file } puts { $service } on the network past the ingress and its TLS, by a Service of the type { $kind }.
    .yes = { $by } said on { $date } that only the web server is open to the world.
    .partly = { $by } said on { $date } that a few more ports than the web server's are open to the world.
    .no = { $by } said on { $date } that other services are open to the world.
    .unknown = Which ports are open to the world is not known. A run from another network (--vantage outside), with "scan_allowed" and the addresses under "hosts", settles it.

couchdb-anonymous =
    .title = The database refuses strangers
    .question = Does CouchDB refuse everybody who has no login, at the site's address?
    .why = Where it does, anybody on the Internet can copy the patients' records.
    .remedy = Let nobody reach CouchDB directly, and keep require_valid_user = true.
    .pass = Strangers are refused at { $paths }.
    .open = CouchDB answers strangers at { $paths }.
    .yes = { $by } said on { $date } that the database refuses strangers.
    .partly = { $by } said on { $date } that the database refuses strangers in part.
    .no = { $by } said on { $date } that the database answers strangers.
    .unknown = Whether the database refuses strangers is not known. A run with network access to the site settles it.

default-credentials =
    .title = No password is a published one
    .question = Is every administrator's password one that nobody can look up or guess?
    .why = The passwords of the documentation are the first that a stranger tries, and the administrator's opens every record.
    .remedy = Change the medic user's password in CouchDB and in the environment file (with Helm, in the values), then restart the containers.
    .pass = { $file } holds long passwords that are published nowhere: { $variables }.
    .published = { $file } holds a password that the documentation publishes: { $variables }.
    .empty = { $file } holds an empty password: { $variables }.
    .written-out = { $file } has a password written out, and compose files are passed around: { $variables }. Its place is the environment file.
    .short = { $file } holds a password of fewer than 12 characters: { $variables }.
    .yes = { $by } said on { $date } that no default password is in use.
    .partly = { $by } said on { $date } that some default or short passwords are still in use.
    .no = { $by } said on { $date } that default passwords are in use.
    .unknown = Whether a published password is in use is not known. The environment file ("files.env") or the Helm values ("files.helm_values"), with the compose files that may overrule it, settles it.

secret-quality =
    .title = The keys of the server are its own
    .question = Are COUCHDB_SECRET and COUCHDB_UUID set, and set to values of your own?
    .why = Whoever knows the secret can log in as any health worker; whoever loses it logs everybody out and cannot read stored credentials.
    .remedy = Set COUCHDB_SECRET and COUCHDB_UUID to values of your own; a changed secret logs everybody out and makes stored credentials unreadable.
    .pass = { $file } holds values of its own for { $variables }.
    .published = { $file } holds a value that anybody can look up for { $variables }: with the secret, a stranger can log in as anybody.
    .unset = { $file } does not set { $variables }: the installer made it up, and a server rebuilt without its volume gets another.
    .written-out = { $file } has the value of { $variables } written out: whoever is sent a copy of the file, or sees its repository, knows it. The environment file is its place.
    .short = { $file } holds a value of fewer than 12 characters for { $variables }: it can be guessed.
    .yes = { $by } said on { $date } that the secret and the identifier are the server's own.
    .partly = { $by } said on { $date } that one of the secret and the identifier is not the server's own.
    .no = { $by } said on { $date } that the secret or the identifier is a published one.
    .unknown = Whether the server's keys are its own is not known. The environment file ("files.env") or the Helm values ("files.helm_values"), with whatever the compose files set, settles it.

env-permissions =
    .title = Only its owner can read the environment file
    .question = Can only its owner read the file with the server's passwords, and does no repository hold it?
    .why = One forgotten account on the server, or a public repository, then holds the password of the patients' database.
    .remedy = Run "chmod 600" on the environment file, keep it out of git, and keep the docker group small.
    .yes = { $by } said on { $date } that only its owner can read the environment file.
    .partly = { $by } said on { $date } that a few others can read the environment file.
    .no = { $by } said on { $date } that others can read the environment file.
    .unknown = Who can read the environment file is not known. A dated answer ("answers: security.env-permissions") after "ls -l" on the server settles it; a copy of the file cannot.

tls-config =
    .title = Only current versions of TLS are accepted
    .question = Does the server refuse old versions of TLS, weak keys and weak signatures?
    .why = What health workers send crosses many networks; old TLS lets somebody on the way read patients' names and passwords.
    .remedy = Offer TLS 1.2 and 1.3 only, and replace a weak key or signature with the next certificate.
    .pass = The server agrees on { $agreed } and refuses older versions.
    .no-13 = The server agrees on { $agreed }, not on TLS 1.3 everywhere.
    .legacy = The server still accepts { $version }.
    .weak-key = The chain on { $address } has a key that is too short: { $what }.
    .weak-signature = The chain on { $address } has a signature that can be forged: { $what }.
    .yes = { $by } said on { $date } that only TLS 1.2 and 1.3 are offered.
    .partly = { $by } said on { $date } that TLS is current in part.
    .no = { $by } said on { $date } that old versions of TLS are still offered.
    .unknown = Which versions of TLS the server accepts is not known. A run with network access to the site settles it; without one, a dated answer does ("answers: security.tls-config").

headers =
    .title = The CHT's security headers reach the browser
    .question = Do the CHT's security headers and cookie attributes arrive at the browser?
    .why = A proxy that strips them lets somebody on a clinic's network take over the session of a health worker, which lasts a year.
    .remedy = Stop the proxy in front from removing HSTS, CSP and the attributes of cookies.
    .pass = HSTS holds for { $length }, and CSP, nosniff, frame options and Secure cookies arrive.
    .no-hsts = The login page of { $url } comes without HSTS: a browser can be led to plain HTTP.
    .insecure-cookie = Cookies that may travel without TLS: { $cookies }.
    .short-hsts = HSTS holds for { $length } only.
    .missing = The login page comes without these protections: { $headers }.
    .names-version = The server tells strangers its version: { $version }.
    .yes = { $by } said on { $date } that the security headers arrive.
    .partly = { $by } said on { $date } that some of the security headers arrive.
    .no = { $by } said on { $date } that the security headers do not arrive.
    .unknown = Whether the security headers arrive is not known. A run that can read the login page and the start page settles it.

cors =
    .title = No other website may act for a user
    .question = Does the API keep the pages of other websites from reading its answers?
    .why = Any page that a logged-in health worker opens could then read patients' records in their name.
    .remedy = Start the API without --allow-cors, and take CORS headers out of the proxy.
    .pass = { $url } lets no foreign website read its answers.
    .any-origin = { $url } lets every website read what strangers may read, though not with a user's login.
    .reflected = { $url } lets every website read patients' records with the login of whoever visits it.
    .yes = { $by } said on { $date } that no other website may read the API's answers.
    .partly = { $by } said on { $date } that some other websites may read the API's answers.
    .no = { $by } said on { $date } that any website may read the API's answers.
    .unknown = Whether other websites may read the API's answers is not known. A run that can call the API over the network settles it.

http-redirect =
    .title = Plain HTTP only points to HTTPS
    .question = Does port 80 redirect to HTTPS for good, and serve nothing itself?
    .why = A health worker's password that is typed into a page without TLS can be read by anybody on the same Wi-Fi.
    .remedy = Let port 80 answer with 301 to https, and with nothing else.
    .pass = Port 80 on { $address } redirects to HTTPS for good (HTTP { $status }).
    .temporary = Port 80 on { $address } redirects to HTTPS, but for this time only (HTTP { $status }).
    .no-redirect = Port 80 on { $address } answers with HTTP { $status } and does not redirect to HTTPS.
    .content = Port 80 on { $address } serves pages without TLS (HTTP { $status }).
    .closed = Port 80 on { $address } is closed: nothing is served without TLS.
    .yes = { $by } said on { $date } that plain HTTP only redirects.
    .partly = { $by } said on { $date } that plain HTTP redirects in most cases.
    .no = { $by } said on { $date } that pages are served over plain HTTP.
    .unknown = What plain HTTP answers is not known. A run that can reach port 80 on every address of the site settles it.

password-version =
    .title = This version makes people change given passwords
    .question = Does this version of the CHT make people change a password that was given to them, and slow down guessing?
    .why = A password that a supervisor wrote down and handed out is known to two people from its first day.
    .remedy = Upgrade to 4.17 or later, which forces the change of given passwords.
    .enforced = CHT { $version } makes people change a password that they were given, and slows down guessing.
    .limits-only = CHT { $version } slows down guessing, but a password that was given can stay: that needs 4.17.
    .neither = CHT { $version } neither slows down guessing nor asks for a change of a given password.
    .yes = { $by } said on { $date } that given passwords have to be changed at the first login.
    .partly = { $by } said on { $date } that guessing is slowed down, but given passwords can stay.
    .no = { $by } said on { $date } that guessing is not slowed down and given passwords can stay.
    .unknown = Whether this version makes people change given passwords is not known. A run with network access to the site settles it; no login is needed here.

password-skip =
    .title = No role may keep a given password
    .question = Is the permission can_skip_password_change empty?
    .why = With it, passwords that were handed out on paper open patients' records for years.
    .remedy = Leave can_skip_password_change empty in the app settings.
    .yes = { $by } said on { $date } that no role may keep a given password.
    .partly = { $by } said on { $date } that a few roles may keep a given password.
    .no = { $by } said on { $date } that health workers may keep a given password.
    .unknown = Which roles may keep a given password is not known. A dated answer ("answers: security.password-skip") after a look at the app settings settles it.

password-policy =
    .title = There is a rule for handing out passwords
    .question = Is it written down how health workers' passwords are made and handed out: random and unique, or none at all?
    .why = With a formula such as name and year, whoever has seen one password can open every health worker's account.
    .remedy = Use magic links or random, unique passwords; no formulas, no printed lists.
    .no-passwords = The description says that health workers log in by { $login }: no password is handed out.
    .yes = { $by } said on { $date } that a written rule asks for random, unique passwords.
    .partly = { $by } said on { $date } that there is a habit, but no written rule.
    .no = { $by } said on { $date } that passwords follow a formula or are shared.
    .unknown = How passwords are made and handed out is not known. A dated answer with the written rule as its record settles it.

token-login =
    .title = It was decided how health workers log in
    .question = Were magic links or single sign-on considered, and are they set up right where they are used?
    .why = Without a password there is nothing to write on a phone's back; a link with a wrong address locks every new health worker out.
    .remedy = Decide on token login; if it is used, set app_url to the https address, and an SMS service.
    .declared = The description says that health workers log in by { $login }.
    .passwords = The description says that health workers log in by { $login }, but not whether magic links were considered.
    .yes = { $by } said on { $date } that the way in which health workers log in was decided and is set up.
    .partly = { $by } said on { $date } that the way in which health workers log in was decided, but is not set up yet.
    .no = { $by } said on { $date } that other ways than passwords were never considered.
    .unknown = Whether another way to log in than passwords was considered is not known. The entry "security.chw_login", or a dated answer ("answers: security.token-login"), settles it.

admin-accounts =
    .title = Administrators are few and named
    .question = Does every administrator have an account of their own, and are there three at most?
    .why = With a shared account nobody can tell who deleted a patient, and everybody who ever left still has the password.
    .remedy = Give each administrator a named account, keep them few, and keep passphrases in a password manager.
    .yes = { $by } said on { $date } that at most three administrators have accounts of their own.
    .partly = { $by } said on { $date } that there are four to six administrators, each with an account of their own.
    .no = { $by } said on { $date } that administrators are many or share accounts.
    .unknown = How many administrators there are is not known. A dated answer ("answers: security.admin-accounts"), with the list of accounts as its record, settles it.

session-lifetime =
    .title = A lost phone can be shut out
    .question = Is it written down what to do when a phone is lost, and has somebody done it?
    .why = A session lasts a year: whoever finds the phone reads the households on it until the password is changed.
    .remedy = Write down what to do about a lost phone: reset the password, and wipe the phone by device management.
    .yes = { $by } said on { $date } that there is a procedure for lost phones, with device management.
    .partly = { $by } said on { $date } that there is a procedure for lost phones, without device management.
    .no = { $by } said on { $date } that there is no procedure for lost phones.
    .unknown = Whether a lost phone can be shut out is not known. A dated answer with the written procedure as its record settles it.
