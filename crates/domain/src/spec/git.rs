//! Names that git understands, refused here when git or a shell could misread them.

use std::fmt;

use super::text::InvalidText;

/// Where a repository is: an `https`, `http`, `ssh`, `git` or `file` URL, `user@host:path`, or an
/// absolute path on the worker. Credentials have no place in it: it stands in every record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Repository(String);

impl Repository {
    /// Checks the form, not whether the repository exists.
    ///
    /// # Errors
    /// When the text is empty, over 2,000 characters, of another form, or carries a password.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidText(
                "must not be empty: give a git URL or an absolute path".to_owned(),
            ));
        }
        if text.len() > 2000 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(InvalidText(
                "must be at most 2000 characters without spaces or control characters".to_owned(),
            ));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            check_url(scheme, rest)?;
        } else if !text.starts_with('/') && !is_scp_like(text) {
            return Err(InvalidText(
                "is not a git URL (https, http, ssh, git, file), user@host:path, or an absolute path".to_owned(),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The location as git takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a repository is on its host, such as `owner/name` on `github.com`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostedPath<'a> {
    /// The host without user and port; none for a path on the worker.
    pub host: Option<&'a str>,
    /// Whose it is.
    pub owner: &'a str,
    /// Its name, without `.git`.
    pub name: &'a str,
}

impl Repository {
    /// Host, owner and name, if the location ends in the latter two and, on a host, has no more.
    #[must_use]
    pub fn hosted_path(&self) -> Option<HostedPath<'_>> {
        let text = self.0.as_str();
        let (host, path) = match text.split_once("://") {
            Some((_, rest)) => rest
                .split_once('/')
                .map(|(host, path)| (Some(host), path))?,
            None if text.starts_with('/') => (None, text),
            None => text
                .split_once(':')
                .map(|(host, path)| (Some(host), path))?,
        };
        let host = host.map(|host| host.rsplit('@').next().unwrap_or(host));
        let host = host.map(|host| host.split(':').next().unwrap_or(host));
        let host = host.filter(|host| !host.is_empty());
        let path = path.trim_matches('/');
        let (before, name) = path.rsplit_once('/')?;
        let owner = match (host, before.rsplit_once('/')) {
            (_, None) => before,
            (None, Some((_, owner))) => owner,
            (Some(_), Some(_)) => return None,
        };
        let name = name.strip_suffix(".git").unwrap_or(name);
        let plain = |word: &str| {
            let all = word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            all && !word.is_empty() && word != "." && word != ".."
        };
        (plain(owner) && plain(name)).then_some(HostedPath { host, owner, name })
    }
}

fn check_url(scheme: &str, rest: &str) -> Result<(), InvalidText> {
    if !["https", "http", "ssh", "git", "file"].contains(&scheme) {
        return Err(InvalidText(format!(
            "has the scheme '{scheme}': use https, http, ssh, git or file"
        )));
    }
    if rest.is_empty() || rest.starts_with('-') {
        return Err(InvalidText("names no host or path".to_owned()));
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let has_secret = authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':') || scheme.starts_with("http"));
    if has_secret {
        return Err(InvalidText(
            "carries credentials: leave them out and give them to the worker's git (credential helper or ssh key)"
                .to_owned(),
        ));
    }
    Ok(())
}

/// `user@host:path`, the short form of ssh.
fn is_scp_like(text: &str) -> bool {
    let Some((host, path)) = text.split_once(':') else {
        return false;
    };
    let Some((user, host)) = host.split_once('@') else {
        return false;
    };
    let word = |s: &str| {
        !s.is_empty()
            && s.chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            && !s.starts_with('-')
    };
    word(user) && word(host) && !path.is_empty() && !path.starts_with(['-', ':'])
}

macro_rules! reference {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks the name by git's own rules for references, and that it is no option.
            ///
            /// # Errors
            /// When git would refuse the name, or could take it for something else.
            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                check_ref(text).map(|()| Self(text.to_owned()))
            }

            /// The name as git takes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

reference!(
    /// A branch, a tag or a commit to start from.
    GitRef
);
reference!(
    /// A branch to write.
    BranchName
);

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_ref(text: &str) -> Result<(), InvalidText> {
    let bad = |why: &str| Err(InvalidText(format!("is not a name that git takes: {why}")));
    if text.is_empty() || text.len() > 200 {
        return bad("it must have 1 to 200 characters");
    }
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c))
    {
        return bad("it holds a space, a control character or one of ~^:?*[\\");
    }
    if text.starts_with('-') || text == "@" || text == "HEAD" {
        return bad("it starts with '-' or is a reserved word");
    }
    if text.contains("..") || text.contains("@{") || text.ends_with('.') {
        return bad("it contains '..' or '@{', or ends with '.'");
    }
    let part_is_bad =
        |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    if text.split('/').any(part_is_bad) {
        return bad("a part between slashes is empty, starts with '.' or ends with '.lock'");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-09
    #[test]
    fn repositories_of_every_supported_form_are_taken() {
        for good in [
            "https://example.org/a/b.git",
            "ssh://git@example.org:22/a.git",
            "git@example.org:a/b.git",
            "file:///srv/a.git",
            "/srv/a.git",
            "http://127.0.0.1:3000/a",
        ] {
            assert!(Repository::parse(good).is_ok(), "{good}");
        }
    }

    // W-09
    #[test]
    fn repositories_that_could_be_misread_are_refused() {
        for bad in [
            "",
            " ",
            "ext::sh -c id",
            "-oProxyCommand=id",
            "a@-oProxyCommand:x",
            "../up",
            "relative/path",
            "https://",
            "ftp://a/b",
            "https://user:secret@example.org/a",
            "https://token@example.org/a",
            "https://a/\nb",
        ] {
            assert!(Repository::parse(bad).is_err(), "{bad}");
        }
    }

    // W-10
    #[test]
    fn owner_and_name_are_read_from_every_form() {
        let path = |text| {
            let repository = Repository::parse(text).unwrap();
            let path = repository.hosted_path()?;
            let host = path.host.unwrap_or("-");
            Some(format!("{host} {} {}", path.owner, path.name))
        };
        for text in [
            "https://github.com/octo/hello.git",
            "https://github.com:443/octo/hello/",
            "ssh://git@github.com:22/octo/hello.git",
            "git@github.com:octo/hello",
            "git@github.com:/octo/hello.git",
        ] {
            assert_eq!(
                path(text).as_deref(),
                Some("github.com octo hello"),
                "{text}"
            );
        }
        for text in ["/srv/git/octo/hello.git", "file:///srv/git/octo/hello"] {
            assert_eq!(path(text).as_deref(), Some("- octo hello"), "{text}");
        }
        for text in [
            "https://github.com/hello",
            "https://gitlab.com/group/sub/hello",
            "/hello.git",
            "https://github.com/octo/..",
            "https://github.com/octo/%2e",
        ] {
            assert_eq!(path(text), None, "{text}");
        }
    }

    // W-09
    #[test]
    fn refs_follow_git() {
        for good in ["main", "feature/a-b_c", "v1.2.3", "0123abc", "refs/heads/x"] {
            assert!(GitRef::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "-b", "a..b", "a b", "a~1", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a@{0}",
            "@", "HEAD", "a\u{7}",
        ] {
            assert!(GitRef::parse(bad).is_err(), "{bad}");
        }
    }
}
