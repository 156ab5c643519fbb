//! A disturbance between a command and a real Directus: it passes requests on, and does something bad to one of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What happens to the request that is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bad {
    /// It never arrives.
    Lost,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// Directus says that the session is over.
    Expired,
}

/// Passes everything on to `port`, except that something bad happens to the `number`th request with this method, from 0. The URL.
pub(crate) fn between(port: u16, method: &'static str, number: usize, bad: Bad) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let count = count.clone();
            std::thread::spawn(move || {
                // What the client does not read any more is no failure of this thread.
                let _ = pass(client, port, |line| {
                    let chosen = line.starts_with(method) && !line.contains("/auth/");
                    (chosen && count.fetch_add(1, Ordering::SeqCst) == number).then_some(bad)
                });
            });
        }
    });
    url
}

fn pass(mut client: TcpStream, port: u16, judge: impl Fn(&str) -> Option<Bad>) -> std::io::Result<()> {
    let request = read_request(&mut client)?;
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let bad = judge(&String::from_utf8_lossy(line));
    match bad {
        Some(Bad::Lost) => return Ok(()),
        Some(Bad::Expired) => {
            let body = r#"{"errors":[{"message":"Token expired.","extensions":{"code":"TOKEN_EXPIRED"}}]}"#;
            let head = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length";
            return client.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes());
        }
        Some(Bad::AnswerLost) | None => {}
    }
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.write_all(&request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if bad.is_none() { client.write_all(&answer) } else { Ok(()) }
}

/// One request, told to be the last of its connection.
fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut reader = BufReader::new(client);
    let (mut request, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
        if !line.to_ascii_lowercase().starts_with("connection:") {
            request.extend(line.bytes());
        }
    }
    request.extend(b"Connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    request.extend(body);
    Ok(request)
}
