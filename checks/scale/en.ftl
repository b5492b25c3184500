# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Room to grow
    .question = When there are more health workers and more data, does the server still carry them, and who enlarges it in time?

minimum-spec =
    .title = The server meets the minimum for production
    .question = Has the server at least 4 CPUs, 8 GB of memory and a 100 GB solid-state disk?
    .why = Below this the CHT works in the test and slows down with the first real month of visits.
    .remedy = Enlarge the server to at least 4 CPUs, 8 GB of memory and 100 GB of solid-state disk.
    .enough = { $host } is described with { cpus-many }, { $ram } GB of memory and a solid-state disk of { $disk } GB.
    .tight = { $host } is described with { cpus-many }, { $ram } GB of memory and { $disk } GB of disk: at least one of them is just under the minimum.
    .few-cpus = { $host } is described with { cpus-many }; production needs { $wanted }.
    .little-memory = { $host } is described with { $ram } GB of memory; production needs { $wanted }.
    .small-disk = { $host } is described with { $disk } GB of disk; production needs { $wanted }.
    .spinning-disk = { $host } is described with a disk that is not solid state: CouchDB slows down on it as the data grows.
    .yes = { $by } said on { $date } that the server meets the minimum for production.
    .partly = { $by } said on { $date } that the server is just under the minimum for production.
    .no = { $by } said on { $date } that the server is below the minimum for production.
    .unknown = Whether the server meets the minimum is not known. CPUs, memory, disk and "ssd" under "hosts" settle it.

cpu-per-user =
    .title = There is processor enough for every active user
    .question = How many active users share one CPU?
    .why = With too many users for each CPU the first sync of the morning takes hours, and health workers leave for their visits without it.
    .remedy = Plan one CPU for each 288 active users (about half load).
    .enough = { users-active } on { cpus-many }{ $instances ->
        [one] {""}
       *[other] {" "}that { $instances } CHTs share
    }: { $per-cpu } for each CPU.
    .busy = { users-active } on { cpus-many }{ $instances ->
        [one] {""}
       *[other] {" "}that { $instances } CHTs share
    }: { $per-cpu } for each CPU, more than the half load that is planned for.
    .overloaded = { users-active } on { cpus-many }{ $instances ->
        [one] {""}
       *[other] {" "}that { $instances } CHTs share
    }: { $per-cpu } for each CPU. Busy mornings may slow every sync.
    .yes = { $by } said on { $date } that the CPUs carry all active users.
    .partly = { $by } said on { $date } that the CPUs are busy with the active users.
    .no = { $by } said on { $date } that the CPUs do not carry the active users.
    .unknown = How many users share one CPU is not known. A run with network access to the site, with "cpus" under "hosts", settles it.

ram =
    .title = There is memory enough for the processor
    .question = Is there 2 GB of memory for each CPU, and at least 8 GB?
    .why = A server that runs out of memory ends its largest process, the database, in the middle of a sync.
    .remedy = Plan 2 GB of memory for each CPU.
    .enough = { $host } has { $ram } GB of memory for { cpus-many }.
    .low = { $host } has { $ram } GB of memory for { cpus-many }, less than is planned for.
    .too-low = { $host } has only { $ram } GB of memory for { cpus-many }: the database may be ended under load.
    .yes = { $by } said on { $date } that there is 2 GB of memory for each CPU.
    .partly = { $by } said on { $date } that there is between 1 and 2 GB of memory for each CPU.
    .no = { $by } said on { $date } that there is less than 1 GB of memory for each CPU.
    .unknown = How much memory there is for each CPU is not known. Memory and CPUs under "hosts" settle it.

disk-headroom-upgrade =
    .title = The disk has room for the next upgrade
    .question = Can the next upgrade build its new indexes beside the old ones?
    .why = An upgrade that runs out of disk stops halfway and takes the CHT with it until a larger disk is found.
    .remedy = Enlarge the disk before the next upgrade: it may need up to five times the space of the CouchDB data.
    .enough = { $host } has { $free } free beside { $data } of CouchDB data.
    .tight = { $host } has { $free } free beside { $data } of CouchDB data: some upgrades need four times the data.
    .too-little = { $host } has { $free } free beside { $data } of CouchDB data: the next upgrade may fill the disk and stop.
    .yes = { $by } said on { $date } that the disk has room for the next upgrade.
    .partly = { $by } said on { $date } that the disk has room for a small upgrade only.
    .no = { $by } said on { $date } that the disk has no room for the next upgrade.
    .unknown = Whether the next upgrade fits on the disk is not known. A run with network access to the site, with "disk_free_gb" under "hosts", settles it.

disk-free-now =
    .title = The disk is not filling up
    .question = How much of the database's disk is free now?
    .why = A full disk stops every write: phones keep their visits, and none of them arrives.
    .remedy = Free or add disk space at once, and compact the databases when the pressure is gone.
    .free = { $host } has { $free } of { $size } free, { $percent } percent.
    .filling = { $host } has { $free } of { $size } free, { $percent } percent: plan for more.
    .full = { $host } has only { $free } of { $size } free, { $percent } percent: it may fill up within days.
    .yes = { $by } said on { $date } that more than 30 percent of the disk is free.
    .partly = { $by } said on { $date } that between 15 and 30 percent of the disk is free.
    .no = { $by } said on { $date } that less than 15 percent of the disk is free.
    .unknown = How much of the disk is free is not known. "disk_gb" and "disk_free_gb" under "hosts" settle it.

days-to-full =
    .title = The disk lasts for another year
    .question = At the present growth, when will the disk be full?
    .why = A larger disk takes months to buy. When it comes too late, phones keep their visits and none of them arrives.
    .remedy = Order disk space while it still lasts for the time of delivery and three months more.
    .yes = { $by } said on { $date } that the disk lasts for more than a year.
    .partly = { $by } said on { $date } that the disk lasts for more than three months.
    .no = { $by } said on { $date } that the disk will be full within three months.
    .unknown = When the disk will be full is not known. A dated answer ("answers: scale.days-to-full") from the growth of the last months settles it.

growth-plan =
    .title = A plan says how the hardware will grow
    .question = Who adds hardware, at which sign, from which budget, and how long does it take?
    .why = Without a plan the order is written when the CHT is already slow, and health workers wait for as long as the purchase takes.
    .remedy = Write down the sign, the owner, the budget line and the time of delivery for the next enlargement.
    .lead-time = More hardware is said to take { $lead } to arrive; who orders it, when and from which budget is not said.
    .yes = { $by } said on { $date } that there is a plan for more hardware.
    .partly = { $by } said on { $date } that there is a part of a plan for more hardware.
    .no = { $by } said on { $date } that there is no plan for more hardware.
    .unknown = Whether there is a plan for more hardware is not known. A dated answer with the plan as its record settles it.

doc-limit-users =
    .title = No user has more documents than a phone can carry
    .question = How many users would download more than 10,000 documents?
    .why = Above 10,000 documents a phone takes hours for its first sync, or never ends it: that health worker works on paper.
    .remedy = For users above 10,000 documents, divide large areas, give the role less depth, or purge old documents.
    .none-over = On { $at } the server knew of no user above 10,000 documents.
    .few-over = Users above 10,000 documents: { $over }; users active in the last month: { $users }.
    .many-over = Users above 10,000 documents: { $over }; users active in the last month: only { $users }. Many phones may not finish a first sync.
    .yes = { $by } said on { $date } that no user is above 10,000 documents.
    .partly = { $by } said on { $date } that a few users are above 10,000 documents.
    .no = { $by } said on { $date } that many users are above 10,000 documents.
    .unknown = How many users are above 10,000 documents is not known. A run with network access to the monitoring API settles it.

replication-apdex =
    .title = Syncs are quick
    .question = How many syncs take longer than three minutes to begin?
    .why = A health worker who waits for a sync for six minutes gives up, and supervisors read last week's numbers.
    .remedy = Find out why syncs are slow: users with many documents, busy CPUs, or a slow disk.
    .quick = Of { $syncs } syncs since the API started, { $slow } took longer than three minutes to begin: an Apdex (share of satisfied users) of { $percent } percent.
    .uneven = Of { $syncs } syncs since the API started, { $slow } took longer than three minutes to begin: an Apdex (share of satisfied users) of { $percent } percent, good but not excellent.
    .slow = Of { $syncs } syncs since the API started, { $slow } took longer than three minutes to begin: an Apdex (share of satisfied users) of only { $percent } percent.
    .yes = { $by } said on { $date } that syncs are quick.
    .partly = { $by } said on { $date } that some syncs are slow.
    .no = { $by } said on { $date } that syncs are slow for many health workers.
    .unknown = How quick syncs are is not known. A run with network access to the API's public metrics settles it, once the API has answered some dozens of syncs.

sentinel-backlog =
    .title = Processing keeps up with what arrives
    .question = How many changes wait for Sentinel, which makes tasks, messages and registrations of them?
    .why = While changes wait, messages are not sent, and visits that were synced do not count yet.
    .remedy = If the number never falls, look at the CPU, and at messages or outbound requests that fail.
    .keeps-up = Changes that waited for Sentinel on { $at }: { $backlog }.
    .behind = Changes that waited for Sentinel on { $at }: { $backlog }. A second look shows whether they grow.
    .yes = { $by } said on { $date } that processing keeps up.
    .partly = { $by } said on { $date } that processing is behind at times.
    .no = { $by } said on { $date } that processing does not keep up.
    .unknown = How many changes wait for Sentinel is not known. A run with network access to the monitoring API settles it; no login is needed.

vertical-room =
    .title = The server can grow without a new installation
    .question = Can CPUs, memory and disk be added without installing everything again?
    .why = A server that cannot grow has to be replaced: all data moves, and no phone can sync for as long as that takes.
    .remedy = Use LVM, a resizable volume or a virtual machine, so that growth does not mean a new installation.
    .yes = { $by } said on { $date } that CPUs, memory and disk can grow in place.
    .partly = { $by } said on { $date } that the server can grow with a pause.
    .no = { $by } said on { $date } that the server cannot grow in place.
    .unknown = Whether the server can grow in place is not known. A dated answer ("answers: scale.vertical-room") settles it: whether disk and memory can grow without a move.
