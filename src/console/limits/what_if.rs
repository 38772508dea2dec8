//! What the rules would say to an order of an amount, without asking anybody or holding anything.

use crate::orders::{RuleRow, rule};
use crate::page::Page;
use homepay_domain::book::Book;
use homepay_domain::decide::evaluate::evaluate_limits;
use homepay_domain::limits::{Limit, Target, TargetLine};
use homepay_domain::time::UnixMs;

/// The outcome: in words, and each rule that was looked at.
pub(super) struct WhatIf {
    pub outcome: String,
    pub is_refused: bool,
    pub rules: Vec<RuleRow>,
}

/// Asks as the first device, member and payee that the limit is about.
pub(super) fn asked(book: &Book, page: &Page, limit: &Limit, amount: &str, now: UnixMs) -> WhatIf {
    let Ok(amount) = book.home.currency.parse(amount) else {
        let outcome = page.t("amount-bad");
        return WhatIf { outcome, is_refused: true, rules: Vec::new() };
    };
    let scope = &limit.scope;
    let speaker = || {
        let mut devices = book.household.devices.iter();
        let is_speaker = |device: &homepay_domain::household::Device| {
            device.kind == homepay_domain::household::DeviceKind::Speaker
                && scope.room.as_ref().is_none_or(|room| device.room.as_ref() == Some(room))
        };
        devices.find(|(_, device)| is_speaker(device)).map(|(id, _)| id)
    };
    let device = scope.device.as_ref().or_else(speaker);
    let room = device.and_then(|id| book.household.devices.get(id)?.room.as_ref());
    let lines = [TargetLine { category: scope.category.clone(), amount, each: amount }];
    let target = Target {
        device,
        room: scope.room.as_ref().or(room),
        member: scope.member.as_ref(),
        payee: scope.payee.as_ref(),
        lines: &lines,
    };
    let verdict = evaluate_limits(book, target, book.time(now), Vec::new());
    let words = match (&verdict.refused, verdict.approve, verdict.confirm) {
        (Some(_), ..) => "what-if-refused",
        (None, Some(_), true) => "what-if-both",
        (None, Some(_), false) => "what-if-approve",
        (None, None, true) => "what-if-confirm",
        (None, None, false) => "what-if-bought",
    };
    WhatIf {
        outcome: page.t(words),
        is_refused: verdict.refused.is_some(),
        rules: verdict.looked.iter().map(|check| rule(book, page, check)).collect(),
    }
}
