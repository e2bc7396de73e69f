//! `POST /access/v1/evaluation` and `evaluations`: may they?

use axum::Json;
use rolecall_control::access::Question;
use rolecall_control::{Ctx, Error, access};

use super::{
    error::AccessError,
    request::{self, Body, Evaluations},
    wire::{self, Decision, Decisions},
};
use crate::auth::{Caller, ReadRoles};

/// Whether somebody may
///
/// May this user do this on this bot, or on the account? Whoever, whatever or wherever the account does
/// not know is denied; that is no error. OpenID `AuthZEN` Authorization API 1.0.
#[utoipa::path(
    post, path = "/access/v1/evaluation", tag = "Access",
    request_body = wire::Evaluation,
    responses((status = 200, description = "The decision, whichever it is.", body = Decision)),
)]
pub async fn evaluate(caller: Caller<ReadRoles, AccessError>, Body(body): Body) -> Result<Json<Decision>, AccessError> {
    let question = request::evaluation(&body)?;
    Ok(Json(decide(&caller.ctx, question).await?.into()))
}

/// Whether several may
///
/// Up to 1,000 evaluations, decided as of one moment. What an evaluation does not say is taken from the
/// request around it; a subject, action or resource of its own replaces the common one as a whole. An
/// evaluation that cannot be read is denied, and says why in its `context`.
#[utoipa::path(
    post, path = "/access/v1/evaluations", tag = "Access",
    request_body = wire::Evaluations,
    responses((status = 200, description = "The decisions, in the order of the evaluations.", body = Decisions)),
)]
pub async fn evaluate_all(
    caller: Caller<ReadRoles, AccessError>,
    Body(body): Body,
) -> Result<Json<Decisions>, AccessError> {
    let (items, semantic) = match request::evaluations(&body)? {
        Evaluations::One(question) => return Ok(Json(Decisions::One(decide(&caller.ctx, question).await?.into()))),
        Evaluations::Many(items, semantic) => (items, semantic),
    };
    let questions: Vec<Question> = items.iter().filter_map(|item| item.as_ref().ok()?.clone()).collect();
    let mut answers = access::decide_all(&caller.ctx, &questions).await?.into_iter();
    let mut evaluations = Vec::with_capacity(items.len());
    for item in items {
        let decision = match item {
            Ok(None) => false.into(),
            Ok(Some(_)) => answers.next().unwrap_or_default().into(),
            Err(problems) => Decision::from(problems),
        };
        let is_last = semantic.ends_with(decision.decision);
        evaluations.push(decision);
        if is_last {
            break;
        }
    }
    Ok(Json(Decisions::Many { evaluations }))
}

async fn decide(ctx: &Ctx, question: Option<Question>) -> Result<bool, Error> {
    match question {
        Some(question) => access::decide(ctx, &question).await,
        None => Ok(false),
    }
}
