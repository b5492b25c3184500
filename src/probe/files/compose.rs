//! Compose files, merged and with their variables filled in: what is meant to run.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use crate::{
    evidence::{
        ComposeAsk, ComposeFacts,
        files::{Mount, Protocol, PublishedPort, Service, SetSecret},
    },
    finding::{Cause, CauseKind},
    yaml::{Node, Value},
};

use super::{Reach, cut, env, instances::tree, variables::fill};

/// What all texts of a run together may grow to by their variables, in bytes.
const ROOM: usize = 16 << 20;
/// Most ports, mounts and profiles together; one range of ports can stand for 65,535.
const ENTRIES: usize = 5000;
/// Most notes.
const NOTES: usize = 100;
/// Kept of one text, in characters.
const CHARACTERS: usize = 300;

/// The services of compose files, merged in order as Docker Compose does: image, restart, container name and network mode
/// of a later file win, ports and profiles are added, volumes replace those with the same target. Variables come from the
/// environment file alone; Compose would prefer its own environment. Those that hold secrets are masked, and what a file
/// sets a secret to comes back as its class.
///
/// # Errors
/// `File`, `Permission`, `TooLarge`, `Forbidden` outside the folders that may be read, also for the environment file;
/// `File` with the line for what Compose would not read, tags such as `!reset`, and files without any service.
pub fn compose(ask: &ComposeAsk, reach: &Reach) -> Result<ComposeFacts, Cause> {
    let env::Variables { shown, all } = ask.env.as_ref().map_or(Ok(env::Variables::default()), |path| env::for_compose(path, reach))?;
    let mut reader = Reader { ask, file: "", known: shown, secret: all, room: ROOM, entries: ENTRIES, notes: BTreeSet::new() };
    let mut services = BTreeMap::new();
    for path in &ask.paths {
        let root = tree(path, reach)?;
        reader.file = path;
        if ask.env.is_some() {
            reader.required(&root)?;
        }
        for include in root.get("include").map(Node::items).unwrap_or_default() {
            match include.as_text().or_else(|| include.get("path").and_then(Node::as_text)) {
                Some(other) => reader.note(&format!("include {other}")),
                None => reader.note("include"),
            }
        }
        let listed = root.get("services");
        if let Some(wrong) = listed.filter(|node| !matches!(node.value, Value::Map(_)) && !node.is_null()) {
            return Err(reader.unusable(wrong));
        }
        for (name, node) in listed.map(Node::entries).unwrap_or_default() {
            if !matches!(node.value, Value::Map(_)) {
                return Err(reader.unusable(node));
            }
            reader.service(&name.text, node, services.entry(name.text.clone()).or_default())?;
        }
    }
    if services.is_empty() {
        return Err(Cause::new(CauseKind::File, ask.key()));
    }
    Ok(ComposeFacts { services, not_followed: reader.notes.into_iter().take(NOTES).collect() })
}

/// Reads one file after the other.
struct Reader<'a> {
    ask: &'a ComposeAsk,
    file: &'a str,
    known: BTreeMap<String, String>,
    /// The same with nothing masked: for classes of secrets only.
    secret: BTreeMap<String, String>,
    room: usize,
    /// How many more ports, mounts and profiles are kept.
    entries: usize,
    notes: BTreeSet<String>,
}

impl Reader<'_> {
    /// Lays what one file says of a service over what those before it said.
    fn service(&mut self, name: &str, node: &Node, service: &mut Service) -> Result<(), Cause> {
        self.file.clone_into(&mut service.file);
        for (key, slot) in [("image", &mut service.image), ("restart", &mut service.restart), ("container_name", &mut service.container_name)] {
            if let Some(text) = self.scalar(node.get(key))? {
                *slot = Some(text);
            }
        }
        if let Some(mode) = self.scalar(node.get("network_mode"))? {
            service.host_network = mode == "host";
        }
        if let Some(extends) = node.get("extends") {
            match extends.get("file").and_then(Node::as_text) {
                Some(other) => self.note(&format!("extends {other}")),
                None => self.note(&format!("{name}.extends")),
            }
        }
        if node.get("deploy").and_then(|deploy| deploy.get("restart_policy")).is_some() {
            self.note(&format!("{name}.deploy.restart_policy"));
        }
        for item in node.get("ports").map(Node::items).unwrap_or_default() {
            let read = match &item.value {
                Value::Map(_) => self.long_port(item)?,
                _ => self.scalar(Some(item))?.as_deref().and_then(|text| short_port(text, self.entries)),
            };
            match read.filter(|more| self.takes(more.len())) {
                Some(more) => service.ports.extend(more.into_iter().filter(|port| !service.ports.contains(port)).collect::<Vec<_>>()),
                None => self.note(&format!("{name}.ports:{}", item.mark.line)),
            }
        }
        for item in node.get("volumes").map(Node::items).unwrap_or_default() {
            match self.mount(item)?.filter(|_| self.takes(1)) {
                Some(mount) => {
                    service.mounts.retain(|known| known.target.trim_end_matches('/') != mount.target.trim_end_matches('/'));
                    service.mounts.push(mount);
                }
                None => self.note(&format!("{name}.volumes:{}", item.mark.line)),
            }
        }
        for item in node.get("profiles").map(Node::items).unwrap_or_default() {
            match self.scalar(Some(item))?.filter(|_| self.takes(1)) {
                Some(profile) if service.profiles.contains(&profile) => {}
                Some(profile) => service.profiles.push(profile),
                None => self.note(&format!("{name}.profiles:{}", item.mark.line)),
            }
        }
        let environment = node.get("environment");
        for (name, value) in environment.map(Node::entries).unwrap_or_default() {
            self.secret(&name.text, value.as_text(), service)?;
        }
        for item in environment.map(Node::items).unwrap_or_default().iter().filter_map(Node::as_text) {
            let (name, value) = item.split_once('=').map_or((item, None), |(name, value)| (name, Some(value)));
            self.secret(name, value, service)?;
        }
        Ok(())
    }

    /// Keeps the class of what `name` is set to, if that is a secret and if the file decides it: a name alone, and a
    /// variable of the same name, leave that to the environment.
    fn secret(&mut self, name: &str, template: Option<&str>, service: &mut Service) -> Result<(), Cause> {
        let Some(published) = self.ask.secrets.get(name) else { return Ok(()) };
        service.secrets.remove(name);
        let Some(template) = template else { return Ok(()) };
        let filled = fill(template, &self.secret, &mut self.room).ok_or_else(|| Cause::new(CauseKind::TooLarge, self.file))?;
        let open = !filled.unset.is_empty() || !filled.required.is_empty() || (filled.text.is_empty() && !template.is_empty());
        if !open && filled.used != [name] {
            let class = env::class(Some(&filled.text), published, &self.ask.salt);
            service.secrets.insert(name.to_owned(), SetSecret { file: self.file.to_owned(), class, written_out: filled.used.is_empty() });
        }
        Ok(())
    }

    fn long_port(&mut self, item: &Node) -> Result<Option<Vec<PublishedPort>>, Cause> {
        let mut part = |key| self.scalar(item.get(key));
        let (target, published, address, protocol) = (part("target")?, part("published")?, part("host_ip")?, part("protocol")?);
        let Some(target) = target else { return Ok(None) };
        let protocol = protocol.map(|protocol| format!("/{protocol}")).unwrap_or_default();
        let address = address.map(|address| format!("[{address}]")).unwrap_or_default();
        let short = match published {
            Some(published) => format!("{address}:{published}:{target}{protocol}"),
            None => format!("{target}{protocol}"),
        };
        Ok(short_port(&short, self.entries))
    }

    fn mount(&mut self, item: &Node) -> Result<Option<Mount>, Cause> {
        if matches!(item.value, Value::Map(_)) {
            let source = self.scalar(item.get("source"))?;
            return Ok(self.scalar(item.get("target"))?.map(|target| Mount { source, target }));
        }
        Ok(self.scalar(Some(item))?.and_then(|text| match text.split_once(':') {
            None => Some(Mount { source: None, target: text }),
            Some((source, rest)) => {
                let target = rest.split(':').next().filter(|target| target.starts_with(['/', '\\']))?;
                Some(Mount { source: Some(source.to_owned()).filter(|source| !source.is_empty()), target: target.to_owned() })
            }
        }))
    }

    /// The text of a scalar with its variables filled in; those that have no value are noted.
    fn scalar(&mut self, node: Option<&Node>) -> Result<Option<String>, Cause> {
        let Some(text) = node.and_then(Node::as_text) else { return Ok(None) };
        let filled = fill(text, &self.known, &mut self.room).ok_or_else(|| Cause::new(CauseKind::TooLarge, self.file))?;
        for name in filled.unset {
            self.note(&format!("${{{name}}}"));
        }
        for name in filled.required {
            self.note(&format!("${{{name}:?}}"));
        }
        if filled.malformed {
            self.note(&format!("$:{}", node.map_or(0, |node| node.mark.line)));
        }
        Ok(Some(cut(&filled.text, CHARACTERS)))
    }

    /// Notes the variables without which Compose refuses to start, wherever they stand.
    fn required(&mut self, node: &Node) -> Result<(), Cause> {
        match &node.value {
            Value::Scalar { text, .. } => {
                let filled = fill(text, &self.known, &mut self.room).ok_or_else(|| Cause::new(CauseKind::TooLarge, self.file))?;
                filled.required.iter().for_each(|name| self.note(&format!("${{{name}:?}}")));
                Ok(())
            }
            Value::List(items) => items.iter().try_for_each(|item| self.required(item)),
            Value::Map(entries) => entries.iter().try_for_each(|(_, value)| self.required(value)),
        }
    }

    /// Whether there is room for so many more entries; takes it.
    fn takes(&mut self, entries: usize) -> bool {
        let left = self.entries.checked_sub(entries);
        self.entries = left.unwrap_or(self.entries);
        left.is_some()
    }

    fn note(&mut self, what: &str) {
        if self.notes.len() < NOTES {
            self.notes.insert(format!("{}: {}", self.file, cut(what, CHARACTERS)));
        }
    }

    fn unusable(&self, node: &Node) -> Cause {
        Cause::new(CauseKind::File, format!("{}:{}", self.file, node.mark.line))
    }
}

/// The ports of Compose's short form, `[[address:]host[-host]:]container[-container][/protocol]`; an IPv6 address with
/// or without brackets. `None` where it is none, the two ranges do not fit each other, or there are more than `most`.
fn short_port(text: &str, most: usize) -> Option<Vec<PublishedPort>> {
    let (text, protocol) = match text.rsplit_once('/') {
        None => (text, Protocol::Tcp),
        Some((text, protocol)) => match protocol.to_ascii_lowercase().as_str() {
            "tcp" => (text, Protocol::Tcp),
            "udp" => (text, Protocol::Udp),
            "sctp" => (text, Protocol::Sctp),
            _ => return None,
        },
    };
    let mut parts = text.rsplitn(3, ':');
    let (container, host, address) = (range(parts.next()?)?, parts.next().filter(|host| !host.is_empty()), parts.next());
    if container.len() > most {
        return None;
    }
    let address = match address.map(|address| address.trim_start_matches('[').trim_end_matches(']')).filter(|address| !address.is_empty()) {
        Some(address) => Some(address.parse::<IpAddr>().ok()?.to_string()),
        None => None,
    };
    let port = |host, container| PublishedPort { address: address.clone(), host, container, protocol };
    let Some(host) = host else { return Some(container.map(|container| port(None, container)).collect()) };
    let host = range(host)?;
    match (host.len(), container.len()) {
        (hosts, containers) if hosts == containers => Some(host.zip(container).map(|(host, container)| port(Some(host), container)).collect()),
        // Docker takes whichever of the host's ports is free.
        (_, 1) => Some(container.map(|container| port(None, container)).collect()),
        _ => None,
    }
}

/// `80` or `80-89`.
fn range(text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (number(from)?, number(to)?);
    (from <= to).then_some(from..=to)
}

#[cfg(test)]
mod tests {
    use super::{Protocol, PublishedPort, short_port};

    fn port(address: Option<&str>, host: Option<u16>, container: u16) -> PublishedPort {
        PublishedPort { address: address.map(str::to_owned), host, container, protocol: Protocol::Tcp }
    }

    /// After the Compose specification's chapter on ports.
    #[test]
    fn the_short_form_of_ports() {
        for (text, expected) in [
            ("3000", vec![port(None, None, 3000)]),
            ("3000-3001", vec![port(None, None, 3000), port(None, None, 3001)]),
            ("8000:80", vec![port(None, Some(8000), 80)]),
            ("9090-9091:8080-8081", vec![port(None, Some(9090), 8080), port(None, Some(9091), 8081)]),
            ("8000-9000:80", vec![port(None, None, 80)]),
            ("127.0.0.1:8001:8001", vec![port(Some("127.0.0.1"), Some(8001), 8001)]),
            ("127.0.0.1::5000", vec![port(Some("127.0.0.1"), None, 5000)]),
            ("[::1]:6000:6001", vec![port(Some("::1"), Some(6000), 6001)]),
            ("::1:6000:6001", vec![port(Some("::1"), Some(6000), 6001)]),
            ("6060:6061/udp", vec![PublishedPort { protocol: Protocol::Udp, ..port(None, Some(6060), 6061) }]),
        ] {
            assert_eq!(short_port(text, 10), Some(expected), "{text}");
        }
        for wrong in ["", "x", "80:", "1-2:3-5", "70000:80", "0:80", "2-1", "a.b:1:2", "80:80/x", "-", "1.2.3.4:x:80", "1-11"] {
            assert_eq!(short_port(wrong, 10), None, "{wrong}");
        }
    }
}
