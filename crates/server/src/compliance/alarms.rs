//! Alarms: in the log, in the metrics, and posted to whoever is to come.

use crate::https::Https;
use anyhow::{Context, Result, bail};
use causerie_model::{Alarm, Alarms};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Uri,
    body::Bytes,
    client::conn::http1::handshake,
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};

/// Most alarms that wait to be posted. More are in the log and the metrics only.
const MAX_WAITING: usize = 256;

/// How often it is tried to post an alarm.
const TRIES: u32 = 6;

/// How long to wait after the first failure; after each further one twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// How long one try may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// How long the program waits for its last alarm to be posted before it ends.
const LAST_DEADLINE: Duration = Duration::from_secs(10);

/// Tells people.
pub(crate) struct Told {
    domain: String,
    post: Option<mpsc::Sender<Post>>,
}

/// What is to be posted.
struct Post {
    body: String,
    /// Dropped when it is posted, or was tried often enough.
    _done: Option<oneshot::Sender<()>>,
}

impl Told {
    /// Alarms of this domain; posted to this URL, if it isn't empty. Needs a tokio runtime.
    pub(crate) fn new(domain: &str, webhook: &str) -> Result<Self> {
        let post = match webhook {
            "" => None,
            url => {
                let hook = Hook::new(url).context("compliance.alarm_webhook")?;
                let (sender, receiver) = mpsc::channel(MAX_WAITING);
                tokio::spawn(post_all(hook, receiver));
                Some(sender)
            }
        };
        Ok(Self {
            domain: domain.to_owned(),
            post,
        })
    }

    /// Raises an alarm, and waits until it is posted or can't be: for who ends then.
    pub(super) async fn raise_last(&self, alarm: &Alarm) {
        let (done, posted) = oneshot::channel();
        self.tell(alarm, false, Some(done));
        // That nothing comes is how it ends.
        let waited = timeout(LAST_DEADLINE, posted).await;
        if waited.is_err() {
            tracing::error!(target: "causerie::alarm", alarm = alarm.name, "This alarm isn't posted: there was no time.");
        }
    }

    /// Posts that it is over, if another process raised it.
    pub(super) fn clear_of_others(&self, over: &Alarm) {
        self.post(over, true, None);
    }

    fn tell(&self, alarm: &Alarm, over: bool, done: Option<oneshot::Sender<()>>) {
        let Alarm { name, text, .. } = alarm;
        if over {
            tracing::warn!(target: "causerie::alarm", alarm = name, "over: {text}");
        } else {
            tracing::error!(target: "causerie::alarm", alarm = name, "{text}");
            metrics::counter!("causerie_alarms_total", "alarm" => *name).increment(1);
        }
        self.post(alarm, over, done);
    }

    fn post(&self, alarm: &Alarm, over: bool, done: Option<oneshot::Sender<()>>) {
        let Some(post) = &self.post else { return };
        let Alarm { name, text, at } = alarm;
        let body =
            json!({"alarm": name, "text": text, "at": at.to_string(), "domain": self.domain, "over": over});
        let body = body.to_string();
        if post.try_send(Post { body, _done: done }).is_err() {
            tracing::error!(target: "causerie::alarm", alarm = name, "This alarm isn't posted: too many wait.");
        }
    }
}

impl Alarms for Told {
    fn raise(&self, alarm: &Alarm) {
        self.tell(alarm, false, None);
    }

    fn clear(&self, over: &Alarm) {
        self.tell(over, true, None);
    }
}

/// Posts one after the other, until nobody can raise any more.
async fn post_all(hook: Hook, mut waiting: mpsc::Receiver<Post>) {
    while let Some(post) = waiting.recv().await {
        let body = &post.body;
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=TRIES {
            let outcome = timeout(DEADLINE, hook.post(body)).await;
            let error = match outcome {
                Ok(Ok(())) => break,
                Ok(Err(error)) => format!("{error:#}"),
                Err(_) => format!("no answer for {} s", DEADLINE.as_secs()),
            };
            if attempt == TRIES {
                tracing::error!(target: "causerie::alarm", error, body, "An alarm couldn't be posted.");
                break;
            }
            tracing::warn!(target: "causerie::alarm", error, "An alarm couldn't be posted; it is tried again.");
            sleep(pause).await;
            pause *= 2;
        }
    }
}

/// Where alarms are posted.
struct Hook {
    tls: Option<Https>,
    authority: String,
    host: String,
    port: u16,
    path: String,
}

impl Hook {
    fn new(url: &str) -> Result<Self> {
        let uri: Uri = url.parse()?;
        let authority = uri.authority().context("there is no host")?;
        let tls = match uri.scheme_str() {
            Some("https") => Some(Https::new(&format!("https://{authority}"), None)?),
            _ => None,
        };
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            tls,
            authority: authority.to_string(),
            host: bare.unwrap_or(host).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            path: path.to_owned(),
        })
    }

    async fn post(&self, body: &str) -> Result<()> {
        let request = Request::post(&self.path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_owned())))?;
        match &self.tls {
            Some(tls) => send(tls.connect().await?, request).await,
            None => {
                send(
                    TcpStream::connect((self.host.as_str(), self.port)).await?,
                    request,
                )
                .await
            }
        }
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<()> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    // The rest is of no interest; the connection ends with it.
    drop(response.into_body().frame().await);
    connection.abort();
    if !status.is_success() {
        bail!("it answered {status}");
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use causerie_model::Timestamp;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    /// Takes one request and answers it.
    pub(in crate::compliance) async fn take(listener: &TcpListener, status: &str) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut text, mut buffer) = (String::new(), [0; 4_096]);
        while !text.ends_with('}') {
            let length = stream.read(&mut buffer).await.unwrap();
            assert_ne!(length, 0, "{text}");
            text += std::str::from_utf8(&buffer[..length]).unwrap();
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        text
    }

    #[tokio::test]
    async fn an_alarm_is_posted_again_until_it_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
        let told = Told::new("example.test", &url).unwrap();
        told.raise(&Alarm {
            name: "run-failed",
            text: "The disk is full.".to_owned(),
            at: Timestamp(0),
        });
        let first = take(&listener, "503 Later").await;
        assert!(first.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{first}");
        let (_, body) = first.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["alarm"], "run-failed");
        assert_eq!(body["text"], "The disk is full.");
        assert_eq!(body["domain"], "example.test");
        assert_eq!(body["over"], false);
        assert_eq!(take(&listener, "204 Fine").await, first);
        told.clear(&Alarm {
            name: "run-failed",
            text: "There is room again.".to_owned(),
            at: Timestamp(0),
        });
        let cleared = take(&listener, "204 Fine").await;
        let (_, body) = cleared.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&body["alarm"], &body["over"]),
            (&json!("run-failed"), &json!(true))
        );
    }

    #[tokio::test]
    async fn the_last_alarm_is_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let told = Told::new("example.test", &url).unwrap();
        let alarm = Alarm {
            name: "service-down",
            text: String::new(),
            at: Timestamp(0),
        };
        let last = told.raise_last(&alarm);
        tokio::pin!(last);
        tokio::select! {
            biased;
            () = &mut last => panic!("nobody has taken it"),
            _ = take(&listener, "204 Fine") => {}
        }
        last.await;
        // Nowhere to post it is no reason to wait.
        Told::new("example.test", "").unwrap().raise_last(&alarm).await;
    }

    #[tokio::test]
    async fn raising_never_waits() {
        // Nobody takes what comes here.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let told = Told::new("example.test", &url).unwrap();
        let alarm = Alarm {
            name: "x",
            text: String::new(),
            at: Timestamp(0),
        };
        for _ in 0..=MAX_WAITING + 1 {
            told.raise(&alarm);
        }
    }
}
