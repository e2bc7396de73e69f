//! An authenticator made of software: it makes passkeys and uses them, as browsers ask it to, and lies
//! where a test tells it to.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use serde_json::{Value, json};

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// An authenticator with one passkey, and what it says in its answers. A test may change any of that.
pub struct Authenticator {
    pair: Pair,
    /// What it calls its key.
    pub credential_id: Vec<u8>,
    /// The page it says to be on.
    pub origin: String,
    /// The name it binds its key to.
    pub rp_id: String,
    /// User present (1), user verified (4); whether there is a key in it, it adds itself.
    pub flags: u8,
    /// How often it has signed; `None` for one that does not count.
    pub sign_count: Option<u32>,
    /// Whom its key is of, once it has one.
    pub user_handle: Vec<u8>,
}

impl Authenticator {
    /// One for pages of `origin`, whose key signs by `algorithm`: `ES256`, `EdDSA` or `RS256`.
    pub fn new(algorithm: &str, origin: &str) -> Self {
        let pair = match algorithm {
            "ES256" => Pair::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
            "EdDSA" => Pair::EdDsa(Ed25519KeyPair::generate().expect("a key")),
            "RS256" => Pair::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
            _ => panic!("no authenticator signs by {algorithm}"),
        };
        let (_, host) = origin.split_once("://").expect("an origin");
        let rp_id = host.split(':').next().unwrap_or_default().to_owned();
        let credential_id = rand::random::<[u8; 32]>().to_vec();
        let (origin, user_handle) = (origin.to_owned(), Vec::new());
        Self { pair, credential_id, origin, rp_id, flags: 0b101, sign_count: Some(0), user_handle }
    }

    /// Its answer to `asked`, the options of a registration, as the console's script sends it.
    pub fn make(&mut self, asked: &Value, name: &str) -> Value {
        self.user_handle = bytes(&asked["user"]["id"]);
        let client_data = self.client_data("webauthn.create", &asked["challenge"]);
        let attestation = self.attestation(&self.data(Some(&self.public_key())));
        json!({"clientData": text(&client_data), "attestation": text(&attestation), "name": name})
    }

    /// Its answer to `asked`, the options of a use, as the console's script sends it.
    pub fn answer(&mut self, asked: &Value) -> Value {
        self.sign_count = self.sign_count.map(|n| n + 1);
        let client_data = self.client_data("webauthn.get", &asked["challenge"]);
        let data = self.data(None);
        let signature = self.sign(&[&data[..], digest(&SHA256, &client_data).as_ref()].concat());
        json!({
            "id": text(&self.credential_id), "clientData": text(&client_data), "data": text(&data),
            "signature": text(&signature), "userHandle": text(&self.user_handle), "next": "/console",
        })
    }

    /// What a page says it was asked.
    pub fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let data = json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false});
        data.to_string().into_bytes()
    }

    /// What it says of itself and of the moment, with a key where it has just made one.
    pub fn data(&self, key: Option<&Cbor>) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(if key.is_some() { self.flags | 0x40 } else { self.flags });
        data.extend(self.sign_count.unwrap_or_default().to_be_bytes());
        if let Some(key) = key {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.credential_id.len()).expect("a short name").to_be_bytes());
            data.extend(&self.credential_id);
            ciborium::into_writer(key, &mut data).expect("CBOR");
        }
        data
    }

    /// The object that a browser makes of that, without a word of who made the authenticator.
    pub fn attestation(&self, data: &[u8]) -> Vec<u8> {
        let object = Cbor::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Cbor::Map(Vec::new())),
            ("authData".into(), Cbor::Bytes(data.to_vec())),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).expect("CBOR");
        bytes
    }

    /// Its public key, in COSE.
    pub fn public_key(&self) -> Cbor {
        let pairs: Vec<(i64, Cbor)> = match &self.pair {
            Pair::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let part = |from: usize| Cbor::Bytes(point[from..from + 32].to_vec());
                vec![(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, part(1)), (-3, part(33))]
            }
            Pair::EdDsa(pair) => {
                let point = Cbor::Bytes(pair.public_key().as_ref().to_vec());
                vec![(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, point)]
            }
            Pair::Rs256(pair) => {
                let modulus = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
                let exponent = pair.public_key().exponent().big_endian_without_leading_zero().to_vec();
                vec![(1, 3.into()), (3, (-257).into()), (-1, Cbor::Bytes(modulus)), (-2, Cbor::Bytes(exponent))]
            }
        };
        Cbor::Map(pairs.into_iter().map(|(label, value)| (label.into(), value)).collect())
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec(),
            Pair::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("a signature");
                signature
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url")
}
