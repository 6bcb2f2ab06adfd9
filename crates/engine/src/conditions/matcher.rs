//! Whether a name or word is one that a rule means.

use crate::rules::{Match, Matcher};

/// Whether a name or word is the one looked for. Bytes count, not characters: `?` in a glob is one of them.
pub(super) fn matches(matcher: &Matcher, name: &[u8]) -> bool {
    let last = if matcher.last_component { name.rsplit(|byte| *byte == b'/').next() } else { None };
    let name = last.unwrap_or(name);
    let operand = matcher.operand.as_slice();
    match matcher.how {
        Match::Exact => name == operand,
        Match::Beneath => {
            let above = without_slashes(operand);
            let below = name.strip_prefix(above).filter(|_| !operand.is_empty());
            below.is_some_and(|below| matches!(below, [b'/', ..]) || below.is_empty() && !above.is_empty())
        }
        Match::Glob => fast_glob::glob_match(operand, name),
    }
}

/// Whether it is worth asking what is left of a name without the path of some root directory.
pub(super) fn may_match_beneath_a_root(matcher: &Matcher, name: &[u8]) -> bool {
    let operand = without_slashes(&matcher.operand);
    let is_last_or_root = matcher.last_component || operand.is_empty();
    match matcher.how {
        Match::Exact if is_last_or_root => matcher.operand == b"/",
        Match::Exact => name.ends_with(&matcher.operand),
        Match::Beneath => !is_last_or_root && name.windows(operand.len()).any(|part| part == operand),
        Match::Glob => !matcher.last_component,
    }
}

fn without_slashes(path: &[u8]) -> &[u8] {
    let slashes = path.iter().rev().take_while(|byte| **byte == b'/').count();
    path.get(..path.len().saturating_sub(slashes)).unwrap_or_default()
}
