//! Addresses of the web that vendors give: of a feed, a product page, a picture.

use std::net::IpAddr;

use url::{Host, Url};

use super::{Reach, allowed};

/// The longest address, in characters.
pub const MAX_LINK: usize = 2_000;

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    #[error("an address of http or https with at most {MAX_LINK} characters is needed")]
    NotAWebAddress,
    #[error("an address may not hold a user name or a password")]
    Credentials,
    #[error("this address is not on the public internet")]
    NotPublic,
}

/// Reads an address of http or https that a feed may be fetched from; it is an URI as RFC 3986 has it, with its odd characters encoded. A name is judged when it is resolved, a number at once.
pub fn link(text: &str, reach: Reach) -> Result<Url, BadLink> {
    let url = web_address(text).filter(is_uri).ok_or(BadLink::NotAWebAddress)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadLink::Credentials);
    }
    let reachable = match url.host() {
        Some(Host::Ipv4(v4)) => allowed(IpAddr::V4(v4), reach),
        Some(Host::Ipv6(v6)) => allowed(IpAddr::V6(v6), reach),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let here = name == "localhost" || name.ends_with(".localhost");
            !here || reach == Reach::PublicAndLoopback
        }
        None => return Err(BadLink::NotAWebAddress),
    };
    if reachable { Ok(url) } else { Err(BadLink::NotPublic) }
}

/// Whether nothing is left in an address that browsers put up with and an URI does not have: a lone `%`, or a character that has to be encoded.
fn is_uri(url: &Url) -> bool {
    let mut rest = url.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        let encoded =
            after.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if !encoded || !has_no_odd_characters(before) {
            return false;
        }
        rest = after;
    }
    has_no_odd_characters(rest)
}

fn has_no_odd_characters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte))
}

/// An address of http or https, whatever it reaches.
pub(super) fn web_address(text: &str) -> Option<Url> {
    let printable = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
    if !printable || text.chars().count() > MAX_LINK {
        return None;
    }
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_private_by_its_looks_is_refused_at_once() {
        for text in [
            "http://127.0.0.1/feed",
            "http://localhost:8080/",
            "http://feeds.localhost./",
            "http://[::1]/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://169.254.169.254/latest/meta-data",
            "https://10.1.2.3/",
            "http://[::ffff:10.0.0.1]/",
            "http://0/",
        ] {
            assert_eq!(link(text, Reach::Public), Err(BadLink::NotPublic), "{text}");
        }
        assert!(link("http://127.0.0.1:9000/feed.csv", Reach::PublicAndLoopback).is_ok());
        assert!(link("http://localhost:9000/feed.csv", Reach::PublicAndLoopback).is_ok());
        assert_eq!(link("http://10.0.0.1/", Reach::PublicAndLoopback), Err(BadLink::NotPublic));
    }

    #[test]
    fn only_web_addresses_without_credentials_are_taken() {
        let long = format!("https://example.com/{}", "x".repeat(MAX_LINK));
        for text in [
            "",
            "feed.csv",
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://",
            "https://a b/",
            "javascript:1",
            "https://example.com/%2",
            "https://example.com/100%",
            "https://example.com/?a=%zz",
            "https://example.com/?a|b",
            &long,
        ] {
            assert_eq!(link(text, Reach::Public), Err(BadLink::NotAWebAddress), "{text}");
        }
        for text in ["https://ann@example.com/", "https://ann:pw@example.com/", "https://:pw@example.com/"] {
            assert_eq!(link(text, Reach::Public), Err(BadLink::Credentials), "{text}");
        }
        for (text, read) in [
            ("https://feeds.example.com:8443/a.csv?k=v%20w", "https://feeds.example.com:8443/a.csv?k=v%20w"),
            ("https://feeds.example.com/thé?é#é", "https://feeds.example.com/th%C3%A9?%C3%A9#%C3%A9"),
        ] {
            assert_eq!(link(text, Reach::Public).unwrap().as_str(), read);
        }
    }
}
