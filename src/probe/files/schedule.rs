//! When a line of a crontab runs.

use super::cut;

/// Kept of a schedule, in characters; lists of minutes can be long.
const SCHEDULE_CHARACTERS: usize = 100;

const SHORTHANDS: [(&str, &str); 8] = [
    ("@reboot", ""),
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The schedule at the start of a line, and what follows it; `None` for a line that has none.
pub(super) fn split(line: &str) -> Option<(String, &str)> {
    let blank = [' ', '\t'];
    let line = line.trim_start_matches(blank);
    if line.starts_with('@') {
        let (name, command) = line.split_once(blank)?;
        SHORTHANDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        return Some((name.to_ascii_lowercase(), command));
    }
    let (mut fields, mut rest) = (Vec::with_capacity(5), line);
    while fields.len() < 5 {
        let (field, more) = rest.split_once(blank)?;
        if !looks_like_field(field) {
            return None;
        }
        fields.push(field);
        rest = more.trim_start_matches(blank);
    }
    Some((cut(&fields.join(" "), SCHEDULE_CHARACTERS), rest))
}

/// Signs, numbers and the names of months and weekdays: nothing that could be a word of a command.
fn looks_like_field(field: &str) -> bool {
    field.split(['*', ',', '-', '/', '~']).all(|part| part.chars().all(|c| c.is_ascii_digit()) || is_name(part))
        && field.starts_with(|c: char| c == '*' || c.is_ascii_alphanumeric())
}

fn is_name(part: &str) -> bool {
    MONTHS.iter().chain(&WEEKDAYS).any(|name| name.eq_ignore_ascii_case(part))
}

/// The longest time between two runs, in seconds, daylight saving aside; `None` for `@reboot`, for a schedule that never
/// comes, and for what crons read differently (`5/10`, `~`, `22-2`).
///
/// The calendar repeats every 28 years from 1901 to 2099, so one round of it is exact.
pub(super) fn longest_gap(schedule: &str) -> Option<i64> {
    let schedule = SHORTHANDS.iter().find(|(name, _)| *name == schedule).map_or(schedule, |(_, fields)| *fields);
    let fields: Vec<&str> = schedule.split_ascii_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return None };
    let (minutes, hours) = (set(minute, 0, 59, &[])?, set(hour, 0, 23, &[])?);
    let (days, months, weekdays) = (set(day, 1, 31, &[])?, set(month, 1, 12, &MONTHS)?, set(weekday, 0, 7, &WEEKDAYS)?);
    let weekdays = weekdays | (weekdays >> 7 & 1); // 7 is Sunday too
    // Cron's own rule: where day and weekday are both given (neither begins with `*`), either is enough.
    let either = !day.starts_with('*') && !weekday.starts_with('*');
    let has = |set: u64, n: u32| set >> n & 1 == 1;

    let in_a_day: Vec<i64> = (0..24)
        .filter(|hour| has(hours, *hour))
        .flat_map(|hour| (0..60).filter(move |minute| has(minutes, *minute)).map(move |m| i64::from(hour * 60 + m)))
        .collect();
    let (first, last) = (*in_a_day.first()?, *in_a_day.last()?);
    let inside = in_a_day.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();

    let (mut today, mut of_week, mut matching) = (0, 1, Vec::new()); // 2001-01-01 was a Monday
    for year in 2001..2029 {
        for month in 1..=12 {
            for day in 1..=days_in(year, month) {
                let (by_day, by_weekday) = (has(days, day), has(weekdays, of_week));
                if has(months, month) && if either { by_day || by_weekday } else { by_day && by_weekday } {
                    matching.push(today);
                }
                today += 1;
                of_week = (of_week + 1) % 7;
            }
        }
    }
    matching.push(matching.first()? + today); // and round again
    let apart = matching.windows(2).map(|pair| pair[1] - pair[0]).max()?;
    Some(inside.max(apart * 1440 - last + first) * 60)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The numbers that a field stands for, as bits.
fn set(field: &str, low: u32, high: u32, names: &[&str]) -> Option<u64> {
    let number = |text: &str| match names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(at) => u32::try_from(at).ok().map(|at| at + low),
        None => text.parse().ok().filter(|n| text.starts_with(|c: char| c.is_ascii_digit()) && (low..=high).contains(n)),
    };
    let mut bits = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (low, high),
            (_, Some((from, to))) => (number(from)?, number(to)?),
            _ if step.is_some() => return None,
            _ => (number(range)?, number(range)?),
        };
        if from > to {
            return None;
        }
        bits |= (from..=to).step_by(step.unwrap_or(1)).fold(0, |bits: u64, n| bits | 1 << n);
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{longest_gap, split};

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn gaps_by_hand() {
        for (schedule, expected) in [
            ("0 */4 * * *", Some(4 * HOUR)),
            ("* * * * *", Some(60)),
            ("*/7 * * * *", Some(7 * 60)),
            ("*/50 * * * *", Some(50 * 60)),
            ("0 */5 * * *", Some(5 * HOUR)),
            ("15 8-17 * * *", Some(15 * HOUR)),
            ("0,10 3 * * *", Some(DAY - 600)),
            ("0 0 * * 0", Some(7 * DAY)),
            ("0 0 * * 7", Some(7 * DAY)),
            ("0 0 * * sun", Some(7 * DAY)),
            ("30 2 * * 1-5", Some(3 * DAY)),
            ("30 2 * * MON-fri", Some(3 * DAY)),
            ("0 22 * * mon,thu", Some(4 * DAY)),
            ("0 0 * * 5-7", Some(5 * DAY)),
            ("0 0 1 * *", Some(31 * DAY)),
            ("0 0 31 * *", Some(61 * DAY)),
            ("0 0 1 1 *", Some(366 * DAY)),
            ("0 0 1 feb-mar/2 *", Some(366 * DAY)),
            ("0 0 29 2 *", Some(1461 * DAY)),
            // Both days given: Fridays, and the 13th.
            ("0 0 13 * 5", Some(7 * DAY)),
            // A star with a step is a star: Fridays that are odd days (counted with another calendar).
            ("0 0 */2 * 5", Some(21 * DAY)),
            ("0 0 * 2 tue", Some(350 * DAY)),
            ("@reboot", None),
            ("@hourly", Some(HOUR)),
            ("@daily", Some(DAY)),
            ("@midnight", Some(DAY)),
            ("@weekly", Some(7 * DAY)),
            ("@monthly", Some(31 * DAY)),
            ("@yearly", Some(366 * DAY)),
            ("0 0 31 2 *", None),
            ("60 * * * *", None),
            ("5/10 * * * *", None),
            ("0 22-2 * * *", None),
            ("0~30 4 * * *", None),
            ("*/0 * * * *", None),
            ("0 0 0 * *", None),
            ("0 0 * * 8", None),
        ] {
            assert_eq!(longest_gap(schedule), expected, "{schedule}");
        }
    }

    #[test]
    fn a_schedule_is_told_from_a_command() {
        assert_eq!(split("0  */4 *\t* *   borg create"), Some(("0 */4 * * *".to_owned(), "borg create")));
        assert_eq!(split("  @Daily x"), Some(("@daily".to_owned(), "x")));
        for line in ["borg create a b c d", "0 4 * * *", "0 4 * * * ", "@never x", "* * * *", "- - - - - x", ""] {
            let found = split(line).filter(|(_, command)| !command.is_empty());
            assert_eq!(found, None, "{line}");
        }
    }

    proptest! {
        /// Against every minute of four weeks.
        #[test]
        fn a_weekly_schedule_as_counted_minute_by_minute(
            minutes in proptest::collection::btree_set(0_u32..60, 1..4),
            hours in proptest::collection::btree_set(0_u32..24, 1..4),
            weekdays in proptest::collection::btree_set(0_u32..7, 1..4),
        ) {
            let list = |set: &std::collections::BTreeSet<u32>| set.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let runs: Vec<u32> = (0..28 * 1440)
                .filter(|t| minutes.contains(&(t % 60)) && hours.contains(&(t / 60 % 24)) && weekdays.contains(&(t / 1440 % 7)))
                .collect();
            let longest = runs.windows(2).map(|pair| i64::from(pair[1] - pair[0]) * 60).max();
            prop_assert_eq!(longest_gap(&format!("{} {} * * {}", list(&minutes), list(&hours), list(&weekdays))), longest);
        }
    }
}
