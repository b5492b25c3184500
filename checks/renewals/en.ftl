# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Renewals
    .question = TLS certificates and domain registrations lapse and take the server offline. Who watches them and renews them?

tls-trusted =
    .title = Phones trust the certificate
    .question = Does the certificate name this site and lead, with its whole chain, to an authority that every phone trusts?
    .why = A phone that does not trust the certificate refuses to sync, and people who learn to click warnings away can be sent anywhere.
    .remedy = Set CERTIFICATE_MODE to AUTO_GENERATE and run certbot, or load a certificate that an authority issued, together with its chain; after a revocation with a new key.
    .pass = The certificate on { $address }, by { $issuer }, leads to an authority that phones trust.
    .private-ca = The certificate on { $address } is by { $issuer }, an authority of your own ({ $reason }): only devices on which it was installed trust it.
    .default = { $address } still serves the test certificate that the CHT makes for itself ({ $name }, by { $issuer }): no phone trusts it.
    .developer = { $address } serves a certificate for developers ({ $name }, by { $issuer }): its private key is public, so anybody can read along.
    .staging = The certificate on { $address } is by { $issuer }, an authority for tests: no phone trusts it. Remove --staging from certbot.
    .self-signed = The certificate on { $address } is signed by nobody but itself ({ $issuer }): no phone trusts it.
    .unknown-root = The certificate on { $address } is by { $issuer }, an authority that phones do not know.
    .incomplete = { $address } sends its certificate by { $issuer } without the certificates that link it to a trusted authority: phones that lack them refuse it.
    .bad-signature = A signature in the chain on { $address }, by { $issuer }, does not hold or is of a kind that is no longer accepted.
    .not-usable = The certificate on { $address }, by { $issuer }, is not one that a web server may use.
    .wrong-name = The certificate on { $address }, by { $issuer }, is for { $names }, not for { $host }: phones refuse it.
    .chain-ended = A link of the chain on { $address }, by { $issuer }, ended on { $date }, before the certificate itself: phones refuse it.
    .disordered = { $address } sends its certificate by { $issuer } with the { $count } certificates of the chain in the wrong order: old phones may refuse it.
    .revoked = { $issuer } revoked the certificate on { $address } on { $date } ({ $reason ->
        [key-compromise] its key is in other hands, which can now pose as this server
        [ca-compromise] the authority's own key is in other hands
        [affiliation-changed] its owner has changed
        [superseded] another has replaced it
        [cessation-of-operation] its name is given up or no longer yours
        [certificate-hold] put on hold
        [privilege-withdrawn] it should not have been issued
       *[other] no reason is given
    }): devices that look this up refuse to sync already, and others may from one day to the next.
    .must-staple = The certificate on { $address }, by { $issuer }, demands a proof of validity that the server does not send: Firefox refuses it.
    .bad-staple = The certificate on { $address }, by { $issuer }, demands a proof of validity, and the one that the server sends proves nothing ({ $cause }): Firefox refuses it.
    .too-long = The certificate on { $address }, by { $issuer }, was issued on { $date } for { $days } days, where { $limit } are allowed: browsers may refuse it, and its authority has to revoke it.
    .yes = { $by } said on { $date } that phones trust the certificate.
    .partly = { $by } said on { $date } that only some devices trust the certificate.
    .no = { $by } said on { $date } that devices do not trust the certificate.
    .unknown = Whether phones trust the certificate is not known. A run that reaches the site over the network settles it.

tls-expiry =
    .title = The certificate has time left
    .question = How long does the TLS certificate that the server shows still last?
    .why = When it ends, phones refuse to sync: every health worker is cut off on the same morning.
    .remedy = Renew the certificate now, then find out why no program did.
    .pass = The certificate on { $address } lasts until { $date } (days left: { $days } of { $lifetime }).
    .due = The { $lifetime }-day certificate on { $address } ends on { $date }, { in-days }: its renewal is overdue.
    .ending = The { $lifetime }-day certificate on { $address } ends on { $date }, { in-days }. Phones stop syncing that day.
    .ended = The { $lifetime }-day certificate on { $address } ended on { $date }, { days-ago }. Phones cannot sync.
    .not-yet = The { $lifetime }-day certificate on { $address } is valid only from { $date }. Until then phones cannot sync.
    .yes = { $by } said on { $date } that the certificate has enough time left.
    .partly = { $by } said on { $date } that the certificate will have to be renewed soon.
    .no = { $by } said on { $date } that the certificate is about to end or has ended.
    .unknown = How long the certificate lasts is not known. A run with network access to the site settles it.

tls-automation =
    .title = A program renews the certificate
    .question = Is the certificate renewed without anybody having to think of it?
    .why = Public certificates last 200 days at most, 100 from March 2027 and 47 from 2029. Whoever renews by hand forgets it once, and phones stop syncing that day.
    .remedy = Let a schedule renew the certificate at least every week; every day is better for those of 45 days.
    .pass = The certificate on { $address } is by { $issuer }, for { $lifetime } days, and was renewed in time: { $days } days were left.
    .overdue = The certificate on { $address }, by { $issuer }, had { $days } of { $lifetime } days left: a working program would have renewed it before.
    .never = The certificate on { $address } is signed by itself ({ $issuer }): nothing renews it, and it ends on { $date } (days left: { $days } of { $lifetime }).
    .scheduled = Line { $line } of the crontab runs { $tool } every { $every }.
    .seldom = Line { $line } of the crontab runs { $tool } only every { $every }: one miss is enough for the certificate to end.
    .managed = By { $file } the ingress shows a certificate that Google makes and renews while the name leads to it.
    .uploaded = By { $file } the ingress shows a certificate that somebody uploaded to AWS, which never renews such a one.
    .declared = { $by } wrote on { $date } that certificates come by { $mode }, which renews them.
    .by-hand = { $by } wrote on { $date } that certificates come by { $mode }: they are renewed by hand, if at all.
    .yes = { $by } said on { $date } that a program renews the certificate.
    .partly = { $by } said on { $date } that the certificate is renewed partly by hand.
    .no = { $by } said on { $date } that the certificate is renewed by hand.
    .unknown = Whether a program renews the certificate is not known. The crontab ("files.crontab"), the Helm values ("files.helm_values"), or a dated answer ("answers: renewals.tls-automation"), settles it.

tls-reload =
    .title = A renewed certificate is loaded
    .question = After a renewal, does nginx load the new certificate by itself?
    .why = A new certificate on the disk helps nobody while nginx shows the old one: phones stop syncing on the day that the old one ends.
    .remedy = Take -it out of the cron line, check its time and the container's name, and reload nginx; then compare the served certificate with the stored one.
    .reloads = Line { $line } of the crontab makes { $container } load the new certificate.
    .wants-terminal = Line { $line } of the crontab reloads { $container } with "docker exec -it": cron has no terminal, so the reload fails.
    .old-name = Line { $line } of the crontab reloads { $container }, a name that Docker Compose 2 no longer gives: the reload may find nothing.
    .odd-time = Line { $line } of the crontab reloads { $container } at "{ $schedule }": too seldom, or at a time that never comes.
    .other-container = Line { $line } of the crontab reloads { $container }, whose name is not that of the CHT's nginx: the renewed certificate may not be loaded.
    .on-host = Line { $line } of the crontab reloads the server's own nginx, while { $file } runs the CHT's nginx in a container.
    .no-reload = The crontab renews the certificate (lines { $lines }), but nothing in it makes nginx load the new one.
    .yes = { $by } said on { $date } that nginx loads a renewed certificate by itself.
    .partly = { $by } said on { $date } that nginx does not always load a renewed certificate.
    .no = { $by } said on { $date } that a renewed certificate is not loaded until somebody restarts nginx.
    .unknown = Whether nginx loads a renewed certificate is not known. The crontab ("files.crontab"), or a dated answer ("answers: renewals.tls-reload"), settles it.

acme-path =
    .title = The certificate authority can reach port 80
    .question = Can the certificate authority fetch its challenge over port 80, on every address of the site?
    .why = Let's Encrypt checks a domain over port 80: where that is closed, the next renewal fails in silence, and weeks later phones cannot sync.
    .remedy = Open port 80 on IPv4 and IPv6, or use DNS validation.
    .pass = Port 80 on { $address } answers for certbot (HTTP { $status }).
    .open = Port 80 on { $address } answers where challenges are fetched (HTTP { $status }).
    .broken = Port 80 on { $address } answers where challenges are fetched, but with HTTP { $status }: a challenge would fail as well.
    .one-of-several = Port 80 on { $address } does not answer, only on { $answering }: renewal depends on which address the authority picks.
    .blocked = Port 80 on { $address } does not answer, though TLS does: the authority cannot fetch its challenge.
    .not-acme = The certificate is by { $issuers }, which does not use challenges on port 80 here.
    .yes = { $by } said on { $date } that challenges can be fetched over port 80, or that DNS validation is used.
    .partly = { $by } said on { $date } that challenges can be fetched on some addresses only.
    .no = { $by } said on { $date } that challenges cannot be fetched over port 80.
    .unknown = Whether challenges can be fetched over port 80 is not known. A run with network access to every address of the site settles it.

mode-consistent =
    .title = The certificate comes from where it is said to
    .question = Is the certificate that is served what the declared mode or the environment file would give?
    .why = Who believes in automatic renewal while the server shows something else stops watching, until phones stop syncing on the day that it ends.
    .remedy = Make CERTIFICATE_MODE and the description agree with the certificate that is served.
    .pass = { $address } serves a certificate by { $issuer }, as { $mode } would give.
    .mismatch = { $address } serves a certificate by { $issuer }, which { $mode } would not give.
    .declared = { $by } wrote on { $date } that the mode is { $mode }.
    .filed = The environment file sets the mode { $mode }.
    .differs = The environment file sets the mode { $filed }, the description says { $declared }.
    .yes = { $by } said on { $date } that the served certificate is the one that is meant.
    .partly = { $by } said on { $date } that the served certificate is not quite the one that is meant.
    .no = { $by } said on { $date } that another certificate is served than is meant.
    .unknown = Whether the served certificate is the one that is meant is not known. A run with network access to the site, with "renewals.tls.mode" or the environment file, settles it.

domain-expiry =
    .title = The domain is registered for months to come
    .question = When does the registration of the domain name end?
    .why = When a registration ends the name leads nowhere, or to a stranger: every phone is cut off until it is bought back, if it can be.
    .remedy = Renew for several years, turn on automatic renewal, and add a second contact.
    .pass = { $domain } is registered until { $date }, { days-more } (registrar: { $registrar }).
    .due = The registration of { $domain } ends on { $date }, { in-days } (registrar: { $registrar }).
    .ending = The registration of { $domain } ends on { $date }, { in-days }: renew it this week (registrar: { $registrar }).
    .ended = The registration of { $domain } ended on { $date }, { days-ago } (registrar: { $registrar }).
    .released = The registry is taking { $domain } back ({ $statuses }): it can be lost any day (registrar: { $registrar }).
    .declared = { $by } wrote on { $date } that the registration of { $domain } ends on { $ends }, { in-days }.
    .declared-ended = { $by } wrote on { $date } that the registration of { $domain } ends on { $ends }: that was { days-ago }.
    .no-domain = Nobody registers { $host }, so no registration of it can end.
    .yes = { $by } said on { $date } that the domain is registered for at least three more months.
    .partly = { $by } said on { $date } that the domain's registration ends within three months.
    .no = { $by } said on { $date } that the domain's registration is about to end or has ended.
    .unknown = When the registration of the domain ends is not known. A run that may ask the registry over the Internet, or "renewals.domain.expires" with the registrar's bill as its record, settles it.

domain-agrees =
    .title = The written end of the domain is the registry's
    .question = Is the written end of the domain's registration the one that the registry has?
    .why = A reminder set for the wrong day comes too late, and the name is gone with every phone that uses it.
    .remedy = Correct the date in the calendar from the registry's record.
    .pass = The declared end of { $domain }, { $declared }, agrees with the registry's, { $registry } (days apart: { $days }).
    .off = { $domain } is declared to end on { $declared }, but the registry says { $registry } (days apart: { $days }).
    .declared = { $by } wrote on { $date } that { $domain } is registered until { $ends }.
    .not-declared = The description names no end of the registration of { $host }, so there is nothing to compare.
    .no-domain = { $host } is in no registry, so there is nothing to compare.
    .yes = { $by } said on { $date } that the written end of the domain is the registry's.
    .partly = { $by } said on { $date } that the written end of the domain is not far from the registry's.
    .no = { $by } said on { $date } that the written end of the domain is not the registry's.
    .unknown = Whether the written end of the domain is the registry's is not known. A run that may ask the registry over the Internet settles it.

domain-owner =
    .title = The domain belongs to the institution
    .question = Is the domain registered to the institution, with two contacts or more, and not to one person or a free service?
    .why = Whoever holds the name can move or lose it: when a person leaves or a free service stops, no phone finds the server.
    .remedy = Register the name to the institution, with a role mailbox and a second contact.
    .declared = { $by } wrote on { $date } that the domain belongs to { $owner }, with { $count } contacts: { $contacts }.
    .few-contacts = { $by } wrote on { $date } that the domain belongs to { $owner }; { $count ->
        [0] nobody hears
       *[other] only { $contacts } hears
    } from the registrar, so a notice is easily missed.
    .dynamic = { $host } is a name of the service { $service }: it does not belong to the institution.
    .no-domain = { $host } is not a name that anybody can own.
    .yes = { $by } said on { $date } that the domain is registered to the institution.
    .partly = { $by } said on { $date } that the domain is registered to a person, or with one contact only.
    .no = { $by } said on { $date } that the domain does not belong to the institution.
    .unknown = Who owns the domain is not known. The entry "renewals.domain.owner", or a dated answer with the registrar's record, settles it.

schedule =
    .title = Everything that ends has a date and an owner
    .question = Is there one list of everything that ends (certificates, domain, SMS contract, support, licences), each with a person who renews it?
    .why = What nobody has on a list ends unnoticed: an SMS contract or a cloud bill stops a health programme as surely as a certificate.
    .remedy = List every item that ends, with its owner and how long before that person is reminded.
    .declared = Listed items that end: { $count }, all with an owner and time left; the next is { $item }, on { $date }.
    .gaps = Listed items that end: { $count }. These have ended or have no owner: { $gaps }.
    .nobody = Listed items that end: { $count }, of which none has both an owner and time left: { $gaps }.
    .yes = { $by } said on { $date } that everything that ends is listed with an owner.
    .partly = { $by } said on { $date } that some of what ends is listed with an owner.
    .no = { $by } said on { $date } that there is no list of what ends.
    .unknown = Whether anybody keeps a list of what ends is not known. The entry "renewals.also", or a dated answer with the list as its record, settles it.

caa =
    .title = The domain says who may issue its certificates
    .question = Does a CAA record allow the authority in use, and no other?
    .why = Without it any authority may issue a certificate for the name; with a wrong one the next renewal is refused, and phones are cut off weeks later.
    .remedy = Add a CAA record that names the authority you use, and no other.
    .pass = The CAA record at { $at } allows { $allowed }: certificates by { $issuer } can be renewed.
    .forbids = The CAA record at { $at } allows { $allowed } only: the next certificate by { $issuer } will be refused.
    .absent = No CAA record restricts who may issue certificates for { $host }.
    .no-domain = { $host } has no zone of its own that could hold a CAA record.
    .yes = { $by } said on { $date } that a CAA record names the authority in use.
    .partly = { $by } said on { $date } that the CAA record allows more authorities than are used.
    .no = { $by } said on { $date } that there is no CAA record.
    .unknown = Whether a CAA record allows the authority in use is not known. A run that can ask the name servers and reach the site settles it.
