//! What values may be.

use super::{Authentication, Config, compliance, given};
use causerie_model::limits::{DEFAULT_CHAT_HISTORY_RANGE, MAX_MESSAGE_BYTES, MAX_PARTICIPANT_UPDATE_LIMIT};
use std::{fmt::Display, ops::RangeInclusive, path::Path};
use tracing_subscriber::EnvFilter;

/// Longest name of a Windows domain without dots (NetBIOS, RFC 1001 §14.1).
const MAX_NETBIOS_CHARS: usize = 15;

impl Config {
    /// Checks every value.
    ///
    /// # Errors
    /// All that is wrong, a sentence each.
    pub(crate) fn check(&self) -> Result<(), Vec<String>> {
        let mut problems = Problems(Vec::new());
        self.check_names(&mut problems);
        self.check_addresses(&mut problems);
        self.check_certificates(&mut problems);
        self.check_numbers(&mut problems);
        self.check_compliance(&mut problems);
        if EnvFilter::try_new(&self.log.level).is_err() || self.log.level.trim().is_empty() {
            problems.add(format!(
                "log.level: '{}' is no level; take error, warn, info, debug or trace",
                self.log.level
            ));
        }
        if problems.0.is_empty() {
            Ok(())
        } else {
            Err(problems.0)
        }
    }

    fn check_names(&self, problems: &mut Problems) {
        if self.domain.is_empty() {
            problems.add("domain: must be set to the part of users' addresses after the @".to_owned());
        } else if !is_dns_name(&self.domain) {
            problems.add(format!("domain: '{}' is no DNS name", self.domain));
        }
        if !self.fqdn.is_empty() && !is_dns_name(&self.fqdn) {
            problems.add(format!("fqdn: '{}' is no DNS name", self.fqdn));
        }
        let netbios = &self.netbios_domain;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if netbios.len() > MAX_NETBIOS_CHARS || !netbios.chars().all(fits) {
            problems.add(format!(
                "netbios_domain: '{netbios}' must have at most {MAX_NETBIOS_CHARS} letters, digits, '-' or '_'"
            ));
        }
        if given(&self.data_dir).is_none() {
            problems.add("data_dir: must be set".to_owned());
        }
        for name in &self.sip.certificate_names {
            if !is_dns_name(name) && name.parse::<std::net::IpAddr>().is_err() {
                problems.add(format!(
                    "sip.certificate_names: '{name}' is neither a DNS name nor an IP address"
                ));
            }
        }
    }

    fn check_addresses(&self, problems: &mut Problems) {
        if self.sip.tcp.is_remote() && !self.sip.allow_remote_tcp {
            problems.add(format!(
                "sip.tcp: {} can be reached from other machines, and what goes over plain TCP can be read on the way; \
                 listen on 127.0.0.1, or set sip.allow_remote_tcp = true",
                self.sip.tcp
            ));
        }
        if self.sip.tcp.0.is_none() && self.sip.tls.0.is_none() {
            problems.add("sip.tcp and sip.tls are both \"off\": nobody could connect".to_owned());
        }
        if self.sip.authentication == Authentication::None {
            for (key, listen) in [("sip.tcp", self.sip.tcp), ("sip.tls", self.sip.tls)] {
                if listen.is_remote() {
                    problems.add(format!(
                        "sip.authentication: \"none\" lets anybody in as anybody, and {key}, {listen}, can be reached \
                         from other machines; listen on 127.0.0.1, or set sip.authentication = \"ntlm\""
                    ));
                }
            }
        }
        if self.metrics.listen.is_remote() && !self.metrics.allow_remote {
            problems.add(format!(
                "metrics.listen: {} can be reached from other machines, and metrics ask for no password; \
                 listen on 127.0.0.1, or set metrics.allow_remote = true",
                self.metrics.listen
            ));
        }
    }

    fn check_certificates(&self, problems: &mut Problems) {
        let sip = &self.sip;
        for (kind, certificate, key) in [
            ("ecdsa", &sip.ecdsa_certificate, &sip.ecdsa_key),
            ("rsa", &sip.rsa_certificate, &sip.rsa_key),
        ] {
            let (certificate, key) = (given(certificate).map(Path::to_owned), given(key));
            if certificate.is_some() != key.is_some() {
                problems.add(format!(
                    "sip.{kind}_certificate and sip.{kind}_key go together: set both or neither"
                ));
            }
        }
    }

    fn check_numbers(&self, problems: &mut Problems) {
        let limits = &self.sip.limits;
        problems.range("sip.limits.connections", limits.connections, 1..=1_000_000);
        problems.range(
            "sip.limits.connections_per_address",
            limits.connections_per_address,
            1..=1_000_000,
        );
        problems.range(
            "sip.limits.connections_per_second",
            limits.connections_per_second,
            1..=100_000,
        );
        problems.range(
            "sip.limits.endpoints_per_user",
            limits.endpoints_per_user,
            1..=1_000,
        );
        problems.range(
            "sip.limits.stranger_message",
            limits.stranger_message,
            4_096..=1_048_576,
        );
        problems.range("sip.limits.message", limits.message, 65_536..=4_194_304);
        problems.range("sip.limits.headers", limits.headers, 4_096..=262_144);
        problems.range("sip.limits.header_count", limits.header_count, 32..=4_096);
        problems.range("sip.limits.outgoing", limits.outgoing, 16_384..=16_777_216);
        let deadlines = &self.sip.deadlines;
        problems.range("sip.deadlines.handshake", deadlines.handshake, 1..=300);
        problems.range("sip.deadlines.sign_in", deadlines.sign_in, 1..=600);
        problems.range("sip.deadlines.message", deadlines.message, 1..=300);
        problems.range("sip.deadlines.keep_alive", deadlines.keep_alive, 30..=3_600);
        problems.range("sip.deadlines.write", deadlines.write, 1..=600);
        problems.range("sip.deadlines.closing", deadlines.closing, 1..=60);
        let chat = &self.chat;
        problems.range(
            "chat.history_in_memory",
            chat.history_in_memory,
            DEFAULT_CHAT_HISTORY_RANGE,
        );
        problems.range(
            "chat.participant_limit",
            chat.participant_limit,
            0..=MAX_PARTICIPANT_UPDATE_LIMIT,
        );
        problems.range("chat.max_rooms", chat.max_rooms, 1..=1_000_000);
        problems.range("chat.max_categories", chat.max_categories, 1..=100_000);
        problems.range("chat.message_size", chat.message_size, 1..=MAX_MESSAGE_BYTES);
        problems.range("chat.story_size", chat.story_size, 1..=MAX_MESSAGE_BYTES);
        problems.range("chat.search_results", chat.search_results, 1..=10_000);
        problems.range(
            "chat.compliance_max_depth",
            chat.compliance_max_depth,
            1..=1_000_000_000,
        );
        problems.range("chat.compliance_max_age", chat.compliance_max_age, 1..=2_592_000);
        if chat.story_size < chat.message_size {
            problems.add(format!(
                "chat.story_size: {} is less than chat.message_size, {}",
                chat.story_size, chat.message_size
            ));
        }
        let sign_in = &self.sign_in;
        problems.range(
            "sign_in.failures_per_user",
            sign_in.failures_per_user,
            1..=100_000,
        );
        problems.range(
            "sign_in.failures_per_address",
            sign_in.failures_per_address,
            1..=100_000,
        );
        problems.range("sign_in.window", sign_in.window, 1..=86_400);
        let compliance = &self.compliance;
        problems.range(
            "compliance.checkpoint_interval",
            compliance.checkpoint_interval,
            1..=86_400,
        );
        problems.range(
            "compliance.alarm_depth",
            compliance.alarm_depth,
            1..=1_000_000_000,
        );
        problems.range("compliance.alarm_age", compliance.alarm_age, 1..=2_592_000);
        problems.range(
            "compliance.minimum_retention_days",
            compliance.minimum_retention_days,
            0..=36_500,
        );
    }

    fn check_compliance(&self, problems: &mut Problems) {
        let set = &self.compliance;
        match self.compliance_database() {
            Err(problem) => problems.add(format!("compliance.database: {problem}")),
            Ok(compliance::Database::Sqlite(_)) if given(&set.database_password_file).is_some() => problems
                .add(
                    "compliance.database_password_file: goes with a compliance.database that is postgres://…"
                        .to_owned(),
                ),
            Ok(database) if database.is_unverified() && !set.allow_unverified_database => {
                problems.add(format!(
                    "compliance.database: {}, or set compliance.allow_unverified_database = true",
                    compliance::UNVERIFIED
                ));
            }
            Ok(_) => {}
        }
        if !set.officers.is_empty() && given(&set.socket).is_none_or(|path| path.starts_with(&self.data_dir))
        {
            problems.add(
                "compliance.officers: they need a compliance.socket outside of the data directory, which nobody else can enter"
                    .to_owned(),
            );
        }
        if let Err(problem) = compliance::check_webhook(&set.alarm_webhook) {
            problems.add(format!("compliance.alarm_webhook: {problem}"));
        }
    }
}

/// What has been found wrong so far.
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, problem: String) {
        self.0.push(problem);
    }

    fn range<T: Copy + PartialOrd + Display>(&mut self, key: &str, value: T, allowed: RangeInclusive<T>) {
        if !allowed.contains(&value) {
            self.add(format!(
                "{key}: {value} must be between {} and {}",
                allowed.start(),
                allowed.end()
            ));
        }
    }
}

/// Whether this is a DNS name: labels of letters, digits and inner hyphens (RFC 1123 §2.1).
pub(crate) fn is_dns_name(text: &str) -> bool {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.len() <= 253 && text.split('.').all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo(change: impl Fn(&mut Config)) -> Result<(), Vec<String>> {
        let mut config = Config::demo();
        change(&mut config);
        config.check()
    }

    /// What is told about this one change.
    fn told(change: impl Fn(&mut Config)) -> String {
        demo(change).unwrap_err().join("\n")
    }

    #[test]
    fn the_demo_is_fine_and_the_default_lacks_a_domain() {
        assert_eq!(Config::demo().check(), Ok(()));
        let problems = Config::default().check().unwrap_err();
        assert_eq!(
            problems,
            ["domain: must be set to the part of users' addresses after the @"]
        );
    }

    #[test]
    fn numbers_are_held_to_their_ranges() {
        type Case = (fn(&mut Config, usize), usize, usize);
        let cases: &[Case] = &[
            (|c, n| c.chat.history_in_memory = n as u16, 1, 500),
            (|c, n| c.chat.participant_limit = n as u32, 0, 100_000),
            (|c, n| c.chat.max_rooms = n, 1, 1_000_000),
            (|c, n| c.chat.max_categories = n, 1, 100_000),
            (|c, n| c.chat.search_results = n as u32, 1, 10_000),
            (|c, n| c.chat.compliance_max_depth = n as u64, 1, 1_000_000_000),
            (|c, n| c.chat.compliance_max_age = n as u64, 1, 2_592_000),
            (|c, n| c.sip.limits.connections = n, 1, 1_000_000),
            (|c, n| c.sip.limits.connections_per_address = n, 1, 1_000_000),
            (|c, n| c.sip.limits.connections_per_second = n as u32, 1, 100_000),
            (|c, n| c.sip.limits.endpoints_per_user = n, 1, 1_000),
            (|c, n| c.sip.limits.stranger_message = n, 4_096, 1_048_576),
            (|c, n| c.sip.limits.message = n, 65_536, 4_194_304),
            (|c, n| c.sip.limits.headers = n, 4_096, 262_144),
            (|c, n| c.sip.limits.header_count = n, 32, 4_096),
            (|c, n| c.sip.limits.outgoing = n, 16_384, 16_777_216),
            (|c, n| c.sip.deadlines.handshake = n as u64, 1, 300),
            (|c, n| c.sip.deadlines.sign_in = n as u64, 1, 600),
            (|c, n| c.sip.deadlines.message = n as u64, 1, 300),
            (|c, n| c.sip.deadlines.keep_alive = n as u64, 30, 3_600),
            (|c, n| c.sip.deadlines.write = n as u64, 1, 600),
            (|c, n| c.sip.deadlines.closing = n as u64, 1, 60),
            (|c, n| c.sign_in.failures_per_user = n as u32, 1, 100_000),
            (|c, n| c.sign_in.failures_per_address = n as u32, 1, 100_000),
            (|c, n| c.sign_in.window = n as i64, 1, 86_400),
            (|c, n| c.compliance.checkpoint_interval = n as u64, 1, 86_400),
            (|c, n| c.compliance.alarm_depth = n as u64, 1, 1_000_000_000),
            (|c, n| c.compliance.alarm_age = n as u64, 1, 2_592_000),
            (|c, n| c.compliance.minimum_retention_days = n as u32, 0, 36_500),
        ];
        for (at, (set, least, most)) in cases.iter().enumerate() {
            for good in [*least, *most] {
                assert_eq!(demo(|config| set(config, good)), Ok(()), "case {at}");
            }
            let too_small = least.checked_sub(1);
            for bad in too_small.into_iter().chain([most + 1]) {
                let problem = told(|config| set(config, bad));
                assert!(
                    problem.contains(&format!("{bad} must be between {least} and {most}")),
                    "{problem}"
                );
            }
        }
    }

    #[test]
    fn sizes_of_messages_are_held_to_their_ranges() {
        let both = |n: usize| {
            move |config: &mut Config| {
                config.chat.message_size = n;
                config.chat.story_size = n;
            }
        };
        assert_eq!(demo(both(1)), Ok(()));
        assert_eq!(demo(both(MAX_MESSAGE_BYTES)), Ok(()));
        assert_eq!(demo(both(0)).unwrap_err().len(), 2);
        assert_eq!(demo(both(MAX_MESSAGE_BYTES + 1)).unwrap_err().len(), 2);
        let problem = told(|config| config.chat.story_size = config.chat.message_size - 1);
        assert_eq!(
            problem,
            "chat.story_size: 8191 is less than chat.message_size, 8192"
        );
    }

    #[test]
    fn plain_tcp_and_metrics_stay_on_the_machine_unless_said() {
        let open = "0.0.0.0:5060".parse().unwrap();
        assert!(told(|config| config.sip.tcp = open).starts_with("sip.tcp: 0.0.0.0:5060 can be reached"));
        assert!(told(|config| config.metrics.listen = open).starts_with("metrics.listen: "));
        let both = demo(|config| {
            (config.sip.tcp, config.sip.allow_remote_tcp) = (open, true);
            (config.metrics.listen, config.metrics.allow_remote) = (open, true);
        });
        assert_eq!(both, Ok(()));
    }

    #[test]
    fn officers_need_a_socket_that_they_can_reach() {
        let at = |socket: &'static str| {
            move |config: &mut Config| {
                config.data_dir = "/srv/data".into();
                config.compliance.officers = vec!["olga".to_owned()];
                config.compliance.socket = socket.into();
            }
        };
        for inside in ["", "/srv/data/compliance.sock"] {
            assert!(
                told(at(inside)).starts_with("compliance.officers: they need a compliance.socket outside")
            );
        }
        assert_eq!(demo(at("/run/causerie/compliance.sock")), Ok(()));
    }

    #[test]
    fn authentication_is_left_out_on_this_machine_only() {
        let none = |tcp: &str, tls: &str| {
            let (tcp, tls) = (tcp.parse().unwrap(), tls.parse().unwrap());
            demo(move |config| {
                config.sip.authentication = Authentication::None;
                config.sip.allow_remote_tcp = true;
                (config.sip.tcp, config.sip.tls) = (tcp, tls);
            })
        };
        assert_eq!(none("127.0.0.1:5060", "[::1]:5061"), Ok(()));
        assert_eq!(none("127.0.0.1:5060", "off"), Ok(()));
        let problems = none("127.0.0.1:5060", "0.0.0.0:5061").unwrap_err();
        assert_eq!(
            problems,
            [
                "sip.authentication: \"none\" lets anybody in as anybody, and sip.tls, 0.0.0.0:5061, can be reached \
                 from other machines; listen on 127.0.0.1, or set sip.authentication = \"ntlm\""
            ]
        );
        assert_eq!(none("10.0.0.1:5060", "[::]:5061").unwrap_err().len(), 2);
    }

    #[test]
    fn somewhere_must_be_listened() {
        let off = "off".parse().unwrap();
        assert!(
            told(|config| (config.sip.tcp, config.sip.tls) = (off, off)).contains("nobody could connect")
        );
        assert_eq!(demo(|config| config.sip.tcp = off), Ok(()));
    }

    #[test]
    fn a_certificate_comes_with_its_key() {
        let problem = told(|config| config.sip.rsa_key = "x.key".into());
        assert_eq!(
            problem,
            "sip.rsa_certificate and sip.rsa_key go together: set both or neither"
        );
    }

    #[test]
    fn a_database_of_compliance_records_is_named_by_what_it_is() {
        for good in [
            "",
            "sqlite:/var/lib/x.db",
            "postgres://ann@db.example.test:5433/mgccomp?sslmode=verify-full",
            "postgresql:///mgccomp?host=/run/postgresql",
        ] {
            assert_eq!(
                demo(|config| good.clone_into(&mut config.compliance.database)),
                Ok(()),
                "{good}"
            );
        }
        for (bad, told) in [
            ("/var/lib/x.db", "must be sqlite:FILE or postgres://"),
            ("sqlite:", "names no file"),
            ("mysql://x/y", "must be sqlite:FILE or postgres://"),
            ("postgres://ann:secret@x/y", "a password doesn't belong here"),
            ("postgres://ann@x", "names no database"),
        ] {
            let problem = told_of(bad);
            assert!(
                problem.starts_with("compliance.database: ") && problem.contains(told),
                "{problem}"
            );
            assert!(!problem.contains("secret"), "{problem}");
        }
        let problem = told(|config| config.compliance.database_password_file = "x".into());
        assert!(
            problem.starts_with("compliance.database_password_file: goes with"),
            "{problem}"
        );
    }

    fn told_of(database: &str) -> String {
        told(|config| database.clone_into(&mut config.compliance.database))
    }

    #[test]
    fn alarms_go_to_a_url() {
        for good in ["", "http://127.0.0.1:9/x", "https://alarms.example.test/hook?x=1"] {
            assert_eq!(
                demo(|config| good.clone_into(&mut config.compliance.alarm_webhook)),
                Ok(()),
                "{good}"
            );
        }
        for bad in [
            "alarms.example.test",
            "ftp://x/y",
            "https://ann:pw@x/y",
            "http:///x",
        ] {
            let problem = told(|config| bad.clone_into(&mut config.compliance.alarm_webhook));
            assert!(problem.starts_with("compliance.alarm_webhook: "), "{problem}");
            assert!(!problem.contains("pw"), "{problem}");
        }
    }

    #[test]
    fn names_are_names() {
        for bad in ["ex ample", "-x.test", "x..test", "ä.test", &"a".repeat(64)] {
            assert!(
                told(|config| config.domain = bad.to_owned()).contains("no DNS name"),
                "{bad}"
            );
            assert!(
                told(|config| config.fqdn = bad.to_owned()).contains("fqdn"),
                "{bad}"
            );
        }
        assert_eq!(
            demo(|config| config.domain = format!("{}.test", "a".repeat(63))),
            Ok(())
        );
        assert_eq!(demo(|config| config.netbios_domain = "A".repeat(15)), Ok(()));
        assert!(told(|config| config.netbios_domain = "A".repeat(16)).contains("at most 15"));
        assert!(told(|config| config.log.level = "loud=very".to_owned()).contains("log.level"));
    }

    #[test]
    fn the_short_domain_comes_from_the_long_one() {
        let mut config = Config::demo();
        assert_eq!(config.netbios_domain(), "EXAMPLE");
        config.domain = "a-very-long-label-indeed.test".to_owned();
        assert_eq!(config.netbios_domain(), "A-VERY-LONG-LAB");
        config.netbios_domain = "CORP".to_owned();
        assert_eq!(config.netbios_domain(), "CORP");
    }
}
