//! The description of the API, as OpenAPI 3.1 has it. It is made from the handlers and the types that they take and give.

use super::wire::{Change, ErrorBody, Rehearsal};
use causerie_policy::AdminAct;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, Object, OneOfBuilder, OpenApi as Document, Paths, Ref, RefOr, Required, ResponseBuilder,
        Type,
        extensions::ExtensionsBuilder,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

/// The name of how clients prove who they are.
const TOKEN: &str = "token";

/// What is said of the API as a whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Causerie administration",
        description = "Users, groups, categories, rooms and their lists, barriers, add-ins, policies, settings, endpoints, tokens, and \
            how the server is doing.\n\n\
            Names in paths are percent-encoded. A principal is a user's address or a group's name; only addresses have \
            an `@`. Each operation has an act, `x-act`; the role of who asks decides which acts are his. Over the Unix \
            socket whoever is let in by its mode is an administrator; over HTTPS, and if he likes over the socket, he \
            sends a token.\n\n\
            Errors are `{\"error\": {\"code\", \"message\"}}`: codes are stable, messages are for people.\n\n\
            A change answers with all that changed, what followed by itself included, as `changes`. With the query \
            parameter `what_if=true` it answers with what would change, and changes nothing.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Change, ErrorBody, Rehearsal)),
    modifiers(&Token),
)]
pub(super) struct Base;

/// Adds the security scheme.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("A token, as `causerie token add` prints it.".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    }
}

/// Adds what all operations have in common: their act, their group, how to prove who asks, and the errors.
pub(super) fn complete(paths: &mut Paths, act: AdminAct) {
    for (path, item) in &mut paths.paths {
        for operation in changes(item) {
            rehearsable(operation);
        }
        for operation in operations(item) {
            complete_one(path, operation, act);
        }
    }
}

/// Every operation on a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Those that change something.
fn changes(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [put, post, delete, patch].into_iter().flatten()
}

/// Adds that it can be asked what a change would do, and how that is answered.
fn rehearsable(operation: &mut Operation) {
    let parameter = ParameterBuilder::new()
        .name("what_if")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("Only tell what would change"))
        .schema(Some(Object::with_type(Type::Boolean)))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(parameter.into());
    let told = Ref::from_schema_name("Rehearsal");
    let all = &mut operation.responses.responses;
    if let Some(RefOr::T(response)) = all.get_mut("200") {
        for content in response.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            let done = content.schema.take();
            let either = done.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
            content.schema = Some(either.item(told.clone()).into());
        }
        response.description += "; with `what_if`, what would change";
    } else {
        let response = ResponseBuilder::new()
            .description("With `what_if`: what would change")
            .content("application/json", Content::new(Some(told)))
            .build();
        all.insert("200".to_owned(), response.into());
    }
}

fn complete_one(path: &str, operation: &mut Operation, act: AdminAct) {
    let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    // The lists of all kinds of nodes have one path.
    let group = parts.first().copied().filter(|part| !part.starts_with('{'));
    let group = group.unwrap_or("lists").trim_end_matches(".json");
    let name = operation.operation_id.take().unwrap_or_default();
    // What officers do has one group, and names of its own only below that.
    let within = match parts.as_slice() {
        ["compliance", thing, ..] => format!("{group}_{thing}"),
        _ => group.to_owned(),
    };
    operation.operation_id = Some(format!("{within}_{name}"));
    operation.tags = Some(vec![group.to_owned()]);
    operation.extensions = Some(ExtensionsBuilder::new().add("x-act", act.as_str()).build());
    operation.security = Some(vec![SecurityRequirement::new(TOKEN, [""; 0])]);

    let mut errors = vec![
        ("400", "The request isn't understood"),
        ("401", "It isn't known who asks, or the token is no good"),
        (
            "403",
            "The role of who asks doesn't let him; the code names the rule",
        ),
        ("429", "Too many tokens from this address were no good"),
        ("503", "The server can't now; Retry-After says when to ask again"),
    ];
    if path.contains('{') {
        errors.push(("404", "What is named doesn't exist"));
    }
    if operation.request_body.is_some() {
        errors.extend([
            ("408", "The body doesn't come"),
            ("413", "The body is too large"),
            ("422", "It makes no sense, or the rules forbid it"),
        ]);
    }
    for (status, description) in errors {
        let content = Content::new(Some(Ref::from_schema_name("ErrorBody")));
        let response = ResponseBuilder::new()
            .description(description)
            .content("application/json", content)
            .build();
        let all = &mut operation.responses.responses;
        all.entry(status.to_owned()).or_insert_with(|| response.into());
    }
}
