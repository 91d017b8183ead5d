//! TLS: only trusted certificates of the right name.

use std::sync::Arc;

use causerie_client::{Authenticate, Client, ClientError, Transport, Trust};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use tokio::{io::AsyncReadExt, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use crate::peer::options;

/// A server with a certificate of that name that says nothing and closes; and the certificate.
async fn serve(name: &str) -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read_u8().await;
            }
        }
    });
    (address, cert.pem())
}

async fn connect(server: &str, pem: &str) -> ClientError {
    let mut options = options(Authenticate::None);
    server.clone_into(&mut options.server);
    options.transport = Transport::Tls(Trust::pem(pem.as_bytes()).unwrap());
    Client::connect(&options).await.map(drop).unwrap_err()
}

#[tokio::test]
async fn only_trusted_certificates_of_the_right_name_are_taken() {
    let (server, pem) = serve("127.0.0.1").await;
    // The certificate is taken: what fails is the sign-in.
    assert!(matches!(connect(&server, &pem).await, ClientError::Lost(_)));

    let (_, other) = serve("127.0.0.1").await;
    let error = connect(&server, &other).await;
    assert!(
        matches!(error, ClientError::CertificateNotTrusted { .. }),
        "{error}"
    );

    let (server, pem) = serve("pool.example.test").await;
    let error = connect(&server, &pem).await;
    assert!(matches!(error, ClientError::CertificateName { .. }), "{error}");
}

#[tokio::test]
async fn addresses_and_files_that_are_none_are_told() {
    let mut options = options(Authenticate::None);
    for wrong in ["localhost", ":5061", "localhost:many"] {
        wrong.clone_into(&mut options.server);
        let error = Client::connect(&options).await.map(drop).unwrap_err();
        assert_eq!(error, ClientError::Address(wrong.to_owned()));
    }
    // No name has an empty label, so that no resolver is asked.
    "a..b:5061".clone_into(&mut options.server);
    let error = Client::connect(&options).await.map(drop).unwrap_err();
    assert!(matches!(error, ClientError::Unresolved { .. }), "{error}");
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    options.server = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = Client::connect(&options).await.map(drop).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert!(error.to_string().starts_with("server unreachable: "), "{error}");

    assert!(matches!(
        Trust::pem(b"no certificate"),
        Err(ClientError::Trust(_))
    ));
    let missing = Trust::pem_file(std::path::Path::new("no-such-file.pem"));
    assert!(matches!(missing, Err(ClientError::Trust(_))));
}
