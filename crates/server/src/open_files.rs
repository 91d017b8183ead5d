//! How many files the system lets the program open: every connection is one.

use std::fs;

/// Files that are open besides connections: the database's, sockets, logs.
const BESIDES: usize = 64;

/// Says in the log if there can't be as many connections as are configured.
pub(crate) fn warn_if_few(connections: usize) {
    let limit = fs::read_to_string("/proc/self/limits")
        .ok()
        .and_then(|text| soft_limit(&text));
    if let Some(limit) = limit.filter(|limit| *limit < connections.saturating_add(BESIDES)) {
        tracing::warn!(
            limit,
            connections,
            "the system allows the program fewer open files than sip.limits.connections: raise it (ulimit -n, or \
             LimitNOFILE= for systemd), or connections are refused earlier"
        );
    }
}

fn soft_limit(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read() {
        let text = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files     \n";
        assert_eq!(soft_limit(text), Some(1_024));
        assert_eq!(soft_limit("Max open files  unlimited  unlimited  files\n"), None);
        assert!(
            fs::read_to_string("/proc/self/limits")
                .unwrap()
                .contains("Max open files")
        );
    }
}
