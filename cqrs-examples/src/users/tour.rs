//! A tour of the routes, as requests that a reader can paste, and that the program can send to itself.

use std::fmt::{self, Write as _};

use ureq::Agent;
use ureq::http::{Request, Response, StatusCode};

/// One stop: a request, what it shows, and the status that it is answered with.
#[derive(Debug)]
pub struct Stop {
    /// What it shows.
    pub shows: &'static str,
    method: &'static str,
    path: &'static str,
    /// Which of the two tokens is sent: the variable of the shell.
    token: Option<&'static str>,
    key: Option<&'static str>,
    body: Option<&'static str>,
    /// What it has to be answered with.
    pub status: u16,
}

const fn get(path: &'static str, token: Option<&'static str>, status: u16, shows: &'static str) -> Stop {
    Stop { shows, method: "GET", path, token, key: None, body: None, status }
}

const fn send(
    method: &'static str,
    path: &'static str,
    token: &'static str,
    body: &'static str,
    status: u16,
    shows: &'static str,
) -> Stop {
    Stop { shows, method, path, token: Some(token), key: None, body: Some(body), status }
}

const WRITER: &str = "WRITER";
const READER: &str = "READER";
const ADA: &str = r#"{"name":"Ada","email":"ada@example.org"}"#;

/// All of them, in their order, on a database without users.
pub const STOPS: [Stop; 12] = [
    Stop {
        key: Some("ada-1"),
        ..send("POST", "/users", WRITER, ADA, 201, "a command creates a user, and says where it is")
    },
    Stop {
        key: Some("ada-1"),
        ..send("POST", "/users", WRITER, ADA, 201, "the same key again: the same answer, and still one user")
    },
    get("/users/1", Some(READER), 200, "a query finds the user in the read model, which follows the events"),
    send("PUT", "/users/1/name", WRITER, r#"{"new_name":"Grace"}"#, 200, "another command renames the user"),
    get("/users/1", Some(READER), 200, "the read model, and the cache before it, have followed"),
    get("/users?page=1&page_size=10", Some(READER), 200, "a page of users"),
    send("POST", "/users", WRITER, r#"{"name":"Nobody","email":""}"#, 400, "a business rule says no: problem+json"),
    get("/users?page=0", Some(READER), 400, "there is no page 0, and the problem names the field"),
    get("/users/99", Some(READER), 404, "nobody has this id"),
    send("POST", "/users", READER, ADA, 403, "who may read may not write"),
    get("/users", None, 401, "and who is nobody may do nothing: denied by default"),
    get("/openapi.json", None, 200, "all of it described; for people at /docs"),
];

/// So much of a body is shown.
const LONGEST_SHOWN: usize = 400;

/// Where to send requests, and as whom.
#[derive(Debug)]
pub struct Guide {
    /// `http://127.0.0.1:8080`.
    pub url: String,
    /// A token that may write and read.
    pub writer: String,
    /// A token that may read.
    pub reader: String,
}

impl Guide {
    /// The tour as lines for a shell.
    #[must_use]
    pub fn script(&self) -> String {
        let Guide { url, writer, reader } = self;
        let mut text = format!("URL={url}\nWRITER={writer}\nREADER={reader}\n");
        for stop in &STOPS {
            // Writing to a string does not fail.
            let _ = write!(text, "\n# {} ({})\n{}\n", stop.shows, stop.status, stop.curl());
        }
        text
    }

    /// Takes one stop over the network.
    ///
    /// # Errors
    /// Where nobody answers, or with something else than the stop says.
    pub fn visit(&self, stop: &Stop) -> Result<Answer, VisitError> {
        let token = match stop.token {
            Some(WRITER) => Some(&self.writer),
            Some(_) => Some(&self.reader),
            None => None,
        };
        let mut request = Request::builder().method(stop.method).uri(format!("{}{}", self.url, stop.path));
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(key) = stop.key {
            request = request.header("Idempotency-Key", key);
        }
        // Whatever proxy the environment names: nothing stands between this machine and itself.
        let direct = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let agent = Agent::new_with_config(direct);
        let response = match stop.body {
            Some(body) => agent.run(request.header("Content-Type", "application/json").body(body)?)?,
            None => agent.run(request.body(())?)?,
        };
        let answer = Answer::of(response)?;
        if answer.status == stop.status { Ok(answer) } else { Err(VisitError::Unexpected(stop.status, answer)) }
    }
}

impl Stop {
    /// The request as a line for a shell.
    #[must_use]
    pub fn curl(&self) -> String {
        let mut line = "curl -i".to_owned();
        if self.method != "GET" {
            line += &format!(" -X {}", self.method);
        }
        line += &format!(" \"$URL{}\"", self.path);
        if let Some(token) = self.token {
            line += &format!(" -H \"Authorization: Bearer ${token}\"");
        }
        if let Some(key) = self.key {
            line += &format!(" -H 'Idempotency-Key: {key}'");
        }
        if let Some(body) = self.body {
            line += &format!(" -H 'Content-Type: application/json' -d '{body}'");
        }
        line
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that the tour is about.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        writeln!(f, "HTTP/1.1 {} {}", self.status, reason.unwrap_or_default())?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        // The document is a page of its own.
        match self.body.char_indices().nth(LONGEST_SHOWN) {
            Some((end, _)) => write!(f, "{} ..", &self.body[..end]),
            None => f.write_str(&self.body),
        }
    }
}

impl Answer {
    fn of(mut response: Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let shown = ["Location", "Content-Type", "WWW-Authenticate"].into_iter().filter_map(|name| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some((name, value.to_owned()))
        });
        let headers = shown.collect();
        Ok(Answer { status: response.status().as_u16(), headers, body: response.body_mut().read_to_string()? })
    }
}

/// Why a stop was not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// Nobody answered.
    #[error("the server does not answer")]
    NoAnswer(#[from] ureq::Error),
    /// There is no such request.
    #[error("this is no request")]
    NoRequest(#[from] ureq::http::Error),
    /// It was answered, and differently.
    #[error("expected {0}, and got {1:?}")]
    Unexpected(u16, Answer),
}
