//! A no, as RFC 9457 says it.

use serde_json::{Value, json};

/// A refusal with its status and stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CallProblem {
    pub status: u16,
    pub code: &'static str,
    pub detail: String,
}

impl CallProblem {
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> CallProblem {
        CallProblem { status, code, detail: detail.into() }
    }

    pub fn body(&self) -> Value {
        json!({
            "type": format!("urn:homepay:wallet:{}", self.code),
            "title": self.code.replace('_', " "),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        })
    }
}

/// Why a turn of the book did not give what was asked.
#[derive(Debug)]
pub(super) enum Stop {
    /// A decided no: stored under the idempotency key, and said again to whoever repeats it.
    No(CallProblem),
    /// Something broke: nothing is written, nothing stored.
    Broken(anyhow::Error),
}

impl From<CallProblem> for Stop {
    fn from(problem: CallProblem) -> Stop {
        Stop::No(problem)
    }
}

impl From<sqlx::Error> for Stop {
    fn from(fault: sqlx::Error) -> Stop {
        Stop::Broken(fault.into())
    }
}

impl From<anyhow::Error> for Stop {
    fn from(fault: anyhow::Error) -> Stop {
        Stop::Broken(fault)
    }
}
