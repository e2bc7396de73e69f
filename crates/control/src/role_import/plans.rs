//! Plans of imports: shown first, and applied only as they were shown.
//!
//! A plan is not kept: its id says of which file it is, how it is to be imported, and what it came to. Whoever
//! applies it has the plan made anew under the account's lock. If it comes to something else by then, or
//! touches other people, nothing is done.

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_model::{
    ids::RoleNo,
    role::{Permissions, Role, RoleType},
    role_import::{self as model, File, Mode, Plan, Step},
};
use rolecall_store::{Tx, role_imports};

use super::{Imported, Order, Preview, import_as_planned, preview::preview_in, read};
use crate::{Ctx, Error, Rule, roles, say};

/// Bytes of a digest, and of a signature: enough that nobody makes another plan of the same.
const N_BYTES: usize = 16;

/// A plan of an import.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its id, by which it can be looked at again and applied.
    pub id: String,
    /// What it comes to now.
    pub preview: Preview,
    /// Whether that is what it came to when it was made; if not, it cannot be applied.
    pub is_current: bool,
}

/// What a plan came to.
pub(super) type Digest = [u8; N_BYTES];

/// Plans the import of an uploaded file. Changes nothing.
///
/// Errors: those of [`super::import`].
pub async fn plan(ctx: &Ctx, order: &Order) -> Result<Planned, Error> {
    let file = read(ctx, order).await?;
    let (preview, digest) = look(ctx, file, order.mode).await?;
    Ok(Planned { id: name(ctx, order, digest), preview, is_current: true })
}

/// The plan with id `id`, as it comes out now.
///
/// Errors: those of [`super::import`]; [`Rule::UnknownImport`] for an id of no plan of this account.
pub async fn find_plan(ctx: &Ctx, id: &str) -> Result<Planned, Error> {
    let (order, expected) = &open(ctx, id)?;
    let file = read(ctx, order).await?;
    let (preview, digest) = look(ctx, file, order.mode).await?;
    Ok(Planned { id: id.to_owned(), preview, is_current: digest == *expected })
}

/// Does what the plan with id `id` came to when it was made.
///
/// Errors: those of [`super::import`]; [`Rule::UnknownImport`] for an id of no plan of this account, and
/// [`Rule::Moved`] if it would come to something else by now.
pub async fn apply(ctx: &Ctx, id: &str) -> Result<Imported, Error> {
    let (order, expected) = &open(ctx, id)?;
    let file = read(ctx, order).await?;
    import_as_planned(ctx, file, order.mode, Some(*expected)).await
}

async fn look(ctx: &Ctx, file: File, mode: Mode) -> Result<(Preview, Digest), Error> {
    let mut tx = ctx.read().await?;
    let existing = roles::all(&mut tx, ctx.account, file.role_type()).await?;
    let plan = super::planned(file, &existing, mode)?;
    let digest = digest_of(&mut tx, ctx, &plan, &existing).await?;
    Ok((preview_in(&mut tx, ctx, plan, &existing, mode).await?, digest))
}

/// What a plan comes to: what becomes of each role, and who holds those that change.
pub(super) async fn digest_of(tx: &mut Tx, ctx: &Ctx, plan: &Plan, existing: &[Role]) -> Result<Digest, Error> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut add = |text: &str| {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    };
    let permissions = |permissions: &Permissions| permissions.to_wire(plan.role_type).to_string();
    let mut touched: Vec<RoleNo> = Vec::new();
    let mut touch = |role: &model::Role| {
        touched.extend(existing.iter().find(|own| own.id == role.role_id).map(|own| own.no));
    };
    for step in &plan.steps {
        match step {
            Step::Create(entry) => {
                add("create");
                add(&entry.name);
                add(entry.description.as_deref().unwrap_or_default());
                add(entry.ref_id.as_deref().unwrap_or_default());
                add(&permissions(&entry.permissions));
            }
            Step::Update { before, after } => {
                add("update");
                for role in [before, after] {
                    add(&role.role_id);
                    add(&role.name);
                    add(&role.description);
                    add(&role.ref_id);
                    add(&permissions(&role.permissions));
                }
                touch(before);
            }
            Step::Unchanged(role) => {
                add("unchanged");
                add(&role.role_id);
            }
            Step::Delete(role) => {
                add("delete");
                add(&role.role_id);
                add(&role.name);
                add(&permissions(&role.permissions));
                touch(role);
            }
        }
    }
    touched.sort_unstable();
    for mark in role_imports::marks(tx, ctx.account, &touched).await? {
        add(&format!("{mark:?}"));
    }
    let digest = context.finish();
    Ok(*digest.as_ref().first_chunk().unwrap_or(&[0; N_BYTES]))
}

/// The id of a plan: what it is of, what it came to, and a signature.
fn name(ctx: &Ctx, order: &Order, digest: Digest) -> String {
    let mut bytes = vec![match (order.role_type, order.mode) {
        (RoleType::Admin, Mode::Incremental) => 0,
        (RoleType::Admin, Mode::Full) => 1,
        (RoleType::Bot, Mode::Incremental) => 2,
        (RoleType::Bot, Mode::Full) => 3,
    }];
    bytes.extend_from_slice(&digest);
    bytes.extend_from_slice(order.file_id.as_bytes());
    let signature = sign(ctx, &bytes);
    bytes.extend_from_slice(signature.as_ref().get(..N_BYTES).unwrap_or_default());
    format!("rp-{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What the id of a plan says.
///
/// Errors: [`Rule::UnknownImport`] for any other text.
fn open(ctx: &Ctx, id: &str) -> Result<(Order, Digest), Error> {
    let unknown = || Error::refused(Rule::UnknownImport, "", say::no_such_plan());
    let bytes = id.strip_prefix("rp-").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or_else(unknown)?;
    let (said, signature) = bytes.split_last_chunk::<N_BYTES>().ok_or_else(unknown)?;
    let expected = sign(ctx, said);
    let expected = expected.as_ref().get(..N_BYTES).unwrap_or_default();
    if !bool::from(subtle::ConstantTimeEq::ct_eq(signature.as_slice(), expected)) {
        return Err(unknown());
    }
    let (kind, rest) = said.split_first().ok_or_else(unknown)?;
    let (digest, file_id) = rest.split_first_chunk::<N_BYTES>().ok_or_else(unknown)?;
    let role_type = if *kind < 2 { RoleType::Admin } else { RoleType::Bot };
    let mode = if kind % 2 == 0 { Mode::Incremental } else { Mode::Full };
    let file_id = String::from_utf8(file_id.to_vec()).map_err(|_| unknown())?;
    Ok((Order { role_type, file_id, mode }, *digest))
}

fn sign(ctx: &Ctx, said: &[u8]) -> hmac::Tag {
    let mut signing = hmac::Context::with_key(ctx.core.sealing_key.places());
    // No list has this name, so that no cursor is a plan.
    signing.update(format!("import plan {} {} ", ctx.account.0, said.len()).as_bytes());
    signing.update(said);
    signing.sign()
}
