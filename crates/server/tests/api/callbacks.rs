//! Call-backs, delivered to a receiver that really listens.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use rolecall_erasure::receipt::{self, Forged, PublicKeys};
use rolecall_model::time::Instant;
use rolecall_server::{
    auth::limits::Profile,
    callbacks::{Courier, Hosts},
};
use rolecall_store::erasures::{Sealed, callbacks};
use rolecall_testkit::{TestApp, each_engine};
use tokio::net::TcpListener;

/// What a receiver was sent: body, signature, id of the event.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    body: String,
    signature: String,
    event: String,
}

/// Somebody who is called back, and answers with the statuses it was given, the last one for ever.
struct Receiver {
    address: String,
    received: Arc<Mutex<Vec<Received>>>,
}

#[derive(Clone)]
struct Listening {
    statuses: Arc<Mutex<Vec<u16>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

async fn receive(State(listening): State<Listening>, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap) {
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "application/json");
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    let received = Received { body, signature: header("rolecall-signature"), event: header("rolecall-event-id") };
    listening.received.lock().expect("nobody panicked").push(received);
    let mut statuses = listening.statuses.lock().expect("nobody panicked");
    let status = if statuses.len() > 1 { statuses.remove(0) } else { statuses[0] };
    let mut answer = HeaderMap::new();
    answer.insert("location", "/elsewhere".parse().expect("a value"));
    (StatusCode::from_u16(status).expect("a status"), answer)
}

impl Receiver {
    async fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("an address").to_string();
        let received = Arc::default();
        let listening =
            Listening { statuses: Arc::new(Mutex::new(statuses.to_vec())), received: Arc::clone(&received) };
        let router = Router::new().route("/erased", post(receive)).route("/elsewhere", post(receive));
        tokio::spawn(async move { axum::serve(listener, router.with_state(listening)).await });
        Self { address, received }
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().expect("nobody panicked").clone()
    }

    fn hosts(&self) -> Hosts {
        Hosts::new(std::slice::from_ref(&self.address))
    }
}

/// Writes a request and a call-back of it, as an erasure does.
async fn write(app: &TestApp, url: &str, bodies: &[&str]) {
    let (core, account) = (&app.server.core, app.tenant.account.no);
    let request = format!(
        "INSERT INTO erasures
           (account_no, erasure_no, erasure_id, state, cause, is_all_bots, bot_ids, grounds, wanted_plan, plan_hash,
            map_no, map_hash, is_approved, requested_at_ms, requested_by, updated_at_ms, not_before_ms, deadline_ms,
            ended_at_ms, callback_url, salt, holder, lease_until_ms, fence, attempts, next_attempt_at_ms)
         VALUES ({}, 1, 'eud-1', 'done', '', 1, '', '', '', '', 0, '', 1, 0, '', 0, 0, 0, 0, '', '', '', 0, 0, 0, 0)",
        account.0
    );
    app.db.tamper(&request).await;
    let url = Sealed::CallbackUrl("eud-1").seal(core, url.as_bytes());
    let mut tx = app.operator().attempts().begin().await.expect("a transaction");
    for body in bodies {
        callbacks::enqueue(&mut tx, account, 1, &url, body, core.clock.now()).await.expect("it is written");
    }
    tx.commit().await.expect("it is kept");
}

async fn n_left(app: &TestApp) -> usize {
    let mut tx = app.operator().read().await.expect("a transaction");
    let far = Instant::from_ms(i64::MAX);
    callbacks::due(&mut tx, far, 100).await.expect("a list").len()
}

async fn rounds(courier: &Arc<Courier>) -> usize {
    let mut n = 0;
    loop {
        match courier.round().await.expect("a round") {
            0 => return n,
            n_claimed => n += n_claimed,
        }
    }
}

each_engine! {
    async fn a_call_back_is_tried_again_until_it_is_taken_and_bears_our_signature(app: TestApp) {
        let receiver = Receiver::start(&[500, 429, 204]).await;
        write(&app, &format!("http://{}/erased", receiver.address), &[r#"{"requestId":"eud-1","state":"done"}"#]).await;
        let courier = Courier::new(Arc::clone(&app.server.core), receiver.hosts()).expect("a courier");
        for (n_received, pause_ms) in [(1, 15_000), (2, 30_000)] {
            assert_eq!(rounds(&courier).await, 1, "it is due");
            assert_eq!(receiver.received().len(), n_received);
            app.clock.advance_ms(pause_ms - 1);
            assert_eq!(rounds(&courier).await, 0, "it is not due before its pause is over");
            app.clock.advance_ms(1);
        }
        assert_eq!(rounds(&courier).await, 1);
        assert_eq!(n_left(&app).await, 0, "it was taken");

        let received = receiver.received();
        assert_eq!(received.len(), 3);
        let keys = receipt::jwks(&app.server.core).await.expect("the set").to_string();
        let keys = PublicKeys::parse(&keys).expect("a set of keys");
        for received in &received {
            assert_eq!(received.event, "eud-1.1", "the same event each time");
            assert_eq!(receipt::verify_detached(&received.signature, received.body.as_bytes(), &keys), Ok(()));
            assert_eq!(receipt::verify_detached(&received.signature, b"{}", &keys), Err(Forged::BadSignature));
        }
    }

    async fn no_redirect_is_followed(app: TestApp) {
        let receiver = Receiver::start(&[307]).await;
        write(&app, &format!("http://{}/erased", receiver.address), &["{}"]).await;
        let courier = Courier::new(Arc::clone(&app.server.core), receiver.hosts()).expect("a courier");
        assert_eq!(rounds(&courier).await, 1);
        assert_eq!((receiver.received().len(), n_left(&app).await), (1, 1), "asked once, and to be tried again");
    }

    async fn what_nobody_takes_for_three_days_is_given_up(app: TestApp) {
        let receiver = Receiver::start(&[503]).await;
        write(&app, &format!("http://{}/erased", receiver.address), &["{}"]).await;
        let courier = Courier::new(Arc::clone(&app.server.core), receiver.hosts()).expect("a courier");
        for _ in 0..11 {
            assert_eq!(rounds(&courier).await, 1);
            app.clock.advance_ms(6 * 3_600_000);
        }
        assert_eq!(n_left(&app).await, 1);
        app.clock.advance_ms(6 * 3_600_000);
        assert_eq!((rounds(&courier).await, n_left(&app).await), (1, 0));
    }

    async fn those_of_one_request_come_in_their_order(app: TestApp) {
        let receiver = Receiver::start(&[500, 200]).await;
        write(&app, &format!("http://{}/erased", receiver.address), &["1", "2", "3"]).await;
        let courier = Courier::new(Arc::clone(&app.server.core), receiver.hosts()).expect("a courier");
        assert_eq!(rounds(&courier).await, 1, "the others wait for the first");
        app.clock.advance_ms(15_000);
        assert_eq!(rounds(&courier).await, 3);
        let bodies: Vec<String> = receiver.received().into_iter().map(|received| received.body).collect();
        assert_eq!(bodies, ["1", "1", "2", "3"]);
    }

    async fn a_host_that_was_taken_off_the_list_is_not_called(app: TestApp) {
        let receiver = Receiver::start(&[200]).await;
        write(&app, &format!("http://{}/erased", receiver.address), &["{}"]).await;
        let courier = Courier::new(Arc::clone(&app.server.core), Hosts::default()).expect("a courier");
        assert_eq!((rounds(&courier).await, n_left(&app).await, receiver.received()), (1, 0, Vec::new()));
    }

    async fn two_nodes_deliver_it_once(app: TestApp) {
        let mut app = app;
        let receiver = Receiver::start(&[200]).await;
        write(&app, &format!("http://{}/erased", receiver.address), &["{}"]).await;
        receipt::signer(&app.server.core).await.expect("a signer");
        let one = Courier::new(Arc::clone(&app.server.core), receiver.hosts()).expect("a courier");
        app.another_node(Profile::Off).await;
        let other = Courier::new(Arc::clone(&app.server.core), receiver.hosts()).expect("a courier");
        let (of_one, of_other) = tokio::join!(one.round(), other.round());
        assert_eq!(of_one.expect("a round") + of_other.expect("a round"), 1);
        assert_eq!((receiver.received().len(), n_left(&app).await), (1, 0));
    }

    async fn nobody_answers_and_it_stays(app: TestApp) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        write(&app, &format!("http://{address}/erased"), &["{}"]).await;
        let courier = Courier::new(Arc::clone(&app.server.core), Hosts::new(&[address])).expect("a courier");
        assert_eq!((rounds(&courier).await, n_left(&app).await), (1, 1));
    }
}
