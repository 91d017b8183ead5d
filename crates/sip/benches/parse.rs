//! What one INFO of 3 KB with 15 headers costs on its way in and out.
use bytes::{Bytes, BytesMut};
use causerie_sip::{Dialog, Framer, Limits, Message, Method, Rules, check_request};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

fn info() -> Bytes {
    let body = format!("<xccos ver=\"1\" envid=\"7\">{}</xccos>", "text ".repeat(400));
    let head = format!(
        "INFO sip:chat.test:5061;transport=tls;ms-opaque=gc SIP/2.0\r\n\
         Via: SIP/2.0/tls 192.0.2.7:45188\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:ines@lab.test>;tag=400219625;epid=b34afb6ebb23\r\n\
         To: <sip:room@chat.test>;tag=d82cf24172\r\n\
         Call-ID: 1876g3964a00E3iC012m7D74tA523b24BCxF925x\r\n\
         CSeq: 2 INFO\r\n\
         Contact: <sip:ines@lab.test;opaque=user:epid:164d5566e6d25a49;gruu>\r\n\
         User-Agent: UCCAPI/15.0.4420.1017 OC/15.0.4420.1017 (Lync)\r\n\
         Supported: ms-sender, timer, ms-early-media\r\n\
         Allow: INVITE, BYE, ACK, CANCEL, INFO, UPDATE, OPTIONS, MESSAGE, NOTIFY, BENOTIFY\r\n\
         P-Preferred-Identity: <sip:ines@lab.test>, <tel:+4930123456>\r\n\
         ms-keep-alive: UAC;hop-hop=yes\r\n\
         Authorization: NTLM qop=\"auth\", opaque=\"00000001\", realm=\"SIP Communications Service\", \
         targetname=\"pool.chat.test\", crand=\"fd4bd96e\", cnum=\"9\", response=\"01000000F184365DFE3EDC8464000000\"\r\n\
         Content-Type: text/plain; charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    Bytes::from(head + &body)
}

#[divan::bench]
fn frame(bencher: Bencher<'_, '_>) {
    let info = info();
    bencher
        .with_inputs(|| BytesMut::from(&info[..]))
        .bench_values(|mut buffer| Framer::new(Limits::default()).next(&mut buffer));
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let info = info();
    bencher.bench(|| Message::parse(black_box(&info).clone()));
}

#[divan::bench]
fn parse_and_check(bencher: Bencher<'_, '_>) {
    let info = info();
    let rules = Rules::default();
    bencher.bench(|| match Message::parse(black_box(&info).clone()) {
        Ok(Message::Request(request)) => check_request(&request, &rules).ok(),
        _ => None,
    });
}

#[divan::bench]
fn answer(bencher: Bencher<'_, '_>) {
    let Ok(Message::Request(request)) = Message::parse(info()) else {
        return;
    };
    let Ok(checked) = check_request(&request, &Rules::default()) else {
        return;
    };
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    bencher.bench_local(|| {
        buffer.clear();
        checked.response(200, None).encode_into(&mut buffer);
    });
}

#[divan::bench]
fn request_in_dialog(bencher: Bencher<'_, '_>) {
    let Ok(Message::Request(request)) = Message::parse(info()) else {
        return;
    };
    let Ok(checked) = check_request(&request, &Rules::default()) else {
        return;
    };
    let Ok(mut dialog) = Dialog::uas(&checked, "d82cf24172") else {
        return;
    };
    let body = request.body().clone();
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    bencher.bench_local(|| {
        buffer.clear();
        if let Ok(out) = dialog.request(&Method::Info, "SIP/2.0/TLS chat.test:5061", "z9hG4bK0a1b2c3d") {
            out.body("text/plain", body.clone()).encode_into(&mut buffer);
        }
    });
}
