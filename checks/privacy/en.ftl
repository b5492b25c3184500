# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Privacy
    .question = The database holds what patients tell a health worker in confidence. Is it protected well enough, and is that settled in writing?

policy-published =
    .title = Users are shown a privacy policy
    .question = Does the login page lead to a privacy policy with a real text?
    .why = Health workers enter what families tell them in confidence, and should know what happens with it.
    .remedy = Upload a policy with cht-conf "upload-privacy-policies" in every language used.
    .published = The login page leads to a privacy policy of { $characters } characters at { $address }.
    .short = The privacy policy at { $address } has only { $characters ->
        [one] { $characters } character
       *[other] { $characters } characters
    }: too few to say what is kept, why and for how long.
    .filler = The { $characters } characters of text at { $address } are filler ("lorem ipsum"), not a policy.
    .not-linked = There is a privacy policy of { $characters } characters at { $address }, but the login page does not lead to it.
    .absent = No privacy policy is published: { $address } says that there is none.
    .yes = { $by } said on { $date } that users are shown a privacy policy.
    .partly = { $by } said on { $date } that the privacy policy is short or missing in some language.
    .no = { $by } said on { $date } that users are shown no privacy policy.
    .unknown = Whether users are shown a privacy policy is not known. A run with network access to the site settles it.

least-privilege =
    .title = Few accounts can read, export or change everything
    .question = Are online accounts few, and are export and configuration left to those who need them?
    .why = Every online account reads every patient of the county: one lost password in an office opens all households at once.
    .remedy = Take the permissions to export and configure from roles that work without them; remember that online users read everything.
    .yes = { $by } said on { $date } that only a few named people can export or change everything.
    .partly = { $by } said on { $date } that more accounts can export or change everything than need to.
    .no = { $by } said on { $date } that many accounts can export or change everything.
    .unknown = How many accounts can export or change everything is not known. A dated answer ("answers: privacy.least-privilege"), with the list of roles and accounts as its record, settles it.

purging =
    .title = Old data leaves the phones
    .question = Does a purge remove from the phones what health workers no longer need?
    .why = Without it a lost phone shows years of visits, and an old phone grows so slow that its owner stops syncing.
    .remedy = Configure a purge function with a schedule, and look at the purge log.
    .yes = { $by } said on { $date } that a purge runs on schedule.
    .partly = { $by } said on { $date } that a purge is configured, but that nobody knows whether it runs.
    .no = { $by } said on { $date } that nothing is purged from the phones.
    .unknown = Whether old data leaves the phones is not known. A dated answer ("answers: privacy.purging") after a look at the settings and the purge log settles it.

retention =
    .title = It is decided how long data is kept
    .question = Is it written down how long data stays on the server, in backups, in logs and in analytics?
    .why = What is kept forever can leak forever: records of patients who moved or died years ago lie on every stolen disk.
    .remedy = Write down for how long data stays on the server, in backups, in logs and in analytics.
    .declared = By the description data is kept for { $years ->
        [one] { $years } year
       *[other] { $years } years
    } ({ $by }, { $date }).
    .no-years = { $by } decided on { $date } how data is kept, but the description names no number of years.
    .yes = { $by } said on { $date } that retention periods are written down for everything.
    .partly = { $by } said on { $date } that retention periods are written down for a part.
    .no = { $by } said on { $date } that no retention periods are written down.
    .unknown = Whether it is decided how long data is kept is not known. The entry "privacy.retention", or a dated answer with the written rule as its record, settles it.

transit-integrations =
    .title = Data leaves for other systems over https only
    .question = Does every outbound integration use https, with its password stored by key and not in the settings?
    .why = Over plain http anybody on the way reads which patient has which condition.
    .remedy = Use https targets and credentials stored by key.
    .yes = { $by } said on { $date } that every integration uses https and stored credentials, or that there is none.
    .partly = { $by } said on { $date } that an integration uses plain http, but inside a private network only.
    .no = { $by } said on { $date } that an integration uses plain http or has its password in the settings.
    .unknown = Whether data leaves over https only is not known. A dated answer ("answers: privacy.transit-integrations") settles it, also where nothing leaves.

log-phi =
    .title = The CHT does not log what phones send
    .question = Does this version keep patient data out of its log files?
    .why = Before 4.20 the proxy's logs hold whole visits, readable for everybody who helps with the server.
    .remedy = Upgrade to 4.20 or later and delete old HAProxy logs; keep LOG_LEVEL at info.
    .left-out = CHT { $version } leaves the contents of requests out of its logs.
    .verbose = CHT { $version } leaves the contents of requests out of HAProxy's logs, but the log level is set to "{ $level }": API and Sentinel log far more than as shipped.
    .bodies-logged = The HAProxy of CHT { $version } logs the contents of requests, and with them patient data.
    .yes = { $by } said on { $date } that the log files hold no patient data.
    .partly = { $by } said on { $date } that some log files may hold patient data.
    .no = { $by } said on { $date } that the log files hold patient data.
    .unknown = Whether log files hold patient data is not known. A run with network access to the site, which reads the version, settles it; for old logs only a dated answer does ("answers: privacy.log-phi").

username-leak =
    .title = Public pages name no user
    .question = Do the public metrics and the public deploy information keep user names to themselves?
    .why = A list of user names is the first half of every stolen login, and tells strangers which health worker works where.
    .remedy = Restrict /api/v1/express-metrics and /deploy-info.json at the proxy to the monitor's address.
    .clean = Open to everybody, and naming no user: { $paths }.
    .closed = Strangers get no answer from { $paths }, and nothing else that was looked at names a user.
    .deployer = { $path } tells everybody the user name of the person who installed this version.
    .names = { $path } tells everybody the names of users ({ $count ->
        [one] { $count } name
       *[other] { $count } names
    }).
    .yes = { $by } said on { $date } that public pages name no user.
    .partly = { $by } said on { $date } that a public page names only the person who installed this version.
    .no = { $by } said on { $date } that public pages name users.
    .unknown = Whether public pages name users is not known. A run with network access to the site settles it.

audit-trail =
    .title = Changes are recorded and somebody reviews them
    .question = Does the server keep who changed which document, and does somebody review what privileged users did?
    .why = When a record was altered or a false visit added, nobody can say by whom, and honest health workers stay under suspicion.
    .remedy = Run 4.20 or later and review changes by privileged users.
    .recorded = CHT { $version } records who changes which document; nobody says that the record is reviewed.
    .no-trail = CHT { $version } keeps no record of who changed which document; 4.20 and later do.
    .yes = { $by } said on { $date } that changes are recorded and reviewed.
    .partly = { $by } said on { $date } that changes are recorded, but not reviewed.
    .no = { $by } said on { $date } that changes are not recorded or never looked at.
    .unknown = Whether changes are recorded and reviewed is not known. A run with network access to the site (for the version) and a dated answer (for the reviews) settle it.

analytics-db =
    .title = The analytics database is closed to strangers and has its own password
    .question = Is the PostgreSQL copy of all patient data out of reach from outside, under a password that is not published?
    .why = The copy holds every patient without any of the CHT's access rules: whoever reaches it reads everything.
    .remedy = Close port 5432 to the outside, require TLS, change the default password, and give analysts read-only views without names.
    .closed = PostgreSQL's port 5432 on { $address } ({ $host }) is closed to the outside.
    .open = PostgreSQL's port 5432 on { $address } ({ $host }) is open to the whole world.
    .open-here = PostgreSQL's port 5432 on { $address } ({ $host }) is open to the network that this run looked from.
    .own-password = { $variable } in { $file } is long enough and not one that is published.
    .short-password = { $variable } in { $file } has fewer than 12 characters.
    .published-password = { $variable } in { $file } is one that the documentation publishes.
    .no-password = { $variable } in { $file } is empty.
    .yes = { $by } said on { $date } that the analytics database is closed to strangers, with TLS and a password of its own, or that there is none.
    .partly = { $by } said on { $date } that the analytics database can be reached through a private network only.
    .no = { $by } said on { $date } that the analytics database is open or has a default password.
    .unknown = Whether the analytics database is closed and has its own password is not known. A run from outside (--vantage outside) with its environment file, or a dated answer ("answers: privacy.analytics-db"), settles it.

legal-basis =
    .title = The legal side of the data is settled in writing
    .question = Are controller (who answers for the data), processor agreement, impact assessment and registration with the authority on record?
    .why = When a family complains or the law asks, nobody knows who answers, and the programme may have to stop while that is sorted out.
    .remedy = Put controller, processor agreement, impact assessment and registration with the authority on record.
    .controller-only = { $controller } answers for the data; of processor agreement, impact assessment and registration nothing is said.
    .yes = { $by } said on { $date } that controller, processor agreement, impact assessment and registration are on record.
    .partly = { $by } said on { $date } that the legal side is on record in part.
    .no = { $by } said on { $date } that the legal side is not on record.
    .unknown = Whether the legal side is settled is not known. A dated answer with the agreements as its record settles it; the entry "privacy.controller" is a beginning.

breach-plan =
    .title = The plan for a data breach has been tried lately
    .question = When was the plan for telling the authority and the patients of a breach last tried?
    .why = The law gives 48 to 72 hours to tell the authority and the patients. Without a rehearsed plan they pass while people ask whom to call.
    .remedy = Write a plan that tells the authority and the patients within the national deadline, and try it once a year.
    .recent = { $by } tried the plan for a data breach on { $date }, { days-ago }.
    .ageing = The plan for a data breach was last tried on { $date } by { $by }, { days-ago }: more than a year.
    .too-old = The plan for a data breach was last tried on { $date } by { $by }, { days-ago }: names and numbers in it have changed since.
    .yes = { $by } said on { $date } that the plan for a data breach was tried.
    .partly = { $by } said on { $date } that a plan for a data breach is written, but was never tried.
    .no = { $by } said on { $date } that there is no plan for a data breach.
    .unknown = Whether there is a plan for a data breach is not known. An answer with the day it was last tried, and the plan as its record, settles it.
