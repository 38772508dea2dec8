//! What an owner hears of what they had done.

use super::limits::LimitEditView;
use crate::native::encode::{Encoder, OrderView};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::reply::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer to a command that was carried out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CommandDone {
    /// True, always: what is not done is answered as a fault.
    pub ok: bool,
    /// The order that it was about, as it stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderView>,
    /// The limits that it set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Vec<LimitEditView>>,
}

/// Why something is not answered or not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultView {
    /// A reason's code, such as `wrong_state`.
    pub code: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl CommandDone {
    /// Done, and nothing to add.
    pub const PLAIN: CommandDone = CommandDone { ok: true, order: None, limits: None };

    /// What came of a command.
    ///
    /// # Errors
    /// The code and the words of a refusal.
    pub fn of(
        encoder: &Encoder<'_>,
        outcome: &CommandOutcome,
    ) -> Result<CommandDone, (Code, String)> {
        match outcome {
            CommandOutcome::Nothing | CommandOutcome::Done(None) => Ok(CommandDone::PLAIN),
            CommandOutcome::Done(Some(order)) => {
                Ok(CommandDone { order: Some(encoder.order_body(order)), ..CommandDone::PLAIN })
            }
            CommandOutcome::Limits(edits) => {
                let edits =
                    edits.iter().map(|edit| LimitEditView::of(encoder.home, edit)).collect();
                Ok(CommandDone { limits: Some(edits), ..CommandDone::PLAIN })
            }
            CommandOutcome::Refused { code, why } => Err((*code, why.clone())),
        }
    }
}
