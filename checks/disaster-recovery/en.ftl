# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Disaster recovery
    .question = If the building floods and the server and its backups on site are lost, what then?

plan =
    .title = There is a written plan for the loss of the site, gone through lately
    .question = When was the plan for the loss of the server's site last gone through, and is a copy kept elsewhere?
    .why = Without a plan the first days go into finding passwords and people, while every clinic falls back to paper.
    .remedy = Write a two-page plan: contacts, order of steps, where copies and keys are; keep a copy elsewhere.
    .recent = { $by } went through the plan on { $date }, { days-ago }.
    .near = { $by } went through the plan on { $date }, but no copy of it is known to be kept away from the site.
    .ageing = The plan was last gone through on { $date } by { $by }, { days-ago }: in more than a year people and servers change.
    .too-old = The plan was last gone through on { $date } by { $by }, { days-ago }: too long ago to be followed.
    .yes = { $by } said on { $date } that there is a written plan.
    .partly = { $by } said on { $date } that the plan is written in part.
    .no = { $by } said on { $date } that there is no written plan.
    .unknown = Whether there is a written plan is not known. The entry "disaster_recovery.plan", with a day, the plan as its record and where a copy is stored, settles it.

objectives =
    .title = It is agreed what may be lost and how soon the CHT must be back
    .question = Has the programme agreed how much work may be lost and how long an outage may last, and do the backups meet that?
    .why = Without the two numbers nobody can say whether a day of lost visits is a failure or the plan.
    .remedy = Agree with the programme how much work may be lost and how long an outage may last, and make copies as often as that needs.
    .met = At most { $may-lose } of work may be lost, and a copy is made every { $every }; the CHT must be back within { $back-within }, and the last restore took { $took }.
    .unmet = Agreed are at most { $may-lose } of lost work and { $back-within } of outage, but a copy is made every { $every } and the last restore took { $took }.
    .unproved = Agreed are at most { $may-lose } of lost work and { $back-within } of outage, but no schedule and timed restore show that both are met.
    .half = Only one of the two numbers is set: { $missing } is not.
    .yes = { $by } said on { $date } that both numbers are agreed with the programme and met.
    .partly = { $by } said on { $date } that the numbers are set but not agreed or not met.
    .no = { $by } said on { $date } that neither number is set.
    .unknown = Whether it is agreed what may be lost is not known. The entries "disaster_recovery.may_lose" and "back_within", with "backups.copies[].every" and "backups.last_restore", settle it.

rto-feasible =
    .title = The data can be brought back in time
    .question = Would a restore over the present Internet line end within the agreed time?
    .why = A copy that needs a week to come back over a thin line means a week without sync for every health worker.
    .remedy = Rehearse a restore; where the line is too slow, keep a copy on a disk at another site, or a second server that is ready.
    .in-time = The CHT would be back after about { $estimate }, of the { $within } agreed: { $bytes } over { $mbps } Mbit/s take { $transfer } of it.
    .late = The CHT would be back only after about { $estimate }, more than the { $within } agreed: { $bytes } over { $mbps } Mbit/s take { $transfer } of it.
    .too-late = The CHT would be back after { $estimate } at the earliest, far more than the { $within } agreed: { $bytes } over { $mbps } Mbit/s alone take { $transfer }.
    .yes = { $by } said on { $date } that a restore ends within the agreed time.
    .partly = { $by } said on { $date } that a restore ends a little after the agreed time.
    .no = { $by } said on { $date } that a restore does not end within the agreed time.
    .unknown = Whether the data can be brought back in time is not known. The entries "link_mbps", "back_within" and "alternate.ready" under "disaster_recovery", with the size from the monitoring API or "scale.data_gb", settle it.

site-separation =
    .title = One full copy is far from the server
    .question = Is there a complete copy that the flood or fire that strikes the server cannot reach?
    .why = A river in flood takes every building on its bank: a copy in the next one goes with the server, and all visits with it.
    .remedy = Put one complete copy, with keys, where the same flood or fire cannot reach it.
    .far = The copy { $copy }, with database and environment file, is kept { $place }.
    .not-full = The copy { $copy } is kept { $place }, far enough, but is not known to hold both the database and the environment file.
    .no-distance = The copy { $copy } is kept { $place }, but the description does not say how many kilometres away.
    .close = The full copy that is farthest away, { $copy }, is { $km } km from the server.
    .near = What strikes the server's site also reaches the copies: { $copy }, the farthest, is kept { $place }.
    .no-data = The copy { $copy }, kept { $place }, does not hold the database, and no other is described that does.
    .no-copy = Nothing is far from the server: what is listed is a part of it, not a copy ({ $copies }).
    .yes = { $by } said on { $date } that a full copy is kept far from the server.
    .partly = { $by } said on { $date } that a copy is kept a few kilometres from the server.
    .no = { $by } said on { $date } that no full copy is kept far from the server.
    .unknown = Whether a full copy is far from the server is not known. The entries "place", "km" and "includes" under "backups.copies[]", with a recent "last" date, settle it.

alternate-host =
    .title = Another server can take over in time
    .question = Where would the CHT run tomorrow if this server were gone, and how soon would that be ready?
    .why = Ordering a server takes weeks in many places; until it stands, no phone can sync.
    .remedy = Reserve a server that meets the minimum, and write down how to get it and how soon.
    .in-time = Another server is said to be ready within { $ready }; the CHT must be back within { $within }.
    .late = Another server is said to be ready only after { $ready }, while the CHT must be back within { $within }.
    .no-time = Another server is agreed on, but the description leaves out { $missing }, so nobody can tell whether it is ready in time.
    .yes = { $by } said on { $date } that another server can take over in time.
    .partly = { $by } said on { $date } that another server is agreed on but not ready.
    .no = { $by } said on { $date } that there is no other server.
    .unknown = Where the CHT would run without this server is not known. The entry "disaster_recovery.alternate", with its "ready" time, settles it.

rebuild-from-scratch =
    .title = The CHT can be rebuilt without the old server
    .question = Are the compose files of the running version and the forms and settings kept away from the server?
    .why = Without the right version and its forms, no health worker's phone can use the restored database.
    .remedy = Keep the compose files of the running version, the forms and settings, and for a poor line an archive of the images, away from the server.
    .kept = Compose files and configuration for version { $version } are in { $copies }.
    .no-version = Compose files and configuration are in { $copies }, but the entry "cht.version" does not say which version they are for.
    .part = The copy { $copy } holds a part of what a rebuild needs; no copy is described as holding { $missing }.
    .left-out = No copy is described as holding compose files or the configuration; named are { $copies }.
    .development = { $file } still holds values of those who develop the CHT, whose cloud is not yours: { $keys }. A rebuild from it has to change them first.
    .yes = { $by } said on { $date } that the CHT can be rebuilt without the old server.
    .partly = { $by } said on { $date } that a part of what a rebuild needs is kept.
    .no = { $by } said on { $date } that a rebuild needs the old server.
    .unknown = Whether the CHT can be rebuilt without the old server is not known. The entry "backups.copies[].includes" (compose, config), with "cht.version", settles it.

version-pinned =
    .title = The version on record is the one that runs
    .question = Is the running CHT version recorded outside the server?
    .why = A restore with an older version cannot open data that a newer one has changed, and phones refuse to go back.
    .remedy = Write down the running version (with Helm also the values file) after each upgrade, and keep it away from the server.
    .same = Version { $version } is on record, and version { $running } runs.
    .patch = Version { $version } is on record while { $running } runs: another patch of the same release.
    .differs = Version { $version } is on record while { $running } runs: a restore after the record would change the release.
    .values-same = { $file } holds version { $version }, and version { $running } runs.
    .values-differ = { $file } holds version { $version } while { $running } runs: the next "helm upgrade" from this file would change it.
    .declared = Version { $version } is on record; which one runs was not seen.
    .undeclared = The description names no version ({ $key }), so there is nothing to compare.
    .yes = { $by } said on { $date } that the running version is on record.
    .partly = { $by } said on { $date } that the record of the version may be behind.
    .no = { $by } said on { $date } that the running version is not on record.
    .unknown = Whether the version on record is the running one is not known. A run with network access to the site's monitoring API settles it.

secrets-offsite =
    .title = Passwords and keys outlast the loss of the server
    .question = Can two people get at the admin password, the CouchDB secret and the backup keys when the server and its building are gone?
    .why = A perfect copy that nobody can unlock, or an admin account that nobody can open, keeps every health worker out.
    .remedy = Keep the administrator's password, the CouchDB secret and the backup keys in a vault at another site, which two people can open.
    .yes = { $by } said on { $date } that two people can reach all secrets from elsewhere.
    .partly = { $by } said on { $date } that one person can reach the secrets from elsewhere.
    .no = { $by } said on { $date } that the secrets are kept on the server only.
    .unknown = Whether passwords and keys outlast the loss of the server is not known. A dated answer settles it, best with a record such as the vault's list of names (never the secrets).

exercise =
    .title = The loss of the building was rehearsed in the last year
    .question = When was it last rehearsed to bring the CHT back without the building?
    .why = A plan that nobody has tried fails at the first thing that nobody thought of, while health workers cannot sync.
    .remedy = Run a yearly exercise that assumes the building is lost, and write down what did not work.
    .recent = { $by } rehearsed the loss of the building on { $date }, { days-ago }.
    .ageing = The loss of the building was last rehearsed on { $date } by { $by }, { days-ago }: more than a year.
    .too-old = The loss of the building was last rehearsed on { $date } by { $by }, { days-ago }: staff and systems have changed since.
    .yes = { $by } said on { $date } that the loss of the building was rehearsed.
    .partly = { $by } said on { $date } that the loss of the building was rehearsed in part.
    .no = { $by } said on { $date } that the loss of the building was never rehearsed.
    .unknown = Whether the loss of the building was ever rehearsed is not known. A dated answer with a record of the exercise settles it.

cluster-misbelief =
    .title = No mirror or cluster is taken for a backup
    .question = Do all agree that mirrored disks or several database nodes are no copy?
    .why = A mirror repeats a deletion within the second, and a CouchDB cluster of the CHT keeps each record on one node only.
    .remedy = Do not count RAID or a CouchDB cluster as a copy, and make a real one.
    .clear = { $count ->
        [one] The { $count } copy in the description is
       *[other] All { $count } copies in the description are
    } neither mirror nor cluster.
    .counted = Listed as a copy, but none: { $copies }. Mirrored disks and database nodes lose data together.
    .yes = { $by } said on { $date } that nobody takes a mirror or a cluster for a backup.
    .partly = { $by } said on { $date } that some still take a mirror or a cluster for a backup.
    .no = { $by } said on { $date } that a mirror or a cluster is relied on as a backup.
    .unknown = Whether a mirror or a cluster is taken for a backup is not known. The list of copies under "backups.copies" settles it.

dns-ttl =
    .title = The name can be moved to another server quickly
    .question = How long do phones go on asking the old server after the name was changed?
    .why = Until the old address has run out of every cache, health workers' phones go on calling a server that is gone.
    .remedy = Lower the TTL of the address (and of each alias on the way) to an hour or less, long before it is needed.
    .short = Phones find { $name } at a new address within { $ttl }: that is its TTL at the zone's own name servers.
    .long = Phones find { $name } at a new address only after { $ttl }, its TTL at the zone's own name servers.
    .too-long = Phones would go on calling the old address of { $name } for { $ttl }, its TTL at the zone's own name servers.
    .remaining-long = The zone's own name servers did not tell the TTL of { $name }; another resolver still keeps it for { $ttl }, so it is longer than an hour.
    .remaining-too-long = The zone's own name servers did not tell the TTL of { $name }; another resolver still keeps it for { $ttl }, so it is longer than a day.
    .no-name = Health workers use the bare address { $address }: it cannot move to another server, and each phone would have to be set up again.
    .yes = { $by } said on { $date } that the name can be moved within an hour.
    .partly = { $by } said on { $date } that the name can be moved within a day.
    .no = { $by } said on { $date } that moving the name takes more than a day.
    .unknown = How long a change of the name takes is not known. A run with network access to the zone's name servers settles it.
