//! What is said of one operation: parameters, body, answers, who may, and which problems there can be.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::schema::{self, named};
use crate::api::problem::Code;

/// Media type of problems.
const PROBLEM: &str = "application/problem+json";

/// Who may.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Everyone.
    Public,
    /// Who bears a token of this scope.
    Scope(&'static str),
    /// Who bears a token of the scope `read`, or a session of the pages.
    Watcher,
    /// Everyone, but some of it takes a token of the scope `read`.
    Partly,
}

/// A parameter.
struct Parameter {
    name: &'static str,
    place: &'static str,
    says: &'static str,
    schema: Value,
    required: bool,
}

/// An answer that is no problem.
struct Answer {
    status: u16,
    says: &'static str,
    /// Media types with their schemas.
    content: Vec<(&'static str, Value)>,
}

/// One operation of the API.
pub(in crate::api) struct Operation {
    /// The method, lowercase; the table sets it.
    pub(in crate::api) method: &'static str,
    /// The address as the router reads it; `{*name}` takes slashes too.
    pub(in crate::api) route: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    says: Vec<&'static str>,
    access: Access,
    parameters: Vec<Parameter>,
    body: Option<(&'static str, &'static str)>,
    answers: Vec<Answer>,
    problems: Vec<Code>,
}

impl Operation {
    /// An operation that everyone may do, at an address, under a stable name.
    pub(in crate::api) const fn new(
        tag: &'static str,
        route: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method: "get",
            route,
            id,
            tag,
            summary,
            says: Vec::new(),
            access: Access::Public,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// A sentence about it.
    pub(in crate::api) fn says(mut self, sentence: &'static str) -> Self {
        self.says.push(sentence);
        self
    }

    /// Takes a token of the scope `read`.
    pub(in crate::api) fn reads(self) -> Self {
        self.scope(super::super::token::READ)
    }

    /// Takes a token of the scope `write`.
    pub(in crate::api) fn writes(self) -> Self {
        self.scope(super::super::token::WRITE)
    }

    fn scope(mut self, scope: &'static str) -> Self {
        self.access = Access::Scope(scope);
        self.problems(&[Code::Unauthorised, Code::ForbiddenScope])
    }

    /// Takes a token of the scope `read`, or the session of someone who is signed in to the pages.
    pub(in crate::api) fn watches(mut self) -> Self {
        self.access = Access::Watcher;
        self.problems(&[Code::Unauthorised, Code::ForbiddenScope])
    }

    /// Some of it takes a token of the scope `read`.
    pub(in crate::api) fn partly_reads(mut self) -> Self {
        self.access = Access::Partly;
        self.problems(&[Code::Unauthorised, Code::ForbiddenScope])
    }

    fn parameter(
        mut self,
        place: &'static str,
        name: &'static str,
        schema: Value,
        required: bool,
        says: &'static str,
    ) -> Self {
        self.parameters.push(Parameter { name, place, says, schema, required });
        self
    }

    /// A part of the address.
    pub(in crate::api) fn at(self, name: &'static str, schema: Value, says: &'static str) -> Self {
        self.parameter("path", name, schema, true, says)
    }

    /// A parameter of the query that may be left out.
    pub(in crate::api) fn may(self, name: &'static str, schema: Value, says: &'static str) -> Self {
        self.parameter("query", name, schema, false, says).refuses_queries()
    }

    /// A parameter of the query that must be there.
    pub(in crate::api) fn must(self, name: &'static str, schema: Value, says: &'static str) -> Self {
        self.parameter("query", name, schema, true, says).refuses_queries()
    }

    fn refuses_queries(self) -> Self {
        self.problems(&[Code::BadRequest])
    }

    /// A header that may be left out.
    pub(in crate::api) fn header(self, name: &'static str, schema: Value, says: &'static str) -> Self {
        self.parameter("header", name, schema, false, says)
    }

    /// The moment at which it was so.
    pub(in crate::api) fn when(self) -> Self {
        self.may("at", schema::time(), "When it was so; else the log time of what is known.")
    }

    /// What was known.
    pub(in crate::api) fn known(self) -> Self {
        let says = "What was known: a log size, or a time; else everything durable.";
        self.may("known", schema::known_parameter(), says).problems(&[Code::OutOfRange])
    }

    /// How many of a page.
    pub(in crate::api) fn limit(self, most: usize, usual: usize) -> Self {
        self.may("limit", schema::limit(most, usual), "Most items of the page.")
    }

    /// The body that it takes, at all times binary.
    pub(in crate::api) fn takes(mut self, media: &'static str, says: &'static str) -> Self {
        self.body = Some((media, says));
        self
    }

    /// An answer in one form.
    pub(in crate::api) fn gives(
        mut self,
        status: u16,
        media: &'static str,
        schema: Value,
        says: &'static str,
    ) -> Self {
        match self.answers.iter_mut().find(|a| a.status == status) {
            Some(answer) => answer.content.push((media, schema)),
            None => self.answers.push(Answer { status, says, content: vec![(media, schema)] }),
        }
        self
    }

    /// An answer as JSON, 200, by the name of its schema.
    pub(in crate::api) fn json(self, schema: &'static str, says: &'static str) -> Self {
        self.gives(200, "application/json", named(schema), says)
    }

    /// An answer without a body.
    pub(in crate::api) fn empty(mut self, status: u16, says: &'static str) -> Self {
        self.answers.push(Answer { status, says, content: Vec::new() });
        self
    }

    /// Problems that there can be.
    pub(in crate::api) fn problems(mut self, codes: &[Code]) -> Self {
        for code in codes {
            if !self.problems.contains(code) {
                self.problems.push(*code);
            }
        }
        self
    }

    /// The address as OpenAPI writes it.
    pub(super) fn path(&self) -> String {
        self.route.replace("{*", "{")
    }

    /// The operation object (OpenAPI 3.1, 4.8.10).
    pub(super) fn to_json(&self) -> Value {
        let mut answers: Map<String, Value> = self
            .answers
            .iter()
            .map(|answer| {
                let content: Map<String, Value> = answer
                    .content
                    .iter()
                    .map(|(media, schema)| ((*media).to_owned(), json!({ "schema": schema })))
                    .collect();
                let mut one = json!({ "description": answer.says });
                if let (Some(one), false) = (one.as_object_mut(), content.is_empty()) {
                    one.insert("content".into(), content.into());
                }
                (answer.status.to_string(), one)
            })
            .collect();
        for (status, codes) in by_status(&self.problems) {
            // A status that is an answer too is told with it, as the problem that it can be.
            match answers
                .get_mut(status.as_str())
                .and_then(|a| a.get_mut("content"))
                .and_then(Value::as_object_mut)
            {
                Some(content) => {
                    content.insert(PROBLEM.into(), json!({ "schema": problem_schema(&codes) }));
                }
                None => {
                    let shared = json!({ "$ref": format!("#/components/responses/{}", shared_name(&codes)) });
                    answers.insert(status.as_str().to_owned(), shared);
                }
            }
        }
        answers.insert("default".into(), json!({ "$ref": "#/components/responses/Failed" }));
        let mut operation = json!({
            "operationId": self.id, "tags": [self.tag], "summary": self.summary,
            "security": self.security(), "responses": answers,
        });
        let Some(members) = operation.as_object_mut() else { return operation };
        if !self.says.is_empty() {
            members.insert("description".into(), self.says.join(" ").into());
        }
        if !self.parameters.is_empty() {
            let parameters = self.parameters.iter().map(|p| {
                json!({ "name": p.name, "in": p.place, "required": p.required, "description": p.says, "schema": p.schema })
            });
            members.insert("parameters".into(), parameters.collect());
        }
        if let Some((media, says)) = self.body {
            let body = json!({ "required": true, "description": says, "content": { media: {} } });
            members.insert("requestBody".into(), body);
        }
        operation
    }

    fn security(&self) -> Value {
        let read = super::super::token::READ;
        match self.access {
            Access::Public => json!([]),
            Access::Scope(scope) => json!([{ "token": [scope] }]),
            Access::Watcher => json!([{ "token": [read] }, { "session": [] }]),
            Access::Partly => json!([{}, { "token": [read] }]),
        }
    }
}

/// Codes by their status, in the order of statuses.
fn by_status(codes: &[Code]) -> Vec<(StatusCode, Vec<Code>)> {
    let mut all: Vec<(StatusCode, Vec<Code>)> = Vec::new();
    for code in codes {
        let (_, status, _) = code.row();
        match all.iter_mut().find(|(s, _)| *s == status) {
            Some((_, same)) => same.push(*code),
            None => all.push((status, vec![*code])),
        }
    }
    all.sort_by_key(|(status, _)| status.as_u16());
    all
}

/// The answers of operations that are problems alone, by their names.
pub(super) fn shared(operations: &[Operation]) -> Map<String, Value> {
    let groups = operations.iter().flat_map(|o| by_status(&o.problems));
    groups.map(|(_, codes)| (shared_name(&codes), problem(&codes))).collect()
}

fn shared_name(codes: &[Code]) -> String {
    let words: Vec<&str> = codes.iter().map(|c| c.row().0).collect();
    words.join("-or-")
}

/// A problem of one of some codes.
pub(super) fn problem(codes: &[Code]) -> Value {
    let says: Vec<String> = codes.iter().map(|c| format!("`{}`: {}", c.row().0, c.row().2)).collect();
    json!({ "description": says.join("; "), "content": { PROBLEM: { "schema": problem_schema(codes) } } })
}

fn problem_schema(codes: &[Code]) -> Value {
    let words: Vec<&str> = codes.iter().map(|c| c.row().0).collect();
    json!({ "allOf": [named("Problem"), { "properties": { "code": { "enum": words } } }] })
}
