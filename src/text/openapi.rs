//! OpenAPI 3.1 documents, from types.

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

/// A document in the making.
pub struct Document {
    root: Value,
    paths: Map<String, Value>,
    generator: SchemaGenerator,
}

impl Document {
    /// A document without paths; title, version and description head it.
    pub fn new(title: &str, version: &str, description: &str) -> Document {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        let info = json!({"title": title, "version": version, "description": description});
        Document {
            root: json!({"openapi": "3.1.0", "info": info}),
            paths: Map::new(),
            generator: settings.into_generator(),
        }
    }

    /// A type's schema, as a reference into the document.
    pub fn body<T: JsonSchema>(&mut self) -> Value {
        self.generator.subschema_for::<T>().to_value()
    }

    /// Adds what a method of a path does. `{id}` in the path is a parameter.
    pub fn add(&mut self, method: &str, path: &str, operation: Operation) {
        let mut told = operation.0;
        let mut parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| parameter(name, "path"))
            .collect();
        parameters.extend(told["parameters"].as_array().into_iter().flatten().cloned());
        told["parameters"] = Value::Array(parameters);
        let item = self.paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        item[method] = told;
    }

    /// The whole document as OpenAPI 3 JSON.
    pub fn finish(mut self) -> Value {
        let schemas = self.generator.take_definitions(true);
        self.root["paths"] = Value::Object(self.paths);
        self.root["components"] = json!({ "schemas": schemas });
        self.root
    }
}

fn parameter(name: &str, place: &str) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}})
}

/// What a method of a path does.
pub struct Operation(Value);

impl Operation {
    /// One that takes nothing and answers nothing yet.
    pub fn new(summary: &str) -> Operation {
        Operation(json!({"summary": summary, "responses": {}}))
    }

    /// It takes a JSON body.
    #[must_use]
    pub fn takes(mut self, schema: &Value) -> Operation {
        let content = json!({"application/json": {"schema": schema}});
        self.0["requestBody"] = json!({"required": true, "content": content});
        self
    }

    /// It may be asked with the fields of a type in the query.
    #[must_use]
    pub fn asks_by<Q: JsonSchema>(mut self) -> Operation {
        let schema = SchemaGenerator::default().into_root_schema_for::<Q>().to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let fields = schema["properties"].as_object().into_iter().flatten();
        let all = fields.map(|(name, field)| {
            let mut told = parameter(name, "query");
            told["required"] = required.iter().any(|of| of == name).into();
            told["schema"] = field.clone();
            told
        });
        self.0["parameters"] = all.collect();
        self
    }

    /// It may be asked with these in the query.
    #[must_use]
    pub fn asks_for(mut self, names: &[&str]) -> Operation {
        let all = names.iter().map(|name| parameter(name, "query")).collect();
        self.0["parameters"] = Value::Array(all);
        self
    }

    /// It answers in JSON.
    #[must_use]
    pub fn answers(self, statuses: &[u16], schema: &Value) -> Operation {
        self.tells(statuses, "application/json", schema)
    }

    /// It refuses, as RFC 9457 has it.
    #[must_use]
    pub fn refuses(self, statuses: &[u16], schema: &Value) -> Operation {
        self.tells(statuses, "application/problem+json", schema)
    }

    /// It answers by a media type of its own.
    #[must_use]
    pub fn tells(mut self, statuses: &[u16], kind: &str, schema: &Value) -> Operation {
        for status in statuses {
            let known = http::StatusCode::from_u16(*status).ok().and_then(|s| s.canonical_reason());
            let mut content = json!({});
            content[kind] = json!({ "schema": schema });
            self.0["responses"][status.to_string()] =
                json!({"description": known.unwrap_or("Answer"), "content": content});
        }
        self
    }
}
