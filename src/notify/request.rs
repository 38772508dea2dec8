//! A message as the request of a channel.

use super::channel::{BodyForm, BodyNode, Channel};
use super::signature::{self, Signature};
use super::template::{FieldValues, TextTemplate};
use homepay_domain::alert::Severity;
use homepay_domain::time::UnixMs;
use homepay_ports::HttpRequest;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMessage {
    /// The notice's: the same at each try.
    pub id: String,
    pub title: String,
    pub text: String,
    /// The page about it.
    pub url: String,
    pub severity: Severity,
    /// When it came about, RFC 3339.
    pub at: String,
}

/// What stays as it is in a part of a path.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

fn in_url(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

impl Channel {
    /// The request for a message. Its target is a whole address.
    pub fn request(
        &self,
        keys: &FieldValues,
        message: &ChannelMessage,
        now: UnixMs,
    ) -> HttpRequest {
        let fields = self.fields(keys, message);
        let secret = fields.get("secret").filter(|secret| !secret.is_empty());
        let signed = self.signature.zip(secret);
        let mut target = self.target(&fields);
        let (kind, body) = match &self.body {
            BodyForm::Json(nodes) => {
                let mut table = self.table(nodes, &fields, message.severity);
                if let Some((Signature::Feishu, secret)) = signed {
                    let at = now.seconds();
                    table.insert("timestamp".to_owned(), json!(at.to_string()));
                    table.insert("sign".to_owned(), json!(signature::feishu(secret, at)));
                }
                ("application/json; charset=utf-8", Value::Object(table).to_string())
            }
            BodyForm::Form(pairs) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, template) in pairs {
                    let value = template.fill(&fields, str::to_owned);
                    if !value.is_empty() {
                        form.append_pair(name, &value);
                    }
                }
                ("application/x-www-form-urlencoded", form.finish())
            }
        };
        let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
        headers.extend(self.headers(&fields));
        match signed {
            Some((Signature::DingTalk, secret)) => {
                let code = in_url(&signature::dingtalk(secret, now.0));
                let joint = if target.contains('?') { '&' } else { '?' };
                target.push_str(&format!("{joint}timestamp={}&sign={code}", now.0));
            }
            Some((Signature::StandardWebhooks, secret)) => {
                let at = now.seconds();
                let code = signature::standard_webhooks(secret, &message.id, at, body.as_bytes());
                headers.push(("webhook-id".to_owned(), message.id.clone()));
                headers.push(("webhook-timestamp".to_owned(), at.to_string()));
                headers.push(("webhook-signature".to_owned(), code));
            }
            Some((Signature::Feishu, _)) | None => {}
        }
        HttpRequest { method: self.method, target, headers, body: body.into_bytes() }
    }

    fn fields(&self, keys: &FieldValues, message: &ChannelMessage) -> FieldValues {
        let mut fields = FieldValues::new();
        for key in &self.keys {
            let given = keys.get(&key.name).filter(|value| !value.is_empty());
            let value = given.or(key.usual.as_ref()).cloned().unwrap_or_default();
            fields.insert(key.name.clone(), value);
        }
        let severity = message.severity.word();
        let priority = match self.priorities.of(message.severity) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let of_message = [
            ("id", message.id.as_str()),
            ("title", &message.title),
            ("text", &message.text),
            ("url", &message.url),
            ("at", &message.at),
            ("severity", severity),
            ("priority", &priority),
        ];
        fields.extend(of_message.map(|(name, value)| (name.to_owned(), value.to_owned())));
        fields
    }

    /// The address: a server as the owner wrote it, everything else escaped.
    fn target(&self, fields: &FieldValues) -> String {
        let Some(server) = self.url.first_field() else { return self.url.fill(fields, in_url) };
        let mut others = fields.clone();
        let base = others.insert(server.to_owned(), String::new()).unwrap_or_default();
        let rest = self.url.fill(&others, in_url);
        format!("{}{rest}", base.trim_end_matches('/'))
    }

    fn headers(&self, fields: &FieldValues) -> Vec<(String, String)> {
        let is_given =
            |template: &TextTemplate| template.fields().all(|name| !fields[name].is_empty());
        let headers = self.headers.iter().filter(|(_, template)| is_given(template));
        headers
            .map(|(name, template)| {
                // What a header cannot carry is left out: it must not begin another one.
                let one_line = |value: &str| value.replace(['\r', '\n'], " ");
                (name.to_lowercase(), template.fill(fields, one_line))
            })
            .collect()
    }

    fn table(
        &self,
        nodes: &[(String, BodyNode)],
        fields: &FieldValues,
        severity: Severity,
    ) -> Map<String, Value> {
        let values = nodes
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), self.value(node, fields, severity)?)));
        values.collect()
    }

    /// A value; none for a text that is a single field which holds nothing.
    fn value(&self, node: &BodyNode, fields: &FieldValues, severity: Severity) -> Option<Value> {
        Some(match node {
            BodyNode::Text(text) if text.only_field() == Some("priority") => {
                self.priorities.of(severity).clone()
            }
            BodyNode::Text(text) => {
                let filled = text.fill(fields, str::to_owned);
                if filled.is_empty() && text.only_field().is_some() {
                    return None;
                }
                json!(filled)
            }
            BodyNode::Plain(value) => value.clone(),
            BodyNode::Table(nodes) => Value::Object(self.table(nodes, fields, severity)),
            BodyNode::List(nodes) => {
                let values = nodes.iter().filter_map(|node| self.value(node, fields, severity));
                Value::Array(values.collect())
            }
        })
    }
}
