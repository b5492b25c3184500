# What every consideration shares: dates, lengths of time, causes, and questions that do not arise.
# A phrase that stands for a missing argument reads well inside a sentence.

nobody-named = nobody named
no-date = an unknown day

place-same-server = on the server itself
place-same-room = in the server's room
place-same-building = in the server's building
place-same-campus = on the same campus
place-other-town = in another town
place-other-region = in another region
place-elsewhere = at a place that shares nothing with the server

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}

not-this-kind = Does not apply to a site of the kind { $kind }.
docker-only = Applies to Docker; this site runs on Kubernetes.
kubernetes-only = Applies to Kubernetes; nothing says that this site runs on it.

cause-not-collected = Nobody looked{ $has-detail ->
    [yes] {" "}({ $detail })
   *[no] {""}
}.
cause-no-address = The name has no address: { $detail }.
cause-refused = The connection was refused: { $detail }.
cause-timeout = No answer in time: { $detail }.
cause-broken = The connection broke: { $detail }.
cause-tls = TLS could not be agreed: { $detail }.
cause-status = An unexpected HTTP status: { $detail }.
cause-starting = The CHT is starting: { $detail }.
cause-api-down = nginx answers, but the CHT behind it does not: { $detail }.
cause-database-down = The CHT answers, but its database does not: { $detail }.
cause-too-large = The answer is larger than is read: { $detail }.
cause-not-understood = Something else answered than a CHT would: { $detail }.
cause-not-computed = The server could not compute it: { $detail }.
cause-permission = More rights are needed: { $detail }.
cause-rate-limited = The server asked to slow down: { $detail }.
cause-file = The file cannot be used: { $detail }.
cause-forbidden = It is never asked or opened, being outside of what this run may reach: { $detail }.
cause-not-published = The registry does not publish it: { $detail }.
cause-knowledge = What this program knows does not cover it: { $detail }.
cause-future = The answer is dated in the future: { $detail }.
cause-undated = The answer has no date, and the description no review date.
cause-too-old = The answer is older than this check accepts: { $detail }.
cause-record = The record that the answer names is missing or empty: { $detail }.
cause-shared-record = One file stands behind more than two answers, so it counts for none of them: { $detail }.
cause-not-said = The description does not say it: { $detail }.
cause-vantage = It cannot be seen from here: { $detail }.
cause-deadline = The time for the whole run was used up: { $detail }.
cause-bug = This check broke, which is a fault of cht-audit: { $detail }.

# What a report could not look at.
limit-network = Nothing was asked over the network in this run.
limit-kind = The description does not say whether the site is a facility, a data centre or a cloud, so the checks of all three apply.
limit-platform = Neither compose files nor Helm values are named, so Docker is taken for granted and the checks that only Kubernetes has are left out.
limit-revocation = Whether a certificate was revoked was not looked up.
limit-vantage = Ports were not tried from outside: what looks closed here may be open to the world. Try again from a phone's hotspot with --vantage outside.
