# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Monitoring and alerting
    .question = When the CHT goes down at night, or its disk fills up, who hears of it, and how soon?

monitoring-api =
    .title = The monitoring API answers in full
    .question = Does the monitoring API answer, and can the server compute every value in it?
    .why = Every monitor of a CHT reads this one answer. Where it is empty, an outage looks like a quiet day and visits stop syncing unseen.
    .remedy = Read the log of the api container for that minute, and repair the view or database whose value is -1 or empty.
    .pass = The monitoring API of CHT { $version } answers, and all of its { $count } numbers are there.
    .fragmented = The monitoring API answers, but on the disk more than { $times } times the space of the data is taken by { $databases }: CouchDB does not clear away old data fast enough.
    .no-search = The monitoring API of CHT { $version } names no search index: the search service is down or has lost its data.
    .not-computed = The server could not compute { $count } of about { $all } values, among them { $paths }.
    .database-away = On { $at }, the CHT answered but its database did not: nobody could sync.
    .api-away = On { $at }, nginx answered but the CHT behind it did not: phones could not sync.
    .yes = { $by } said on { $date } that the monitoring API answers without error values.
    .partly = { $by } said on { $date } that the monitoring API answers with some error values.
    .no = { $by } said on { $date } that the monitoring API does not answer.
    .unknown = Whether the monitoring API answers in full is not known. A run with network access to the site settles it; no login is needed.

monitor-present =
    .title = A monitor watches the CHT
    .question = Does any monitor look at the CHT, day and night?
    .why = Without one, the first to notice an outage are health workers in the field, often days later, when visits are already missing.
    .remedy = Add the URL of the CHT to "cht-instances.yml" of a Watchdog and restart its Prometheus, or register the monitoring URL with another uptime monitor.
    .listed = { $file } lists { $url }, { $count ->
        [one] the one address
       *[other] one of { $count } addresses
    } that Watchdog looks at.
    .declared = The description names what watches the CHT: { $monitors }.
    .not-listed = { $file } does not name { $url } (addresses in it: { $count }): this Watchdog does not look at the CHT.
    .yes = { $by } said on { $date } that a monitor watches the CHT.
    .partly = { $by } said on { $date } that a monitor watches the CHT only some of the time.
    .no = { $by } said on { $date } that no monitor watches the CHT.
    .unknown = Whether a monitor watches the CHT is not known. Watchdog's list of instances ("files.watchdog_instances"), or a dated answer ("answers: alerting.monitor-present"), settles it.

monitor-separate =
    .title = The monitor stands apart from the CHT
    .question = Does the monitor run on another server and at another site than the CHT?
    .why = A monitor that loses its power or its line together with the CHT is silent just when health workers are cut off.
    .remedy = Run the monitor on a different server, ideally another site and power feed.
    .apart = { $monitors }: described as standing in another town or further away.
    .near = { $monitors }: described as standing on the CHT's own site, where one power cut or broken line silences both.
    .same-server = { $monitors }: described as running on the CHT's own server.
    .same-address = { $monitors } answers on the CHT's own address, { $addresses }: one failure takes both.
    .yes = { $by } said on { $date } that the monitor runs at another site.
    .partly = { $by } said on { $date } that the monitor runs on another server of the same site.
    .no = { $by } said on { $date } that the monitor runs on the CHT's server.
    .unknown = Where the monitor stands is not known. Its "place" under "alerting.monitors" settles it; a run over the network only shows whether it shares the CHT's address.

downtime-rule =
    .title = An outage raises an alert within minutes
    .question = Is there an active rule that fires when the CHT is down, without waiting half an hour?
    .why = The rule that Watchdog ships with waits 30 minutes: for so long health workers cannot sync, and nobody is told.
    .remedy = Copy the rule "API Server Down" with a pending time of 5-10 minutes and delete the 30-minute original.
    .prompt = The test alert of { $date } arrived { minutes-long } after the failure (received by { $by }).
    .slow = The test alert of { $date } arrived only { minutes-long } after the failure (received by { $by }): the rule waits too long, or its way to a person is slow.
    .yes = { $by } said on { $date } that a downtime rule fires within ten minutes.
    .partly = { $by } said on { $date } that a downtime rule exists but waits up to half an hour.
    .no = { $by } said on { $date } that no downtime rule is active.
    .unknown = Whether a downtime rule is active, and how long it waits, is not known. A dated answer ("answers: alerting.downtime-rule"), with the rule as Grafana shows it as its record, settles it.

contact-point =
    .title = Alerts have somewhere to go
    .question = Do alerts go to a real destination that more than one person reads?
    .why = Watchdog ships with a placeholder address: its alerts light up on a dashboard and tell nobody that health workers are cut off.
    .remedy = Replace the placeholder address in "grafana-default-email" and point the default policy at it.
    .declared = Alerts are said to go to { $contacts }.
    .single = Alerts are said to go to { $contacts } alone: on a day off nobody is told.
    .placeholder = Alerts go to { $contacts }, the address that Grafana ships with: nobody here reads it.
    .yes = { $by } said on { $date } that alerts go to a real destination.
    .partly = { $by } said on { $date } that alerts go to a single person.
    .no = { $by } said on { $date } that alerts have no real destination.
    .unknown = Where alerts go is not known. A dated answer ("answers: alerting.contact-point"), with the contact points and policies as its record, settles it.

smtp =
    .title = The monitor can send its alerts
    .question = Can the monitor send mail, if mail is how it tells people?
    .why = Mail is switched off in Watchdog as shipped: a contact address alone sends nothing when the CHT stops.
    .remedy = Enable "[smtp]" in "grafana.ini" with TLS, set "root_url", restart Grafana, send a test.
    .yes = { $by } said on { $date } that the monitor can send its alerts, by mail or by another way.
    .partly = { $by } said on { $date } that the monitor sends mail, but without a login or TLS.
    .no = { $by } said on { $date } that the monitor cannot send mail.
    .unknown = Whether the monitor can send its alerts is not known. A dated answer ("answers: alerting.smtp") from whoever administers Grafana settles it.

delivery-proof =
    .title = A test alert reached a person lately
    .question = When did an alert last really reach a person?
    .why = Each link from the rule to the phone can break in silence. Only an alert that arrived shows that somebody will hear of the next outage.
    .remedy = Send a test alert through each contact point every quarter and record who acknowledged and after how long.
    .recent = A test alert arrived on { $date }, { days-ago } (received by { $by }).
    .ageing = The last test alert arrived on { $date }, { days-ago } (received by { $by }): the next one is due.
    .too-old = The last test alert arrived on { $date }, { days-ago } (received by { $by }): too long ago to count on the next one.
    .yes = { $by } said on { $date } that a test alert arrived.
    .partly = { $by } said on { $date } that a test alert reached some of the people only.
    .no = { $by } said on { $date } that no test alert ever reached a person.
    .unknown = Whether an alert ever reached a person is not known. A dated test under "alerting.last_test", with a record, settles it.

on-call =
    .title = At least two people are on call
    .question = Are at least two people reachable outside office hours, in a known order?
    .why = If the only person who is called is ill or asleep, an outage on Friday evening lasts until Monday, a weekend of visits later.
    .remedy = Name at least two people with phone numbers and hours, and write down who is called after whom.
    .declared = { $count } people are on call: { $people }.
    .single = Only { $people } is on call: one person cannot be awake every night.
    .yes = { $by } said on { $date } that two or more people are on call.
    .partly = { $by } said on { $date } that one person is on call.
    .no = { $by } said on { $date } that nobody is on call.
    .unknown = Who is called when the CHT fails is not known. Two roles under "alerting.on_call", or a dated answer with the rota as its record, settles it.

os-metrics =
    .title = The server's disk, memory, processor and clock are watched
    .question = Who watches the disk, memory, processor and clock of the server?
    .why = The CHT's own monitoring sees neither disk nor memory. A disk that fills up stops every sync, and the days before went unseen.
    .remedy = Install node_exporter on the server, open to the monitor only, and add it to what Prometheus collects.
    .yes = { $by } said on { $date } that disk, memory, processor and clock of the server are watched.
    .partly = { $by } said on { $date } that the server is watched, but no rule raises an alert.
    .no = { $by } said on { $date } that nobody watches the disk and memory of the server.
    .unknown = Whether the server itself is watched is not known. A dated answer ("answers: alerting.os-metrics") after a look at the monitor's dashboards settles it.

os-rules =
    .title = A filling disk raises an alert
    .question = Are there alert rules for disk, memory, server down, reboot, clock and RAID?
    .why = Numbers on a dashboard wake nobody: a disk that is full on Sunday is found on Monday by health workers who cannot sync.
    .remedy = Add alert rules for server down, disk, memory, clock, RAID and reboot.
    .yes = { $by } said on { $date } that alert rules for disk, memory and server down are active.
    .partly = { $by } said on { $date } that only the disk has an alert rule.
    .no = { $by } said on { $date } that the server's disk and memory have no alert rules.
    .unknown = Whether a filling disk raises an alert is not known. A dated answer ("answers: alerting.os-rules"), with the rule for disks as its record, settles it.

expiry-rules =
    .title = An alert comes before the certificate or the domain ends
    .question = Does an alert tell in time that the TLS certificate or the domain is about to end?
    .why = Watchdog as shipped looks at neither. Both end on a known day, and on that day every phone stops syncing.
    .remedy = Let blackbox_exporter or an outside service watch both dates, and raise the alert when a third of the time is left.
    .yes = { $by } said on { $date } that alerts watch both the certificate and the domain.
    .partly = { $by } said on { $date } that an alert watches the certificate but not the domain.
    .no = { $by } said on { $date } that no alert watches the certificate or the domain.
    .unknown = Whether an alert watches the certificate and the domain is not known. A dated answer ("answers: alerting.expiry-rules") that names the service which watches both settles it.

deadman =
    .title = Somebody notices when the monitor itself stops
    .question = Does somebody notice when the monitor itself stops?
    .why = A monitor that has stopped is as quiet as one with nothing to report: the next outage lasts until a health worker complains.
    .remedy = Let Watchdog ping an outside heartbeat service that tells a person when the pings stop.
    .second = More than one monitor watches the CHT ({ $monitors }), so one can stop and another goes on; only a heartbeat would tell.
    .yes = { $by } said on { $date } that an outside heartbeat service tells when the monitor stops.
    .partly = { $by } said on { $date } that a second monitor runs, without a heartbeat.
    .no = { $by } said on { $date } that nobody would notice if the monitor stopped.
    .unknown = Whether anybody notices when the monitor stops is not known. A dated answer ("answers: alerting.deadman") about the heartbeat service settles it.
