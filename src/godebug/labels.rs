//! Names in a record that identify the program of a line.

/// Names of a program's place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels {
    namespace: Option<String>,
    pod: Option<String>,
    container: Option<String>,
    /// ID that counts if the container has no name.
    container_id: Option<String>,
    host: Option<String>,
    /// Name of a service, a unit of systemd, or a tag of syslog.
    unit: Option<String>,
    pid: Option<String>,
    /// True if the process ID is that of the journal's writer, not the program's.
    foreign_pid: bool,
}

impl Labels {
    /// Adds a field, if it is a name; `parent` is the key of the object that it is in.
    pub(super) fn add(&mut self, parent: &str, key: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        // Datadog puts labels into one list.
        if matches!(key, "tags" | "ddtags") {
            for (key, value) in value.split(',').filter_map(|tag| tag.split_once(':')) {
                self.add("", key.trim(), value.trim());
            }
            return;
        }
        let mut name = plain(key);
        // The key of the object says whose name or ID it is.
        if matches!(name.as_str(), "name" | "id") {
            name = plain(parent) + &name;
        }
        let slot = match name.as_str() {
            "podname" | "pod" | "ecstaskarn" | "taskarn" => &mut self.pod,
            "namespacename" | "namespace" | "podnamespace" => &mut self.namespace,
            "containername" | "container" => &mut self.container,
            "containerid" | "dockerid" | "containeridfull" => &mut self.container_id,
            "host" | "hostname" | "nodename" | "node" | "machine" | "computer" | "instance" | "instanceid"
            | "logstreamname" | "logstream" | "allocid" | "replica" | "replicaid" => &mut self.host,
            "service" | "servicename" | "composeservice" | "app" | "appname" | "application" | "applicationname"
            | "identifier" | "syslogidentifier" | "systemdunit" | "unit" | "program" | "programname" | "job"
            | "task" | "taskname" | "dyno" | "tag" | "syslogtag" => &mut self.unit,
            "pid" | "syslogpid" | "processid" | "procid" => {
                // journald writes fields of its own process with a `_` in front.
                self.foreign_pid |= key.starts_with('_');
                &mut self.pid
            }
            _ => return,
        };
        // The unit that systemd names is more precise than the program's own name.
        if slot.is_none() {
            *slot = Some(value.trim_matches('/').to_string());
        }
    }

    /// Takes over the names that are not known yet.
    pub(super) fn fill(&mut self, other: &Labels) {
        let fill = |slot: &mut Option<String>, from: &Option<String>| {
            if slot.is_none() {
                slot.clone_from(from);
            }
        };
        fill(&mut self.namespace, &other.namespace);
        fill(&mut self.pod, &other.pod);
        fill(&mut self.container, &other.container);
        fill(&mut self.container_id, &other.container_id);
        fill(&mut self.host, &other.host);
        fill(&mut self.unit, &other.unit);
        fill(&mut self.pid, &other.pid);
        self.foreign_pid |= other.foreign_pid;
    }

    /// Returns the program's name; none if nothing is known.
    pub(super) fn name(&self) -> Option<String> {
        let container = self.container.as_ref().or(self.container_id.as_ref());
        let mut name = match (&self.pod, container) {
            // A pod with its container is unique in its namespace, so the host adds
            // nothing.
            (Some(pod), container) => {
                let parts = [self.namespace.as_ref(), Some(pod), container];
                parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
            }
            (None, Some(container)) => match &self.host {
                Some(host) => format!("{host}/{container}"),
                None => container.clone(),
            },
            (None, None) => {
                let parts = [self.host.as_ref(), self.unit.as_ref()];
                parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
            }
        };
        let contained = self.pod.is_some() || container.is_some();
        // In a container, the journal's process is that of the container runtime.
        if let Some(pid) = self.pid.as_ref().filter(|_| !(contained && self.foreign_pid)) {
            if name.is_empty() {
                name.clone_from(pid);
            } else {
                name = format!("{name}[{pid}]");
            }
        }
        (!name.is_empty()).then_some(name)
    }
}

/// Returns a key in lower case, without separators and well-known prefixes.
fn plain(key: &str) -> String {
    let name: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    const BEFORE: [&str; 8] =
        ["iokubernetes", "kubernetes", "k8s", "docker", "comdocker", "orchestrator", "resource", "label"];
    let mut rest = name.as_str();
    while let Some(shorter) = BEFORE.iter().find_map(|before| rest.strip_prefix(before)).filter(|rest| !rest.is_empty())
    {
        rest = shorter;
    }
    rest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_loggers() {
        for (fields, expected) in [
            (&[("", "pod_name", "a"), ("", "container_name", "app"), ("", "namespace_name", "ns")][..], "ns/a/app"),
            (&[("pod", "name", "a"), ("container", "id", "3f2a")], "a/3f2a"),
            (&[("", "k8s.pod.name", "a"), ("", "host", "node-1")], "a"),
            (&[("", "kubernetes_pod_name", "a")], "a"),
            (&[("", "io.kubernetes.pod.name", "a")], "a"),
            (&[("", "_PID", "7"), ("", "CONTAINER_NAME", "/app")], "app"),
            (&[("", "_PID", "7"), ("", "SYSLOG_IDENTIFIER", "app"), ("", "_HOSTNAME", "h")], "h app[7]"),
            (&[("process", "pid", "7")], "7"),
            (&[("", "ddtags", "env:x,pod_name:a")], "a"),
            (&[("", "logStreamName", "ecs/app/1")], "ecs/app/1"),
            (&[("", "com.docker.compose.service", "api")], "api"),
        ] {
            let mut labels = Labels::default();
            fields.iter().for_each(|(parent, key, value)| labels.add(parent, key, value));
            assert_eq!(labels.name().as_deref(), Some(expected), "{fields:?}");
        }
        let mut labels = Labels::default();
        labels.add("", "level", "info");
        labels.add("user", "name", "x");
        assert_eq!(labels.name(), None);
    }
}
