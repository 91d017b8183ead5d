//! Requests to be spoilt one part at a time.

/// A good request, until told otherwise.
#[derive(Clone)]
pub(crate) struct Draft {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Draft {
    /// A good request with that request line; its first word is the method of CSeq.
    pub(crate) fn new(line: &str) -> Self {
        let method = line.split(' ').next().unwrap_or_default();
        let headers = [
            ("Via", "SIP/2.0/TCP pc7.lab.test:40001;branch=z9hG4bKa17"),
            ("Max-Forwards", "70"),
            ("From", "<sip:ines@lab.test>;tag=a1"),
            ("To", "<sip:room@chat.test>"),
            ("Call-ID", "c-1@lab.test"),
            ("CSeq", &format!("7 {method}")),
        ];
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        Self {
            line: line.to_owned(),
            headers,
            body: Vec::new(),
        }
    }

    /// A good response with that status line.
    pub(crate) fn response(line: &str) -> Self {
        Self::new("OPTIONS")
            .line(line)
            .with("To", "<sip:room@chat.test>;tag=b2")
    }

    pub(crate) fn line(mut self, line: &str) -> Self {
        self.line = line.to_owned();
        self
    }

    /// Replaces the value of a header.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a header line.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.and("Content-Type", content_type)
    }

    /// The octets, without a Content-Length of its own making.
    pub(crate) fn unmeasured(&self) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// The octets.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.clone()
            .and("Content-Length", &self.body.len().to_string())
            .unmeasured()
    }
}
