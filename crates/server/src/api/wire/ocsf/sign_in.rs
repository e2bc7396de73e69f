//! Signing in and out, and what people sign in with.

use rolecall_control::sessions::Method;
use serde_json::{Map, Value, json};

use super::{About, Activity, Class, Facts, USER};

const AUTHENTICATION: Class = (3002, "Authentication");

impl Facts<'_> {
    /// A session that began or ended.
    pub(super) fn authentication(&self, activity: Activity) -> About {
        let mut about = self.person();
        about.insert("service".to_owned(), json!({"name": "Rolecall"}));
        about.insert("is_remote".to_owned(), true.into());
        if let Some(id) = self.fact("sessionId").as_str() {
            about.insert("session".to_owned(), json!({"uid": id}));
        }
        let methods: Vec<Method> = self.fact("methods").as_str().map(read).unwrap_or_default();
        let factors: Vec<Value> = methods.iter().copied().filter_map(factor).collect();
        if !factors.is_empty() {
            // A passkey is something one has, and opens to what one knows or is.
            let is_mfa = |method: &Method| matches!(method, Method::Code | Method::RecoveryCode | Method::Passkey);
            about.insert("is_mfa".to_owned(), methods.iter().any(is_mfa).into());
            about.insert("auth_factors".to_owned(), factors.into());
        }
        if methods.contains(&Method::Provider) {
            about.insert("auth_protocol_id".to_owned(), 4.into());
            about.insert("auth_protocol".to_owned(), "OpenID".into());
        }
        (AUTHENTICATION, activity, about)
    }

    /// A session that did not begin.
    pub(super) fn failed_authentication(&self) -> About {
        let (class, activity, mut about) = self.authentication((1, "Logon"));
        about.insert("status_id".to_owned(), 2.into());
        about.insert("status".to_owned(), "Failure".into());
        (class, activity, about)
    }

    /// What a person signs in with became another.
    pub(super) fn credential(&self, activity: Activity) -> About {
        let mut about = self.person();
        let method = match self.fact("kind").as_str() {
            Some("totp") => Some(Method::Code),
            Some("passkey") => Some(Method::Passkey),
            _ if self.fact("codes").is_number() => Some(Method::RecoveryCode),
            _ => None,
        };
        if let Some(factor) = method.and_then(factor) {
            about.insert("auth_factors".to_owned(), json!([factor]));
        }
        (USER, activity, about)
    }

    fn person(&self) -> Map<String, Value> {
        let user = json!({"uid": self.id("u-"), "type_id": 1, "type": "User"});
        Map::from_iter([("user".to_owned(), user)])
    }
}

/// The methods that a session's entry names.
fn read(words: &str) -> Vec<Method> {
    let method = |word| Method::ALL.into_iter().find(|method| method.as_str() == word);
    words.split(' ').filter_map(method).collect()
}

/// A method as the framework has it; nothing for what a provider asked for, which it keeps to itself.
fn factor(method: Method) -> Option<Value> {
    Some(match method {
        Method::Password => json!({"factor_type_id": 11, "factor_type": "Password"}),
        Method::Code => json!({"factor_type_id": 7, "factor_type": "OTP", "is_totp": true}),
        Method::Passkey => json!({"factor_type_id": 10, "factor_type": "WebAuthn"}),
        Method::Link => json!({"factor_type_id": 99, "factor_type": "One-time link"}),
        Method::RecoveryCode => json!({"factor_type_id": 99, "factor_type": "Recovery code"}),
        Method::Provider => return None,
    })
}

#[cfg(test)]
mod tests {
    use rolecall_control::audit::{Entry, Linked};
    use rolecall_model::{audit::Event, time::Instant};

    use super::{super::event, *};

    fn told(what: Event, before: &Value, after: &Value) -> Value {
        let entry = Entry {
            seq: 1,
            at: Instant::from_ms(0),
            event: what.name().to_owned(),
            actor: "user:u-1".to_owned(),
            target: "u-1 s-1".to_owned(),
            description: String::new(),
            before: before.to_string(),
            after: after.to_string(),
            hash: String::new(),
        };
        event("c", &Linked { id: "1".to_owned(), entry, previous_id: None, previous_hash: String::new() })
    }

    #[test]
    fn a_sign_in_tells_what_it_took() {
        for (methods, is_mfa, factors, protocol) in [
            ("password", json!(false), json!([11]), Value::Null),
            ("password code", json!(true), json!([11, 7]), Value::Null),
            ("link recovery-code", json!(true), json!([99, 99]), Value::Null),
            ("passkey", json!(true), json!([10]), Value::Null),
            ("provider", Value::Null, Value::Null, json!(4)),
        ] {
            let after = json!({"userId": "u-1", "sessionId": "s-1", "methods": methods});
            let told = told(Event::SignedIn, &Value::Null, &after);
            assert_eq!((&told["type_uid"], &told["status_id"]), (&json!(300_201), &json!(1)), "{methods}");
            assert_eq!((&told["user"]["uid"], &told["session"]["uid"]), (&json!("u-1"), &json!("s-1")), "{methods}");
            let ids = told["auth_factors"]
                .as_array()
                .map(|factors| factors.iter().map(|factor| factor["factor_type_id"].clone()).collect::<Value>());
            assert_eq!(ids.unwrap_or_default(), factors, "{methods}");
            assert_eq!((&told["is_mfa"], &told["auth_protocol_id"]), (&is_mfa, &protocol), "{methods}");
        }
    }

    #[test]
    fn what_did_not_succeed_and_what_ended_is_told_as_that() {
        let user = json!({"userId": "u-1"});
        for (what, type_uid, status) in [
            (Event::SignInBlocked, 300_201, 2),
            (Event::SignInRefused, 300_201, 2),
            (Event::SignedOut, 300_202, 1),
            (Event::SessionEnded, 300_202, 1),
        ] {
            let told = told(what, &user, &Value::Null);
            assert_eq!((&told["type_uid"], &told["status_id"]), (&json!(type_uid), &json!(status)), "{what:?}");
            assert_eq!(told["service"]["name"], "Rolecall", "the class wants to know where to");
        }
    }

    #[test]
    fn what_people_sign_in_with_is_part_of_them() {
        for (what, facts, activity, factor) in [
            (Event::PasswordSet, json!({}), 8, Value::Null),
            (Event::SignInLinkMade, json!({}), 9, Value::Null),
            (Event::SecondFactorAdded, json!({"kind": "totp"}), 12, json!(7)),
            (Event::RecoveryCodesMade, json!({"codes": 10}), 12, json!(99)),
            (Event::SecondFactorRemoved, json!({"kind": "passkey"}), 13, json!(10)),
        ] {
            let told = told(what, &facts, &Value::Null);
            assert_eq!((&told["class_uid"], &told["activity_id"]), (&json!(3007), &json!(activity)), "{what:?}");
            assert_eq!(told["auth_factors"][0]["factor_type_id"], factor, "{what:?}");
            assert_eq!(told["user"]["uid"], "u-1");
        }
    }
}
