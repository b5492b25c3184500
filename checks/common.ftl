# What every consideration shares: dates, lengths of time, causes, and questions that do not arise.
# A phrase that stands for a missing argument reads well inside a sentence; at its start it gets a capital.

nobody-named = somebody unnamed
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

# Parts of sentences: any message of any consideration may take them in, as { days-ago }, where it has their variable.
# Days are counted whole, so that none of them is not yet the same date.
days-ago = { $days ->
    [0] less than a day ago
    [one] { $days } day ago
   *[other] { $days } days ago
}
in-days = { $days ->
    [0] in less than a day
    [one] in { $days } day
   *[other] in { $days } days
}
days-more = { $days ->
    [one] { $days } more day
   *[other] { $days } more days
}
minutes-long = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
cpus-many = { $cpus ->
    [one] { $cpus } CPU
   *[other] { $cpus } CPUs
}
users-active = { $users ->
    [one] { $users } active user
   *[other] { $users } active users
}

not-this-kind = Does not apply to a site of the kind { $kind }.
docker-only = Applies to Docker; this site runs on Kubernetes.
kubernetes-only = Applies to Kubernetes; nothing says that this site runs on it.

cause-not-collected = Nobody looked{ $has-detail ->
    [yes] {" "}({ $detail })
   *[no] {""}
}.
cause-no-address = The name leads to no address: { $detail }.
cause-refused = The connection was refused: { $detail }.
cause-timeout = No answer in time: { $detail }.
cause-broken = The connection broke: { $detail }.
cause-tls = No TLS connection came about: { $detail }.
cause-status = The server answered with an unexpected HTTP status: { $detail }.
cause-starting = The CHT is starting: { $detail }.
cause-api-down = nginx answers, but the CHT behind it does not: { $detail }.
cause-database-down = The CHT answers, but its database does not: { $detail }.
cause-too-large = It is larger than what this program reads: { $detail }.
cause-not-understood = What came back cannot be read as an answer: { $detail }.
cause-not-computed = The server could not compute it: { $detail }.
cause-permission = This run lacks the rights for it: { $detail }.
cause-rate-limited = The server asked to slow down: { $detail }.
cause-held-back = Not asked, because this run was refused { $detail } times already, and a server that counts refusals would lock out health workers behind the same address.
cause-file = The file cannot be used: { $detail }.
cause-encoding = The file is not saved as text is on a server: { $detail }. Save it as UTF-8, with the line ends of Unix or Windows.
cause-forbidden = This program may not reach it: { $detail }.
cause-not-published = The registry does not publish it: { $detail }.
cause-not-named = The certificate names no list of revoked certificates: { $detail }.
cause-not-proven = What came of it proves nothing: { $detail }.
cause-knowledge = What this program knows does not cover it: { $detail }.
cause-future = The answer is dated in the future: { $detail }.
cause-undated = { $has-detail ->
    [yes] On which day it was done is not written, and the day of a review is not that day: { $detail }.
   *[no] The answer has no date, and the description has no review date.
}
cause-too-old = The answer is older than this check accepts: { $detail }.
cause-record = The record behind the answer is missing, empty or a file of the description itself: { $detail }.
cause-shared-record = One record stands behind more than two answers, so it counts for none of them: { $detail }.
cause-not-said = The description does not say it: { $detail }.
cause-vantage = It cannot be seen from here: { $detail }.
cause-deadline = The time for the whole run was used up: { $detail }.
cause-bug = This check broke, which is a fault of cht-audit: { $detail }.

# What a report could not look at.
limit-network = Nothing was asked over the network in this run.
limit-kind = The description does not say whether the site is a facility, a data centre or a cloud, so the checks of all three apply.
limit-platform = The description names neither compose files nor Helm values, so this site is taken to run on Docker.
limit-login = This version logs in to no server: the login under "cht.credentials" is not used, and what only a login shows rests on dated answers.
limit-grafana = This version asks no Grafana: of "alerting.monitors" no token is used and no alert rule is read, so what only Grafana shows rests on dated answers.
limit-residency = In which country the data lies is not looked at in this version: "privacy.residency" is kept, but no check judges it.
limit-vantage = Ports were not tried from outside, so a port that looks closed here may be open to the world. Run again from a phone's hotspot with --vantage outside.
