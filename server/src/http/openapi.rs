//! The OpenAPI document: made from the handlers themselves, completed here with what is the same for all of them.
//!
//! A handler says what is its own (`#[utoipa::path]`); a face says who may call it ([`face`]); the answers that every
//! route can give are added once ([`document`]).

pub use super::access::Accepts;

use super::AppState;
use super::access::guarded;
use super::contracts::openai;
use super::errors::Problem;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::routing::get;
use folio_types::{AttachmentId, BookId, ConfirmationId, ConversationId, MessageId, ProviderId, TaskId, UserId};
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, Content, HeaderBuilder, Ref, RefOr, tag::TagBuilder};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Folio",
        description = "Ask your books, see the page. Several contracts over one domain: what is made through one is \
            seen through every other.",
    ),
    servers((url = "/", description = "This Folio")),
    // path parameters name these without bringing them along, and events are only text to the document
    components(schemas(Problem, openai::Chunk, openai::Refusal, AttachmentId, BookId, ConfirmationId, ConversationId, MessageId, ProviderId, TaskId, UserId)),
)]
struct Base;

const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";
const BASIC: &str = "basic";
const METRICS: &str = "metrics";
/// Before the names of answers whose body is OpenAI's.
const OPENAI: &str = "OpenAi";

/// What every secured route, every route with a body and so on can answer besides its own.
const COMMON: [(StatusCode, &str, &str); 9] = [
    (StatusCode::BAD_REQUEST, "BadRequest", "Something in the request was not understood or is out of range."),
    (StatusCode::UNAUTHORIZED, "Unauthorized", "No credential, or one that is not valid."),
    (StatusCode::FORBIDDEN, "Forbidden", "The credential may not do this."),
    (StatusCode::NOT_FOUND, "NotFound", "It is not there, or it is someone else's."),
    (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "There is no such method here; `Allow` says which there are."),
    (StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", "The body is too large."),
    (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests; `Retry-After` says when to come again."),
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal", "Folio's own fault; the log has it under the trace id."),
    (StatusCode::SERVICE_UNAVAILABLE, "Unavailable", "Something that this needs cannot be reached now."),
];

/// Makes routes a face: they are listed under `tag`, accept these credentials, and say so.
pub fn face(
    tag: &str,
    description: &str,
    accepts: Accepts,
    mut routes: OpenApiRouter<AppState>,
) -> OpenApiRouter<AppState> {
    let document = routes.get_openapi_mut();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        operation.tags = Some(vec![tag.to_owned()]);
        operation.security.get_or_insert_with(|| accepts.requirements());
        // a handler's name need only be unique in its face
        if let Some(name) = &mut operation.operation_id {
            *name = format!("{tag}_{name}");
        }
    }
    let tag = TagBuilder::new().name(tag).description(Some(description)).build();
    document.tags.get_or_insert_default().push(tag);
    match accepts {
        Accepts::Anyone => routes,
        _ => routes.layer(from_fn(move |request, next| guarded(accepts, request, next))),
    }
}

/// The whole document, from what the routers say of themselves.
pub fn document(routers: impl IntoIterator<Item = utoipa::openapi::OpenApi>) -> utoipa::openapi::OpenApi {
    let mut document = routers.into_iter().fold(Base::openapi(), |mut whole, part| {
        whole.merge(part);
        whole
    });
    document.info.version = env!("CARGO_PKG_VERSION").into();
    if let Some(tags) = &mut document.tags {
        tags.sort_by(|a, b| a.name.cmp(&b.name));
        tags.dedup_by(|a, b| a.name == b.name);
    }
    let components = document.components.get_or_insert_default();
    add_security(components);
    for (status, name, description) in COMMON {
        let refused = |body: &str| RefOr::from(refusal(status, description, body));
        components.responses.insert(name.to_owned(), refused(&Problem::name()));
        components.responses.insert(format!("{OPENAI}{name}"), refused(&openai::Refusal::name()));
    }
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            add_common(path, operation);
        }
    }
    document
}

/// `/api/openapi.json`.
pub fn route(document: &utoipa::openapi::OpenApi) -> Router<AppState> {
    let json = document.to_json().unwrap_or_else(|fault| {
        tracing::error!(%fault, "the OpenAPI document could not be written");
        String::from("{}")
    });
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Router::new().route("/api/openapi.json", get(async move || (kind, json.clone())))
}

impl Accepts {
    fn requirements(self) -> Vec<SecurityRequirement> {
        let schemes: &[&str] = match self {
            Self::Anyone => return Vec::new(),
            Self::Browsers => &[COOKIE],
            Self::People | Self::Readers => &[BEARER, COOKIE],
            Self::PeopleAndBasic => &[BEARER, COOKIE, BASIC],
        };
        schemes.iter().map(|scheme| SecurityRequirement::new(*scheme, [""; 0])).collect()
    }
}

fn add_security(components: &mut Components) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of `POST /auth/token`, or a personal access token made in Settings."))
        .build();
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The shared credential of the configuration, or a user's own e-mail address and password."))
        .build();
    let cookie = ApiKeyValue::with_description("folio", "A browser's session; `__Host-folio` under TLS.");
    let metrics = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The `METRICS_TOKEN` of the configuration."))
        .build();
    components.add_security_scheme(METRICS, SecurityScheme::Http(metrics));
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    components.add_security_scheme(BASIC, SecurityScheme::Http(basic));
    components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
}

fn refusal(status: StatusCode, description: &str, body: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name(body)));
    let response = ResponseBuilder::new().description(description).content("application/json", content);
    let header = |description: &str| HeaderBuilder::new().description(Some(description)).build();
    match status {
        StatusCode::TOO_MANY_REQUESTS => response.header("Retry-After", header("Seconds to wait.")),
        StatusCode::METHOD_NOT_ALLOWED => response.header("Allow", header("The methods that there are.")),
        _ => response,
    }
    .build()
}

fn add_common(path: &str, operation: &mut Operation) {
    let has_body = operation.request_body.is_some();
    let takes = |place: &[ParameterIn]| {
        operation.parameters.iter().flatten().any(|parameter| place.contains(&parameter.parameter_in))
    };
    let has_input = has_body || takes(&[ParameterIn::Query, ParameterIn::Header]);
    let is_secured = operation.security.as_ref().is_some_and(|schemes| !schemes.is_empty());
    let applies = |status: StatusCode| match status {
        StatusCode::BAD_REQUEST => has_input,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => is_secured,
        StatusCode::NOT_FOUND => path.contains('{'),
        StatusCode::PAYLOAD_TOO_LARGE => has_body,
        _ => true,
    };
    let answers = COMMON.into_iter().filter(|(status, ..)| applies(*status));
    for (status, name, _) in answers {
        let whose = if openai::is_its(path) { OPENAI } else { "" };
        let common = RefOr::Ref(Ref::new(format!("#/components/responses/{whose}{name}")));
        operation.responses.responses.entry(status.as_u16().to_string()).or_insert(common);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use crate::http::openapi_document;
    use serde_json::{Value, json};
    use std::collections::{BTreeMap, BTreeSet};

    fn whole() -> Value {
        serde_json::to_value(openapi_document()).expect("JSON")
    }

    /// Each face in a file of its own, so that a change shows where it was made. After a change that is meant:
    /// `INSTA_UPDATE=always cargo nextest run -p server openapi`.
    #[test]
    fn the_document_is_what_it_was() {
        let mut document = whole();
        let paths = document["paths"].take();
        let mut faces: BTreeMap<String, serde_json::Map<String, Value>> = BTreeMap::new();
        for (path, item) in paths.as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("a path") {
                let face = operation["tags"][0].as_str().expect("every route belongs to a face").to_owned();
                faces.entry(face).or_default().insert(format!("{method} {path}"), operation.clone());
            }
        }
        let schemas = document["components"]["schemas"].take();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            for (face, routes) in faces {
                insta::assert_json_snapshot!(format!("openapi-{face}"), routes);
            }
            insta::assert_json_snapshot!("openapi-schemas", schemas);
            insta::assert_json_snapshot!("openapi", document);
        });
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_who_may_call_it() {
        let document = whole();
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("a path") {
                let name = operation["operationId"].as_str().expect("a name");
                assert!(names.insert(name.to_owned()), "{method} {path}: {name} is taken");
                assert!(operation["security"].is_array(), "{method} {path} does not say who may call it");
                assert!(operation["summary"].is_string(), "{method} {path} does not say what it is for");
                for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                    let is_declared = |parameter: &Value| parameter["in"] == json!("path") && parameter["name"] == part;
                    let declared = operation["parameters"].as_array().is_some_and(|all| all.iter().any(is_declared));
                    assert!(declared, "{method} {path} does not say what {part} is");
                }
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = whole();
        let mut open = vec![&document];
        while let Some(value) = open.pop() {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(to)) = members.get("$ref") {
                        let pointer = to.strip_prefix('#').expect("a reference within the document");
                        assert!(document.pointer(pointer).is_some(), "{to} leads nowhere");
                    }
                    open.extend(members.values());
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
    }
}
