//! MQTT topics and filters: what is well formed, what matches, what a filter allows of another.

/// The longest topic or filter that is taken, in bytes (the protocol's own limit).
pub const TOPIC_BYTES_MAX: usize = 65_535;

/// True when a message can be published on this topic.
pub fn is_topic(topic: &str) -> bool {
    sized(topic) && !topic.contains(['+', '#', '\0'])
}

/// True when this is a filter one can subscribe to.
pub fn is_filter(filter: &str) -> bool {
    if !sized(filter) || filter.contains('\0') {
        return false;
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let wild = level.contains(['+', '#']);
        if wild && level.len() > 1 {
            return false;
        }
        if level == "#" && levels.peek().is_some() {
            return false;
        }
    }
    true
}

fn sized(text: &str) -> bool {
    !text.is_empty() && text.len() <= TOPIC_BYTES_MAX
}

/// True when a message on `topic` goes to who subscribed to `filter`.
pub fn matches(filter: &str, topic: &str) -> bool {
    // A leading wildcard does not reach the broker's own topics ($SYS and such).
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut topics = topic.split('/');
    for level in filter.split('/') {
        if level == "#" {
            return true;
        }
        match topics.next() {
            Some(word) if level == "+" || level == word => {}
            _ => return false,
        }
    }
    topics.next().is_none()
}

/// True when every topic that `asked` matches is also matched by `allowed`.
pub fn covers(allowed: &str, asked: &str) -> bool {
    if asked.starts_with('$') && allowed.starts_with(['+', '#']) {
        return false;
    }
    let mut asks = asked.split('/');
    for level in allowed.split('/') {
        if level == "#" {
            return true;
        }
        match asks.next() {
            Some("#") | None => return false,
            Some(word) if level == "+" || level == word => {}
            Some(_) => return false,
        }
    }
    asks.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_as_the_standard_says() {
        for (filter, topic, yes) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/+", "a/b/c", false),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("+/b", "/b", true),
            ("#", "$SYS/x", false),
            ("家/#", "家/厨房", true),
            ("a/+/c", "a//c", true),
        ] {
            assert_eq!(matches(filter, topic), yes, "{filter} {topic}");
        }
    }

    #[test]
    fn a_rule_covers_only_what_it_contains() {
        for (allowed, asked, yes) in [
            ("h/device/d/#", "h/device/d/reply", true),
            ("h/device/d/#", "h/device/d/#", true),
            ("h/device/d/#", "h/device/d", true),
            ("h/device/d/#", "h/device/+/reply", false),
            ("h/device/d/#", "#", false),
            ("h/device/d/#", "h/#", false),
            ("h/+/x", "h/+/x", true),
            ("h/+/x", "h/#", false),
            ("h/+", "h/a", true),
            ("#", "$share/g/a", false),
            ("#", "#", true),
        ] {
            assert_eq!(covers(allowed, asked), yes, "{allowed} {asked}");
        }
    }

    #[test]
    fn malformed_filters_and_topics_are_seen() {
        for bad in ["", "a#", "a/#/b", "a+/b", "a\0b"] {
            assert!(!is_filter(bad), "{bad:?}");
        }
        for good in ["#", "+", "a/+/b/#", "/", "家/+"] {
            assert!(is_filter(good), "{good:?}");
        }
        for bad in ["", "a/+", "#", "a\0"] {
            assert!(!is_topic(bad), "{bad:?}");
        }
        assert!(is_topic("a/b"));
    }
}
