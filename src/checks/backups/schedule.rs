//! Judges of when copies are made: by whom, how often, and how old the newest is.

use jiff::Timestamp;

use crate::{
    checks::{Context, Graded, Judgement, Rating, asks, claim::Own, settle::Document},
    evidence::files::{CronJob, JobKind},
    finding::{Arg, Args, Cause, args},
    site::{BackupCopy, CopyKind},
};

use super::copies;

/// The backup jobs of the crontab.
pub(in crate::checks) struct Jobs<'a> {
    /// When the file was read.
    pub(in crate::checks) at: Timestamp,
    /// The file.
    pub(in crate::checks) file: &'a str,
    /// Its backup lines.
    pub(in crate::checks) lines: Vec<&'a CronJob>,
    /// What cron prints is mailed to somebody.
    pub(in crate::checks) mails: bool,
}

impl<'a> Jobs<'a> {
    /// The jobs that cron can run on a schedule that is understood, each with the longest time between two runs.
    fn regular(&self) -> impl Iterator<Item = (&'a CronJob, i64)> {
        self.lines.iter().filter(|job| !cannot_run(job)).filter_map(|job| job.every.filter(|every| *every > 0).map(|every| (*job, every)))
    }

    /// The one that runs most often.
    fn most_often(&self) -> Option<(&'a CronJob, i64)> {
        self.regular().min_by_key(|(_, every)| *every)
    }

    /// The most frequent of those that make copies of a kind.
    fn of_kind(&self, kind: CopyKind) -> Option<(&'a CronJob, i64)> {
        self.regular().filter(|(job, _)| makes(&job.tool, kind)).min_by_key(|(_, every)| *every)
    }

    /// Some line makes copies of this kind, whether or not it can run.
    pub(in crate::checks) fn names(&self, kind: CopyKind) -> bool {
        self.lines.iter().any(|job| makes(&job.tool, kind))
    }

    /// The arguments that tell of one line.
    pub(in crate::checks) fn told(&self, job: &CronJob) -> Args {
        args([("file", self.file.into()), ("line", i64::from(job.line).into()), ("tool", job.tool.as_str().into())])
    }
}

/// The backup jobs of the crontab; none where the description names no crontab.
///
/// # Errors
/// Why the crontab could not be read.
pub(in crate::checks) fn jobs<'a>(cx: &Context<'a>) -> Result<Option<Jobs<'a>>, Cause> {
    let (Some(file), Some(seen)) = (cx.site.said.files.crontab.as_deref(), asks::crontab(cx)) else { return Ok(None) };
    let seen = seen?;
    let lines = seen.facts.jobs.iter().filter(|job| job.kind == JobKind::Backup).collect();
    Ok(Some(Jobs { at: seen.at, file, lines, mails: seen.facts.mails }))
}

/// cron has no terminal, and ends a command at a bare `%`.
pub(in crate::checks) fn cannot_run(job: &CronJob) -> bool {
    job.wants_terminal || job.cut_at_percent
}

/// Whether a program makes copies of a kind. A copy of another kind is made by something that the crontab does not show.
fn makes(tool: &str, kind: CopyKind) -> bool {
    let tools: &[&str] = match kind {
        CopyKind::Borg => &["borg", "borgmatic"],
        CopyKind::Restic => &["restic", "rustic", "autorestic", "resticprofile"],
        CopyKind::Kopia => &["kopia"],
        CopyKind::Rclone => &["rclone"],
        CopyKind::Folder => &["rsync", "cp", "tar", "rsnapshot", "rdiff-backup", "duplicity", "couchbackup"],
        CopyKind::S3 => &["aws", "gsutil", "azcopy", "s3cmd", "mc", "rclone", "duplicity", "couchbackup"],
        CopyKind::Snapshot => &["zfs", "btrfs", "sanoid", "syncoid", "lvcreate", "velero", "aws", "proxmox-backup-client"],
        CopyKind::Raid | CopyKind::Cluster => &[],
    };
    tools.contains(&tool)
}

/// How often a copy is said to be made. No time at all is no interval.
fn said_interval(copy: &BackupCopy) -> Option<i64> {
    copy.every.map(|every| every.0).filter(|every| *every > 0)
}

/// How often a copy is made: what the crontab says of its kind, else what the description says.
pub(in crate::checks) fn interval(copy: &BackupCopy, jobs: Option<&Jobs<'_>>) -> Option<i64> {
    jobs.and_then(|jobs| jobs.of_kind(copy.kind)).map(|(_, every)| every).or(said_interval(copy))
}

/// `backups.automated`
pub(super) fn automated(cx: &Context<'_>) -> Vec<Judgement> {
    let counting = copies::counting(cx.site);
    let words = counting.iter().filter_map(|copy| match (&copy.carried_by, said_interval(copy)) {
        (Some(carrier), _) => {
            let told = args([("copy", copy.id.as_str().into()), ("carrier", cx.site.person(carrier).into())]);
            Some(copies::content_word(copy, Graded::bad("by-hand", told)))
        }
        (None, Some(every)) => {
            let told = args([("copy", copy.id.as_str().into()), ("every", Arg::Duration(every))]);
            Some(copies::content_word(copy, Graded::good("declared", told)))
        }
        (None, None) => None,
    });
    let own = copies::best(cx, words.collect());
    let document = jobs(cx).map(|jobs| {
        let jobs = jobs?;
        let automatic: Vec<&BackupCopy> = counting.iter().copied().filter(|copy| copy.carried_by.is_none() && said_interval(copy).is_some()).collect();
        let graded = grade_jobs(&jobs, &automatic)?;
        // What another tool does by itself is not refuted by a line that does not work.
        let elsewhere = automatic.iter().any(|copy| !jobs.names(copy.kind) && copies::stands(cx, copy));
        (graded.rating == Rating::Good || !elsewhere).then_some(Document { graded, at: jobs.at })
    });
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, document, "backups.copies[].every")])
}

/// What the crontab's backup lines come to; nothing where there is none.
fn grade_jobs(jobs: &Jobs<'_>, automatic: &[&BackupCopy]) -> Option<Graded> {
    if let Some((job, every)) = jobs.most_often() {
        let mut told = jobs.told(job);
        told.insert("every".to_owned(), Arg::Duration(every));
        let slower = automatic.iter().find_map(|copy| {
            let said = said_interval(copy)?;
            let (job, every) = jobs.of_kind(copy.kind)?;
            (every > said).then_some((job, every, said, copy))
        });
        // Both may do, but one of the two is not true.
        return Some(match slower {
            Some((job, every, said, copy)) => {
                let mut told = jobs.told(job);
                told.extend(args([("every", Arg::Duration(every)), ("said", Arg::Duration(said)), ("copy", copy.id.as_str().into())]));
                Graded::middling("slower", told)
            }
            None => Graded::good("scheduled", told),
        });
    }
    if let Some(job) = jobs.lines.iter().find(|job| job.every.is_none_or(|every| every <= 0) && !cannot_run(job)) {
        let mut told = jobs.told(job);
        told.insert("schedule".to_owned(), job.schedule.as_str().into());
        return Some(Graded::middling("odd-time", told));
    }
    jobs.lines.first().map(|job| Graded::bad("cannot-run", jobs.told(job)))
}

/// `backups.age`
pub(super) fn age(cx: &Context<'_>) -> Vec<Judgement> {
    let counting = copies::counting(cx.site);
    let words: Vec<(&BackupCopy, Own)> = counting.iter().filter_map(|copy| Some((*copy, age_word(cx, copy)?))).collect();
    let document = jobs(cx).map(|jobs| {
        let jobs = jobs?;
        let (job, every) = jobs.most_often()?;
        let rating = rate(cx, every);
        let message = match rating {
            // That a copy is meant to be made does not show that one was: a good schedule is no evidence of an age.
            Rating::Good => return None,
            Rating::Middling => "cron-rare",
            Rating::Bad => "cron-too-rare",
        };
        // The line speaks for the copies that its program makes, and only of how often they are made.
        let spoken_for = |copy: &BackupCopy| said_interval(copy).is_some() && jobs.names(copy.kind);
        let not_refuted = words.iter().any(|(copy, own)| own.graded.rating > rating && !spoken_for(copy) && copies::tells(cx, own));
        let mut told = jobs.told(job);
        told.extend(args([("every", Arg::Duration(every)), ("limit", Arg::Duration(cx.limit("pass")))]));
        (!not_refuted).then_some(Document { graded: Graded { rating, message, args: told }, at: jobs.at })
    });
    let own = copies::best(cx, words.iter().map(|(_, own)| own.clone()).collect()).or_else(|| copies::none_counts(cx, "no-copy"));
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, document, "backups.copies[].last")])
}

/// How old the newest copy of a kind is at worst: the time between two, where it is said, else the age of the last. Where
/// the last shows that the schedule is not kept, it speaks itself: what is meant to happen never beats what did.
fn age_word(cx: &Context<'_>, copy: &BackupCopy) -> Option<Own> {
    let (scheduled, seen) = (scheduled_word(cx, copy), seen_word(cx, copy));
    match (scheduled, seen) {
        // Of the last only the day is known: one of yesterday may be younger than a day.
        (Some(scheduled), Some(seen)) if days_since(cx, copy) > 1 && seen.graded.rating < scheduled.graded.rating => {
            let every = Arg::Duration(said_interval(copy).unwrap_or_default());
            let told = seen.graded.args.clone().into_iter().chain(args([("every", every)])).collect();
            Some(Own { graded: Graded { message: "unkept", args: told, ..seen.graded }, ..seen })
        }
        (scheduled, seen) => scheduled.or(seen),
    }
}

/// How many days before today a copy was last seen good.
fn days_since(cx: &Context<'_>, copy: &BackupCopy) -> i32 {
    copies::day(copy).and_then(|day| day.0.until(cx.now.today()).ok()).map_or(0, |time| time.get_days())
}

/// How often a copy is said to be made.
fn scheduled_word(cx: &Context<'_>, copy: &BackupCopy) -> Option<Own> {
    let every = said_interval(copy)?;
    let rating = rate(cx, every);
    let message = match rating {
        Rating::Good => "often",
        Rating::Middling => "rare",
        Rating::Bad => "too-rare",
    };
    let told = args([("copy", copy.id.as_str().into()), ("every", Arg::Duration(every)), ("limit", Arg::Duration(cx.limit("pass")))]);
    Some(copies::word(copy, Graded { rating, message, args: told }))
}

/// How long ago a copy was last seen good.
fn seen_word(cx: &Context<'_>, copy: &BackupCopy) -> Option<Own> {
    let day = copies::day(copy)?;
    let age = cx.now.as_of.duration_since(cx.now.start(day.0)).as_secs();
    let rating = rate(cx, age);
    let message = match rating {
        Rating::Good => "recent",
        Rating::Middling => "ageing",
        Rating::Bad => "too-old",
    };
    let limit = Arg::Duration(cx.limit("pass"));
    let told = args([("copy", copy.id.as_str().into()), ("date", day.0.into()), ("age", Arg::Duration(age)), ("limit", limit)]);
    // The graded value is itself the day.
    Some(Own { ageless: true, ..copies::word(copy, Graded { rating, message, args: told }) })
}

/// Within the limit, within so many times the limit, or older.
fn rate(cx: &Context<'_>, age: i64) -> Rating {
    let limit = cx.limit("pass");
    if age <= limit {
        Rating::Good
    } else if age <= limit.saturating_mul(cx.limit("warn-factor")) {
        Rating::Middling
    } else {
        Rating::Bad
    }
}
