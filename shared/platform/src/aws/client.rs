use std::{error::Error, io};

use aws_smithy_runtime_api::client::{
    connection::{CaptureSmithyConnection, ConnectionMetadata},
    http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, retry::ErrorKind};
use hyper_util::client::legacy::{
    self,
    connect::{CaptureConnection, capture_connection},
};

use crate::http::{Client, Connections};

/// What the SDK's clients send their requests with: hyper's pool of connections.
#[derive(Debug)]
pub(super) struct Pool(Client<SdkBody>);

impl Pool {
    pub(super) fn over(connections: Connections) -> SharedHttpConnector {
        SharedHttpConnector::new(Self(connections.into_client()))
    }
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async {
            HttpResponse::try_from(answer.await.map_err(failure)?.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Makes the client that gives each of the SDK's clients this connector, where the SDK's own would make one for each, and one more to throw away.
pub(super) fn client(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

/// The connection of a request, by which the SDK has it thrown away after a transient error.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    connection.connection_metadata().as_ref()?;
    let connection = connection.clone();
    let poison = move || {
        if let Some(connected) = connection.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(poison).build())
}

/// Says what kind of failure it is, for the SDK to know whether to try again.
fn failure(error: legacy::Error) -> ConnectorError {
    let http = caused_by::<hyper::Error>(&error);
    if http.is_some_and(hyper::Error::is_user) {
        return ConnectorError::user(error.into());
    }
    // The answer broke off, or never began on a connection that had been kept.
    if http.is_some_and(hyper::Error::is_incomplete_message) {
        return ConnectorError::other(error.into(), Some(ErrorKind::TransientError));
    }
    let broken = http.is_some_and(|http| http.is_closed() || http.is_canceled());
    if broken || error.is_connect() || caused_by::<io::Error>(&error).is_some() {
        return ConnectorError::io(error.into());
    }
    ConnectorError::other(error.into(), None)
}

fn caused_by<E: Error + 'static>(error: &legacy::Error) -> Option<&E> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::http::Roots;

    /// Asks a server that answers each connection with these bytes and hangs up.
    async fn asked(answer: &'static str) -> Result<HttpResponse, ConnectorError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _asked = stream.read(&mut request).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        get(&url).await
    }

    async fn get(url: &str) -> Result<HttpResponse, ConnectorError> {
        let pool = Pool::over(Connections::new(&Roots::Amazon).unwrap());
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(url).unwrap();
        pool.call(request).await
    }

    #[tokio::test]
    async fn an_answer_comes_back() {
        let answer = asked("HTTP/1.1 204 No Content\r\nx-amzn-requestid: 7\r\n\r\n").await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("x-amzn-requestid")), (204, Some("7")));
    }

    #[tokio::test]
    async fn what_may_be_tried_again_is_told_from_what_may_not() {
        let nobody = get("http://127.0.0.1:1/").await.unwrap_err();
        assert!(nobody.is_io(), "{nobody:?}");
        let no_name = get("http://no-such-host.invalid/").await.unwrap_err();
        assert!(no_name.is_io(), "{no_name:?}");
        let broken_off = asked("HTTP/1.1 200 OK\r\ncontent-le").await.unwrap_err();
        assert_eq!(broken_off.as_other(), Some(ErrorKind::TransientError), "{broken_off:?}");
        let nonsense = asked("SMTP\r\n\r\n").await.unwrap_err();
        assert!(!nonsense.is_io() && nonsense.as_other().is_none(), "{nonsense:?}");
    }
}
