# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Updates
    .question = Several releases of the CHT come out each year. Is there a schedule to install them, and staff who can?

supported =
    .title = The version is still supported
    .question = Does the version that runs still get patches?
    .why = Out of support, a fault that stops health workers from syncing is mended in a version that this server does not run.
    .remedy = Upgrade to a supported version: stage it first, and complete it out of hours.
    .newest = CHT { $version } is of the newest line known on { $date }; the end of its support is not announced.
    .supported = CHT { $version } is supported until { $date }, { days-more }.
    .ending = The support of CHT { $version } ends on { $date }, { in-days }.
    .lately = The support of CHT { $version } ended on { $date }, { days-ago }.
    .ended = CHT { $version } has had no support since { $date }, { days-ago }: no fault in it is mended any more.
    .unlisted = CHT { $version } is so old that the list of releases leaves it out; even { $next }, which came later, ended on { $date }.
    .yes = { $by } said on { $date } that the version is supported.
    .partly = { $by } said on { $date } that the support of this version ends soon.
    .no = { $by } said on { $date } that the version is out of support.
    .unknown = Whether the version is supported is not known. A run with network access to the site settles it; --knowledge brings a newer list of releases.

latest-patch =
    .title = The newest patch of this line is installed
    .question = Is the newest patch of the running version installed?
    .why = Patches mend what already went wrong elsewhere: lost syncs, crashes, holes. Without them it goes wrong here next.
    .remedy = Install the newest patch of this version, and read in its notes whether it builds indexes anew.
    .latest = CHT { $version } runs, and { $latest } is the newest patch of its line in the list of releases of { $gathered }.
    .later = CHT { $version } is newer than { $latest }, the last patch known on { $gathered }.
    .behind = CHT { $version } is { $count } patch behind { $latest }, out since { $date }.
    .far-behind = CHT { $version } is { $count } patches behind { $latest }, out since { $date }.
    .yes = { $by } said on { $date } that the newest patch is installed.
    .partly = { $by } said on { $date } that one patch is missing.
    .no = { $by } said on { $date } that several patches are missing.
    .unknown = Whether the newest patch is installed is not known. A run with network access to the site, or the compose files or Helm values, settles it; --knowledge brings a newer list of patches.

stable-build =
    .title = A published release runs, not a trial
    .question = Is the build a published release, and not a beta, a branch or a special feature?
    .why = Nobody mends a trial version: what breaks in it may stay broken, and visits in it may find no way to a release.
    .remedy = Move from the beta, branch or feature build to a release.
    .release = CHT { $version } is a release.
    .feature = CHT { $version } is a release with the extra feature { $name }; it gets no patches of its own.
    .beta = CHT { $version } is a beta, a trial before the release.
    .branch = CHT { $version } was built from a branch and was never released.
    .elsewhere = The image of CHT { $version } comes from { $registry }, not from where releases are published.
    .yes = { $by } said on { $date } that a release is running.
    .partly = { $by } said on { $date } that a feature release is running.
    .no = { $by } said on { $date } that a beta or a branch is running.
    .unknown = Which build runs is not known. A run with network access to the site, or the files under "files" (compose, helm_values), settles it.

upgrade-path =
    .title = The newest version is one upgrade away
    .question = Can this version be upgraded to the newest in one step?
    .why = Every step in between is another evening without sync, and a stop that is left out can cost the data.
    .remedy = From 4.0 to 4.4 go to 4.5 or later first; from 3.x follow the migration guide.
    .direct = Between CHT { $version } and { $newest }, the newest line known on { $date }, no other upgrade is needed.
    .stop-over = CHT { $version } must go to 4.5 or later before { $newest }, the newest line known on { $date }.
    .other-platform = CHT { $version } ran on another platform: the way to { $newest }, the newest line known on { $date }, is a migration.
    .yes = { $by } said on { $date } that one upgrade leads to the newest version.
    .partly = { $by } said on { $date } that two upgrades lead to the newest version.
    .no = { $by } said on { $date } that only a migration leads to the newest version.
    .unknown = Whether one upgrade leads to the newest version is not known. A run with network access to the site settles it; --knowledge brings a newer list of versions.

image-skew =
    .title = All parts of the CHT are of one version
    .question = Do all containers and the database carry the same version?
    .why = Half an upgrade works until the first request that crosses the two halves; then syncs fail in ways that nobody can explain.
    .remedy = Finish or repeat the upgrade until all CHT images carry one tag.
    .same = The compose files name version { $version } for every image of the CHT ({ $count } in all).
    .one-tag = The Helm values give every image of the CHT the one tag { $version }.
    .values-differ = The Helm values give every image the tag { $tag } and call it version { $named }: one of the two was forgotten at an upgrade.
    .mixed = The images in the compose files are of different versions: { $images }.
    .differs = The server runs CHT { $version }, but the files name { $named }: the next start or "helm upgrade" may change the version.
    .other-database = The server runs CHT { $version } on CouchDB { $database }; that CHT comes with CouchDB { $ships }.
    .yes = { $by } said on { $date } that all parts are of one version.
    .partly = { $by } said on { $date } that one part is of another version.
    .no = { $by } said on { $date } that the parts are of different versions.
    .unknown = Whether all parts are of one version is not known. The compose files ("files.compose") or the Helm values ("files.helm_values") tell what should run, and a dated answer ("answers: updates.image-skew") settles it.

cadence =
    .title = The CHT is upgraded every half year
    .question = When was the CHT last upgraded, and how often is it?
    .why = Whoever waits a year has left support behind, and needs several upgrades in one night, with phones offline for as long.
    .remedy = Upgrade at least every six months; support ends three months after the next release.
    .recent = The last upgrade was on { $date }, { days-ago }.
    .ageing = The last upgrade was on { $date }, { days-ago }: more than half a year.
    .too-old = The last upgrade was on { $date }, { days-ago }: more than a year, longer than a release is supported.
    .seldom = The last upgrade was on { $date }, but upgrades are planned only every { $every }.
    .deployed-ageing = The server says that it was last deployed on { $date }, { $days } days before this look.
    .deployed-too-old = The server says that it was last deployed on { $date }, { $days } days before this look: nothing was upgraded for more than a year.
    .yes = { $by } said on { $date } that the CHT was upgraded.
    .partly = { $by } said on { $date } that the CHT was upgraded in part.
    .no = { $by } said on { $date } that the CHT is not upgraded regularly.
    .unknown = How often the CHT is upgraded is not known. The entry "updates.last" settles it; one deployment shows no rate.

window =
    .title = Hours for maintenance are agreed
    .question = When may the CHT be down for maintenance, and who has agreed to it?
    .why = Without agreed hours an upgrade is put off, or falls on the morning on which every health worker reports.
    .remedy = Agree on monthly hours with an owner, a time of notice, and a rule for going back.
    .declared = Maintenance is said to take place in agreed hours: { $window }.
    .yes = { $by } said on { $date } that hours for maintenance are agreed.
    .partly = { $by } said on { $date } that hours for maintenance are a habit that nobody wrote down.
    .no = { $by } said on { $date } that no hours for maintenance are agreed.
    .unknown = Whether hours for maintenance are agreed is not known. The entry "updates.window", or a dated answer with the agreement as its record, settles it.

trained-staff =
    .title = Two people are trained to upgrade the CHT
    .question = Who was trained to upgrade and repair the CHT, and when?
    .why = When the only person who can is on leave, the CHT stays down, and phones without sync, until the end of that leave.
    .remedy = Train two people, and let them rehearse on the test instance.
    .enough = { $count } people were trained in the last two years: { $people }.
    .few = Trained in the last three years: { $people }; in the last two years { $count ->
        [0] nobody was
        [one] one person was
       *[other] { $count } people were
    }, and { $wanted } are needed.
    .lapsed = The last training was on { $date }: what was learnt then is no longer how it is done.
    .recent = { $by } said that two people were trained on { $date }, { days-ago }.
    .ageing = { $by } said that two people were trained on { $date }, { days-ago }: more than two years.
    .too-old = { $by } said that two people were trained on { $date }, { days-ago }: staff and releases have changed since.
    .yes = { $by } said on { $date } that two people are trained.
    .partly = { $by } said on { $date } that one person is trained.
    .no = { $by } said on { $date } that nobody is trained.
    .unknown = Who is trained is not known. The entry "updates.trained" with roles and days, or a dated answer with its record, settles it.

staging =
    .title = Upgrades are rehearsed on a test instance
    .question = Is there a test instance on which an upgrade runs before the real one?
    .why = What goes wrong in an upgrade should go wrong on a test instance first, not for every health worker at once.
    .remedy = Keep a test instance of the same version or a newer one, with data like production's.
    .ahead = { $url } runs CHT { $staging }, production { $production }: upgrades reach the test instance first.
    .older = { $url } runs CHT { $staging }, but production { $production } already: the last upgrade was not rehearsed there.
    .same-server = { $url }, named as the test instance, is production itself.
    .declared = { $url } is named as the test instance; which version it runs was not seen.
    .yes = { $by } said on { $date } that upgrades are rehearsed.
    .partly = { $by } said on { $date } that a test instance exists and is older than production.
    .no = { $by } said on { $date } that upgrades are not rehearsed.
    .unknown = Whether upgrades are rehearsed is not known. A run with network access to the site and to "cht.staging_url" settles it.

upgrade-service =
    .title = The upgrade service runs and is recent
    .question = Is the container that carries out upgrades up, and less than half a year old?
    .why = An old one cannot talk to a newer Docker: on the evening of the upgrade nothing happens, and health workers meet the same faults next day.
    .remedy = Run "docker compose pull && docker compose up --detach" in the folder of the upgrade service.
    .yes = { $by } said on { $date } that the upgrade service runs and was pulled lately.
    .partly = { $by } said on { $date } that the upgrade service runs and is old.
    .no = { $by } said on { $date } that the upgrade service is down.
    .unknown = Whether the upgrade service runs is not known. A dated answer ("answers: updates.upgrade-service") after "docker ps" on the server settles it.

os-support =
    .title = The operating system still gets fixes
    .question = Is the release of the operating system still supported?
    .why = Without fixes a published hole stays open on the server with the patients' data, and new Docker versions stop installing.
    .remedy = Move to a supported long-term release, and turn on automatic security updates and planned reboots.
    .supported = { $host } is described with { $system }, supported until { $date }, { days-more }.
    .ending = { $host } is described with { $system }, whose support ends on { $date }, { in-days }.
    .ended = { $host } is described with { $system }, whose support ended on { $date }, { days-ago }.
    .yes = { $by } said on { $date } that the operating system is supported and patched.
    .partly = { $by } said on { $date } that the operating system is supported and patched seldom.
    .no = { $by } said on { $date } that the operating system is out of support.
    .unknown = Whether the operating system is supported is not known. The entry "os" under "hosts" settles it.
