# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Power failures and restarts
    .question = After a power failure or an unplanned restart, does the server come back, and does the CHT resume?

restart-policy =
    .title = Every container restarts by itself
    .question = Will each container of the CHT start again when Docker does?
    .why = After a power cut the CHT stays down until somebody notices and starts it; visits wait on the phones.
    .remedy = Restore "restart: always" in every compose file (CHT, upgrade service, proxy) and recreate the containers.
    .pass = All { $count } services restart by themselves: { $services }.
    .on-failure = { $services } restart only after a crash, not when the server starts.
    .stays-down = { $services } will stay down after a restart: no restart policy that brings them back.
    .yes = { $by } said on { $date } that every container restarts by itself.
    .partly = { $by } said on { $date } that only some containers restart by themselves.
    .no = { $by } said on { $date } that containers do not restart by themselves.
    .unknown = Whether the containers restart is not known. The compose files settle it, and the server itself settles it for good.
