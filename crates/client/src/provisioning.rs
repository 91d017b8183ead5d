//! In-band provisioning (MS-SIPREGE 2.2.2.5.11): where the chat service is.

use quick_xml::{Reader, events::Event};

/// The event package.
pub(crate) const PACKAGE: &str = "vnd-microsoft-provisioning-v2";

/// Media type of the question.
pub(crate) const MEDIA_TYPE: &str = "application/vnd-microsoft-roaming-provisioning-v2+xml";

/// The question.
pub(crate) const QUESTION: &str = concat!(
    r#"<provisioningGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisioninggrouplist">"#,
    r#"<provisioningGroup name="persistentChatConfiguration"/></provisioningGroupList>"#
);

/// What was provisioned.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Provisioning {
    /// Whether the user's policy allows persistent chat; nothing when it isn't told.
    pub(crate) enabled: Option<bool>,
    /// SIP URI of the chat service.
    pub(crate) pool_uri: Option<String>,
}

/// Reads the answer. What can't be read counts as not told.
pub(crate) fn parse(body: &[u8]) -> Provisioning {
    let mut found = Provisioning::default();
    let Ok(text) = std::str::from_utf8(body) else {
        return found;
    };
    let mut reader = Reader::from_str(text);
    let mut property = None;
    let mut value = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) if start.local_name().as_ref() == "property" => {
                let name = start.try_get_attribute("name").ok().flatten();
                property = name.map(|name| name.value.into_owned());
                value.clear();
            }
            Ok(Event::Text(text)) if property.is_some() => {
                value.push_str(&text);
            }
            Ok(Event::End(end)) if end.local_name().as_ref() == "property" => {
                match property.take().as_deref() {
                    Some("EnablePersistentChat") => found.enabled = Some(value.trim() == "true"),
                    // A SIP URI of a service has none of the characters that XML must escape.
                    Some("DefaultPersistentChatPoolUri") if !value.trim().is_empty() => {
                        found.pool_uri = Some(value.trim().to_owned());
                    }
                    _ => {}
                }
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chat_service_is_found() {
        let body = br#"<?xml version="1.0"?><provisionGroupList xmlns="x"><provisionGroup name="persistentChatConfiguration">
            <propertyEntryList><property name="EnablePersistentChat">true</property><property name="Other">x</property>
            <property name="DefaultPersistentChatPoolUri"> sip:chat@example.test </property></propertyEntryList>
            </provisionGroup></provisionGroupList>"#;
        let expected = Provisioning {
            enabled: Some(true),
            pool_uri: Some("sip:chat@example.test".to_owned()),
        };
        assert_eq!(parse(body), expected);
    }

    #[test]
    fn what_cannot_be_read_counts_as_not_told() {
        for body in [
            &b""[..],
            b"<a",
            b"\xff",
            b"<property name='DefaultPersistentChatPoolUri'></property>",
        ] {
            assert_eq!(parse(body), Provisioning::default());
        }
        let off = parse(b"<property name='EnablePersistentChat'>false</property>");
        assert_eq!(off.enabled, Some(false));
    }
}
