# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Power failures and restarts
    .question = After a power failure or an unplanned restart, does the server come back, and does the CHT resume?

restart-policy =
    .title = Every container restarts by itself
    .question = Will each container of the CHT start again when Docker does?
    .why = After a power cut the CHT stays down until somebody notices and starts it; visits wait on the phones.
    .remedy = Restore "restart: always" in every compose file (CHT, upgrade service, proxy) and recreate the containers.
    .pass = Every service restarts by itself ({ $count } in the compose files): { $services }.
    .on-failure = Docker brings these back after a crash, but not when the server starts: { $services }.
    .stays-down = No restart policy brings these back when the server restarts: { $services }.
    .yes = { $by } said on { $date } that every container restarts by itself.
    .partly = { $by } said on { $date } that only some containers restart by themselves.
    .no = { $by } said on { $date } that containers do not restart by themselves.
    .unknown = Whether every container restarts by itself is not known. The compose files ("files.compose"), or a dated answer ("answers: restarts.restart-policy"), settles it.

docker-enabled =
    .title = Docker itself starts with the server
    .question = Does Docker (on Kubernetes: k3s or kubelet) start when the server boots?
    .why = Containers that may restart stay down as long as Docker does: after a power cut no phone reaches the CHT.
    .remedy = Run "systemctl enable --now docker" (or k3s); for rootless Docker also enable lingering.
    .yes = { $by } said on { $date } that Docker starts with the server.
    .partly = { $by } said on { $date } that Docker starts on some of the servers only.
    .no = { $by } said on { $date } that nothing starts Docker when the server boots.
    .unknown = Whether Docker starts at boot is not known. A dated answer ("answers: restarts.docker-enabled") after "systemctl is-enabled docker" settles it.

boot-to-service =
    .title = After the last boot the CHT was back within 15 minutes
    .question = How long did it take from the last boot until the CHT answered?
    .why = Where it takes an hour, somebody had to come and do something, and the next power cut falls on a night or a Sunday.
    .remedy = Find out what the CHT waited for after the boot (a mount, an unlock, a VPN, the network), and let it come by itself.
    .quick = After the power cut of { $date } the CHT was back in { minutes-long } ({ $by }).
    .slow = After the power cut of { $date } the CHT took { minutes-long } to come back ({ $by }).
    .stuck = After the power cut of { $date } the CHT was away for { minutes-long } ({ $by }): it did not come back by itself.
    .yes = { $by } said on { $date } that the CHT was back within 15 minutes of the last boot.
    .partly = { $by } said on { $date } that the CHT was back within an hour of the last boot.
    .no = { $by } said on { $date } that the CHT did not come back by itself after the last boot.
    .unknown = How soon the CHT was back after the last boot is not known. The entry "restarts.last_power_cut", with its minutes, settles it.

reboot-drill =
    .title = The CHT came through a power cut or a rehearsal in the last half year
    .question = When was the power last cut, and how long did it take until the login page answered?
    .why = A start that nobody has tried fails on the day of the real power cut, and the whole county waits while somebody learns why.
    .remedy = Twice a year cut the power on purpose, time it until the login page answers, and write it down.
    .recent = The CHT lived through a power cut on { $date }, { days-ago } ({ $by }).
    .ageing = The last power cut that the CHT lived through was on { $date }, { days-ago } ({ $by }): more than half a year.
    .too-old = The last power cut that the CHT lived through was on { $date }, { days-ago } ({ $by }). Nobody knows how it would start today.
    .slow = The CHT lived through a power cut on { $date }, but took { minutes-long } to come back ({ $by }).
    .untimed = The CHT lived through a power cut on { $date } ({ $by }); how long it took to come back was not written down.
    .yes = { $by } said on { $date } that a power cut was rehearsed.
    .partly = { $by } said on { $date } that a power cut was rehearsed only in part.
    .no = { $by } said on { $date } that a power cut was never rehearsed.
    .unknown = Whether the CHT ever came back from a power cut is not known. The entry "restarts.last_power_cut", with its day and minutes, settles it.

version-restart-bug =
    .title = This version of the CHT goes on when its database restarts
    .question = Does this version of the CHT go on when CouchDB alone restarts?
    .why = Before 4.10, on a single node, a restart of CouchDB takes the whole CHT down until somebody restarts every service.
    .remedy = Upgrade to 4.10 or later; until then restart all services after any restart of CouchDB.
    .pass = CHT { $version } goes on when its database restarts.
    .affected = CHT { $version } goes down with any restart of its database, and stays down until every service is restarted.
    .cluster = CHT { $version } is older than 4.10, but its database is a cluster, which this fault is not known to take down.
    .yes = { $by } said on { $date } that the CHT goes on when CouchDB restarts.
    .partly = { $by } said on { $date } that the CHT goes on after most restarts of CouchDB.
    .no = { $by } said on { $date } that a restart of CouchDB takes the CHT down.
    .unknown = Whether this version of the CHT goes on when its database restarts is not known. A run with network access to the site, or the compose files ("files.compose"), settles it.

ups =
    .title = A battery carries the server to a clean shutdown
    .question = Is there a UPS that lasts ten minutes, has a battery of less than three years, and tells the server to shut down?
    .why = Each cut in the middle of a write can damage the database; a repair or a restore is a day without visits on the phones.
    .remedy = Fit a UPS with NUT or apcupsd, so that a low battery shuts the server down cleanly; test the battery every year.
    .declared = A UPS is said to last { minutes-long }, with a battery that is { $days ->
        [one] { $days } day
       *[other] { $days } days
    } old, and to tell the server to shut down ({ $by }, { $date }).
    .no-signal = There is a UPS ({ $by }, { $date }), but it does not tell the server to shut down: the server falls when the battery does.
    .short = The UPS lasts { minutes-long } ({ $by }, { $date }), too short for a clean shutdown.
    .old-battery = The battery of the UPS is { $days } days old ({ $by }, { $date }), more than three years.
    .unsaid = There is a UPS ({ $by }, { $date }), but the description leaves out: { $keys }.
    .yes = { $by } said on { $date } that a UPS shuts the server down cleanly.
    .partly = { $by } said on { $date } that there is a UPS that does not shut the server down.
    .no = { $by } said on { $date } that there is no UPS.
    .unknown = Whether a battery carries the server is not known. The entry "restarts.ups", with its minutes and the day of its battery, settles it.

bios-ac-restore =
    .title = The server turns itself on when the power returns
    .question = Is the firmware set to start the server when mains power comes back?
    .why = A server that stays off waits for a finger on its button, and health workers wait with it.
    .remedy = Set "restore on AC power loss" in the firmware to on, and verify it with "ipmitool chassis status" or by pulling the plug.
    .yes = { $by } said on { $date } that the server turns itself on when the power returns.
    .partly = { $by } said on { $date } that only some of the servers turn themselves on when the power returns.
    .no = { $by } said on { $date } that somebody has to turn the server on when the power returns.
    .unknown = Whether the server turns itself on is not known. A dated answer ("answers: restarts.bios-ac-restore") after the plug was pulled settles it.

journaling-fs =
    .title = The database lies on a file system that survives a power cut
    .question = Is the CouchDB data on ext4, xfs, btrfs or zfs, with write barriers, on a disk inside the server?
    .why = On a file system without a journal, or on a USB stick, one power cut can cost the whole database and every visit since the last backup.
    .remedy = Keep the CouchDB data on ext4, xfs or zfs with barriers, on a disk inside the server, not on NFS or USB.
    .yes = { $by } said on { $date } that the database lies on a journalling file system with barriers.
    .partly = { $by } said on { $date } that the database lies on NFS, or on ext4 with "data=writeback".
    .no = { $by } said on { $date } that the file system of the database has no journal or no barriers.
    .unknown = Which file system holds the database is not known. A dated answer ("answers: restarts.journaling-fs") after "findmnt" on the server settles it.

delayed-start =
    .title = Docker waits for the disk of the database
    .question = Does Docker start only after the disk with the CouchDB data is mounted?
    .why = Where it does not wait, CouchDB starts on an empty folder: health workers find a CHT without a single household.
    .remedy = Add "RequiresMountsFor=" with the data path to docker.service, so that it never starts on an empty folder.
    .yes = { $by } said on { $date } that Docker waits for the disk of the database.
    .partly = { $by } said on { $date } that the disk of the database is mounted by itself, and that nothing makes Docker wait for it.
    .no = { $by } said on { $date } that CouchDB has started on an empty folder before.
    .unknown = Whether Docker waits for the disk of the database is not known. A dated answer ("answers: restarts.delayed-start") settles it, also where the data lies on the root disk.

unattended-unlock =
    .title = The encrypted disk unlocks without a person
    .question = After a power cut, what unlocks the encrypted disk?
    .why = A server that waits for a passphrase after a power cut at night keeps every phone out until somebody who knows it arrives.
    .remedy = Bind the key of the disk to TPM2 or a Tang server, or write down who unlocks it, how and how fast.
    .by-machine = The disk is said to be unlocked by { $how }, without a person.
    .by-person = "{ $key }: person" says that a passphrase is typed at each start: after a power cut the CHT waits for that person.
    .by-nothing = { $by } said on { $date } that the disk is encrypted, but "restarts.unlock: none" says that no disk is: one of the two is wrong.
    .not-encrypted = { $by } said on { $date } that the disk is not encrypted, so that nothing has to be unlocked.
    .nothing-encrypted = "{ $key }: none" says that no disk is encrypted, so that nothing has to be unlocked.
    .yes = { $by } said on { $date } that the encrypted disk unlocks without a person.
    .partly = { $by } said on { $date } that a named person unlocks the disk, by a written procedure.
    .no = { $by } said on { $date } that somebody has to come and unlock the disk.
    .unknown = What unlocks the disk is not known. The entry "restarts.unlock" (tpm, tang, person, none) settles it.

time-sync =
    .title = The server's clock is right
    .question = Is the server's clock kept right, also after a power cut?
    .why = With a wrong clock, visits carry the wrong day, due dates of pregnancies and vaccines shift, and logins and certificates fail.
    .remedy = Run chrony with "makestep", give it a time source in the building where the Internet comes late, and replace an empty battery on the board.
    .right = The server's clock is right to within { $within }.
    .off = The server's clock is { $skew } { $direction ->
        [behind] behind
       *[other] ahead of
    } this computer's.
    .wrong = The server's clock is { $skew } { $direction ->
        [behind] behind
       *[other] ahead of
    } this computer's: visits will carry the wrong time.
    .yes = { $by } said on { $date } that the clock of the server is kept right.
    .partly = { $by } said on { $date } that the clock of the server is set now and then.
    .no = { $by } said on { $date } that nothing keeps the clock of the server right.
    .unknown = Whether the server's clock is right is not known. A run with network access over a quick line, or a dated answer ("answers: restarts.time-sync"), settles it.

unexpected-restarts =
    .title = The CHT hardly ever restarts unexpectedly
    .question = How often did the CHT restart in the last 30 days?
    .why = Each restart breaks off every sync that is under way; many of them are the sign of bad power or too little memory.
    .remedy = Look for too little memory, power cuts and crashes around the times of the restarts.
    .none = The CHT has been running for { $uptime } without a restart.
    .yes = { $by } said on { $date } that the CHT restarted once at most in the 30 days before.
    .partly = { $by } said on { $date } that the CHT restarted two to four times in the 30 days before.
    .no = { $by } said on { $date } that the CHT restarted five times or more in the 30 days before.
    .unknown = How often the CHT restarts is not known. A dated answer ("answers: restarts.unexpected-restarts") from the monitor's history settles it; one look from outside cannot count.

k8s-safety =
    .title = The cluster heals when it loses a machine
    .question = On Kubernetes: does the CHT come back by itself when one machine of the cluster is lost?
    .why = A database that is tied to one machine waits for that machine: until somebody mends it, no phone can sync.
    .remedy = Put the database on storage that can follow it to another machine, take the pins to machine names out, and run three control-plane machines.
    .tied = { $file } ties the database to its machine ({ $ties }): when that machine is lost, the CHT waits until it is back.
    .yes = { $by } said on { $date } that the CHT comes back on another machine.
    .partly = { $by } said on { $date } that there are other machines, but that the database is tied to its own.
    .no = { $by } said on { $date } that the cluster is a single machine.
    .unknown = Whether the loss of one machine heals is not known. A dated answer ("answers: restarts.k8s-safety") settles it; a values file cannot tell how many machines there are.
