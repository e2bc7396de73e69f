//! Reading and planning an import of 1,000 roles of 20 permissions, beside parsing the same bytes
//! with `serde_json` and nothing else.

use divan::{Bencher, black_box};
use rolecall_model::{
    role::{ADMIN_PERMISSIONS, RoleType},
    role_import::{File, Mode, plan},
};
use serde_json::{Map, Value, json};

fn main() {
    divan::main();
}

fn file() -> Vec<u8> {
    let permissions: Map<String, Value> =
        ADMIN_PERMISSIONS.iter().take(20).map(|name| ((*name).to_owned(), json!("YES"))).collect();
    let roles: Vec<Value> = (0..1_000)
        .map(|n| {
            json!({"roleType": "admin", "_id": format!("{n:024x}"), "role": format!("Role {n}"), "rDesc": "Made for measuring",
                   "permissions": permissions, "refId": format!("{n:08x}-0000-5000-8000-000000000000")})
        })
        .collect();
    Value::Array(roles).to_string().into_bytes()
}

#[divan::bench]
fn parse_as_json_only(bencher: Bencher<'_, '_>) {
    let bytes = file();
    bencher.bench(|| serde_json::from_slice::<Value>(black_box(&bytes)));
}

#[divan::bench]
fn read_and_check(bencher: Bencher<'_, '_>) {
    let bytes = file();
    bencher.bench(|| File::parse(RoleType::Admin, black_box(&bytes)));
}

#[divan::bench]
fn read_check_and_plan(bencher: Bencher<'_, '_>) {
    let bytes = file();
    bencher.bench(|| {
        let file = File::parse(RoleType::Admin, black_box(&bytes))?;
        plan(file, Vec::new(), Mode::Full)
    });
}
