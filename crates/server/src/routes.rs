//! Every route of every door, on one screen.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{from_fn_with_state, map_request},
    response::Response,
};
use tower::{Layer, Service, util::BoxCloneSyncService};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

use crate::{
    Server,
    access::{self, request::MAX_BODY_BYTES},
    api, console, kore, layers, openapi, ops,
};

fn all() -> OpenApiRouter<Arc<Server>> {
    OpenApiRouter::with_openapi(openapi::base())
        // The vendor-compatible API.
        .routes(routes!(kore::bots::list))
        .routes(routes!(kore::groups::list))
        .routes(routes!(kore::roles::list))
        .routes(routes!(kore::roles::export))
        .routes(routes!(kore::role_import::import))
        .routes(routes!(kore::audit_logs::list))
        .routes(routes!(kore::upload::upload).layer(DefaultBodyLimit::max(kore::upload::MAX_FORM_BYTES)))
        .routes(routes!(kore::assignments::bot_roles))
        .routes(routes!(kore::assignments::admin_roles))
        .routes(routes!(kore::user_roles::list))
        .routes(routes!(kore::users::create, kore::users::update, kore::users::remove))
        .routes(routes!(kore::users_info::info))
        .routes(routes!(kore::user_access::set))
        .routes(routes!(kore::erasure::request))
        .routes(routes!(kore::erasure::status))
        // Our own API.
        .routes(routes!(api::erasures::preview))
        .routes(routes!(api::erasures::request, api::erasures::list))
        .routes(routes!(api::erasures::get))
        .routes(routes!(api::erasures::cancel))
        .routes(routes!(api::erasures::approve))
        .routes(routes!(api::erasures::retry))
        .routes(routes!(api::erasures::receipt))
        .routes(routes!(api::holds::place, api::holds::list))
        .routes(routes!(api::holds::release))
        .routes(routes!(api::holds::check))
        .routes(routes!(api::keys::list))
        .routes(routes!(api::account::get, api::account::update))
        .routes(routes!(api::bots::list, api::bots::create))
        .routes(routes!(api::bots::get, api::bots::update, api::bots::remove))
        .routes(routes!(api::groups::list, api::groups::create))
        .routes(routes!(api::groups::get, api::groups::update, api::groups::remove))
        .routes(routes!(api::groups::members, api::groups::change_members))
        .routes(routes!(api::groups::around))
        .routes(routes!(api::roles::permissions))
        .routes(routes!(api::roles::list, api::roles::create))
        .routes(routes!(api::roles::get, api::roles::update, api::roles::remove))
        .routes(routes!(api::roles::copy))
        .routes(routes!(api::roles::removal))
        .routes(routes!(api::sessions::list))
        .routes(routes!(api::sessions::end))
        .routes(routes!(api::apps::list, api::apps::create))
        .routes(routes!(api::apps::get, api::apps::update, api::apps::remove))
        .routes(routes!(api::apps::rotate))
        .routes(routes!(api::apps::disable))
        .routes(routes!(api::apps::enable))
        .routes(routes!(api::assignments::list, api::assignments::apply))
        .routes(routes!(api::role_imports::upload))
        .routes(routes!(api::role_imports::plan))
        .routes(routes!(api::role_imports::get_plan))
        .routes(routes!(api::role_imports::apply))
        .routes(routes!(api::role_imports::list))
        .routes(routes!(api::role_imports::get))
        .routes(routes!(api::role_imports::undo))
        .routes(routes!(api::audit::list))
        .routes(routes!(api::audit::export))
        .routes(routes!(api::audit::get))
        .routes(routes!(api::users::list))
        .routes(routes!(api::users::get))
        .routes(routes!(api::users::roles))
        .routes(routes!(api::users::history))
        .routes(routes!(api::users::roles_of_group))
        // OpenID AuthZEN.
        .routes(routes!(access::evaluation::evaluate).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .routes(routes!(access::evaluation::evaluate_all).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .routes(routes!(access::search::subjects).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .routes(routes!(access::search::resources).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .routes(routes!(access::search::actions).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
        .routes(routes!(access::discovery::configuration))
        // Operations.
        .routes(routes!(ops::healthz))
        .routes(routes!(ops::readyz))
        .routes(routes!(ops::metrics))
}

/// The OpenAPI document of all routes.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::completed(all().split_for_parts().1)
}

/// The service that answers every request of `server`.
pub fn service(
    server: Arc<Server>,
) -> impl Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send> + Clone + Send + Sync + 'static
{
    let (router, document) = all().split_for_parts();
    let router: Router<Arc<Server>> = router
        .merge(axum::Router::from(openapi::pages(openapi::completed(document))))
        .merge(console::routes())
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(DefaultBodyLimit::max(kore::request::MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(Arc::clone(&server), layers::observe));
    // Paths take their normal form before they are matched, so this layer stands outside the router.
    BoxCloneSyncService::new(
        map_request(async |request: Request| layers::normalise(request)).layer(router.with_state(server)),
    )
}
