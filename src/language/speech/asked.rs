//! Questions and commands: what is left, what a device cost, refund, freeze, cancel, a number.

use super::answer::number;
use super::lexicon::Lexicon;
use super::template::{Slots, Template};
use super::text::{Token, TokenKind};
use super::words::{Word, word_at};
use super::{QuestionSpan, Utterance};
use homepay_domain::household::Lang;
use std::sync::LazyLock;

/// What a template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum QueryIntent {
    Left,
    Cost,
    RunCost,
    Spent,
    Price,
    LastOrder,
    Refund,
    /// [`Utterance::Freeze`] of a device.
    Freeze,
    /// [`Utterance::Freeze`] of the home.
    FreezeHome,
    /// [`Utterance::Cancel`], with the word for what is cancelled.
    Cancel,
    /// The same by a word that belongs to the whole house: only where the hub has asked something.
    CancelBare,
}

/// Chinese templates. They are also what `homepay voice export` writes.
const ZH_QUESTIONS: &[(QueryIntent, &str)] = &[
    (
        QueryIntent::Left,
        "[<span>] [我 | 我们 | 咱们 | 家里] 还 (能 | 可以) (花 | 用 | 买) 多少 [钱 | 额度]",
    ),
    (
        QueryIntent::Left,
        "[<span>] [我 | 我们 | 咱们 | 家里] 还 (剩 | 剩下 | 有) 多少 (钱 | 额度) [可以用 | 能花]",
    ),
    (
        QueryIntent::Left,
        "[<span>] [的] (额度 | 预算 | 余额) (还剩 | 还有 | 剩 | 剩下 | 还剩下) 多少 [钱]",
    ),
    (QueryIntent::Left, "[我 | 我们] <span> 还 (能 | 可以) (花 | 用 | 买) 多少 [钱 | 额度]"),
    (
        QueryIntent::Cost,
        "<device> <span> [一共 | 总共] (花了 | 花掉了 | 用了 | 消费了 | 花 | 费了) 多少 [钱 | 电费 | 水费 | 费用]",
    ),
    (
        QueryIntent::Cost,
        "<span> [的] <device> [一共 | 总共] (花了 | 花掉了 | 用了 | 消费了 | 花 | 费了) 多少 [钱 | 电费 | 水费 | 费用]",
    ),
    (QueryIntent::Cost, "<device> <span> 的 (电费 | 水费 | 费用 | 花费) [是 | 有] 多少 [钱]"),
    (QueryIntent::Cost, "<span> <device> 的 (电费 | 水费 | 费用 | 花费) [是 | 有] 多少 [钱]"),
    (
        QueryIntent::RunCost,
        "(现在 | 这会儿) (开 | 用 | 跑 | 启动) [一次 | 一下] <device> [一次 | 一下] [大概 | 大约] (要 | 得 | 要花 | 得花) \
         多少 [钱 | 电费]",
    ),
    (
        QueryIntent::RunCost,
        "<device> (现在 | 这会儿) (开 | 用 | 跑 | 启动) [一次 | 一下] [大概 | 大约] (要 | 得 | 要花 | 得花) 多少 [钱 | 电费]",
    ),
    (
        QueryIntent::Refund,
        "把 (上一单 | 上一个订单 | 上个订单 | 最后一单 | 最近一单 | 刚才那单 | 刚刚那单 | 上一笔 | 上一笔订单 | 刚才的订单) [给我] (退 | \
         退了 | 退掉 | 退款 | 退回 | 退回来) [吧]",
    ),
    (
        QueryIntent::Refund,
        "(退 | 退了 | 退掉 | 退款 | 退回) (上一单 | 上一个订单 | 上个订单 | 最后一单 | 最近一单 | 刚才那单 | 刚刚那单 | 上一笔 | \
         上一笔订单 | 刚才的订单) [吧]",
    ),
    (
        QueryIntent::Refund,
        "(上一单 | 上一个订单 | 上个订单 | 最后一单 | 刚才那单) (退款 | 退掉) [吧]",
    ),
    (
        QueryIntent::Freeze,
        "(冻结 | 锁定 | 锁住 | 停用 | 暂停) <device> [的] [下单 | 购物 | 付款 | 支付 | 消费]",
    ),
    (
        QueryIntent::Freeze,
        "把 <device> [的] [下单 | 购物 | 付款 | 支付 | 消费] (冻结 | 锁定 | 锁住 | 锁 | 停用 | 停 | 暂停) [了 | 掉 | 起来] [吧]",
    ),
    (
        QueryIntent::FreezeHome,
        "(冻结 | 暂停 | 停止) (全部 | 所有 | 一切 | 全家 | 家里) [的] [设备 | 音箱 | 下单 | 购物 | 付款 | 支付 | 消费 | 订单]",
    ),
    (QueryIntent::FreezeHome, "(全部 | 全家 | 所有设备 | 所有音箱) [都] (冻结 | 暂停 | 锁定) [吧]"),
    (
        QueryIntent::FreezeHome,
        "把 (全部 | 全家 | 家里 | 所有设备 | 所有音箱) [都] (冻结 | 暂停 | 锁定) [了 | 掉 | 起来] [吧]",
    ),
    (
        QueryIntent::FreezeHome,
        "[把] (冻结 | 锁定 | 停用 | 暂停 | 停止) [家里 | 全家] [的] (所有 | 全部 | 一切) [的] (设备 | 音箱 | 下单 | 购物 | 付款 | 支付 | \
         消费 | 订单) [吧]",
    ),
    (
        QueryIntent::FreezeHome,
        "把 (家里 | 全家) [的] (所有 | 全部) [的] (设备 | 音箱) [都] (冻结 | 锁定 | 停用 | 暂停) [了 | 掉 | 起来] [吧]",
    ),
    (
        QueryIntent::Spent,
        "[我 | 我们 | 咱们 | 家里] <span> [我 | 我们 | 咱们 | 家里] [一共 | 总共 | 已经] (花了 | 花掉了 | 用了 | 消费了) 多少 [钱]",
    ),
    (QueryIntent::Spent, "<span> [的] (花销 | 开销 | 消费 | 支出 | 花费) [是 | 有] 多少 [钱]"),
    (QueryIntent::Price, "[一] [<measure>] <item> [现在 | 要 | 得 | 卖] 多少 (钱 | 块钱)"),
    (QueryIntent::Price, "<item> [现在 | 要 | 得 | 卖] 多少 (钱 | 块钱) [一] <measure>"),
    (QueryIntent::Price, "<item> [现在 | 要 | 得 | 卖] 一 <measure> 多少 (钱 | 块钱)"),
    (QueryIntent::Price, "<item> [的] (价格 | 价钱 | 单价) [是] 多少 [钱]"),
    (QueryIntent::Price, "<item> [现在] 怎么卖"),
    (
        QueryIntent::LastOrder,
        "(上一单 | 上一个订单 | 上次 | 最近一单 | 最后一单 | 刚才) [我 | 我们] (买了 | 订了 | 点了 | 买的 | 订的 | 点的 | 是) [是] (什么 | \
         啥 | 哪些东西)",
    ),
    (
        QueryIntent::LastOrder,
        "(我 | 我们) (上次 | 刚才 | 最近 | 最后) (买了 | 订了 | 点了 | 下单了 | 买的 | 订的) [是] [些] (什么 | 啥)",
    ),
    (QueryIntent::Cancel, "取消 (这单 | 这个订单 | 订单 | 这次订单 | 刚才的订单) [吧]"),
    (QueryIntent::CancelBare, "取消 [这次] [吧]"),
    (QueryIntent::CancelBare, "(算了 | 不要了 | 不买了 | 不订了 | 别买了) [吧]"),
];

const EN_QUESTIONS: &[(QueryIntent, &str)] = &[
    (
        QueryIntent::Left,
        "how much [money] (is | do i have | do we have | have i got | have we got) left [to \
         spend] [for] [<span>]",
    ),
    (QueryIntent::Left, "how much [money] (can | may) (i | we) still (spend | buy) [for] [<span>]"),
    (QueryIntent::Left, "how much more can (i | we) spend [<span>]"),
    (QueryIntent::Left, "(what's | what is) left [to spend] [for] [<span>]"),
    (QueryIntent::Left, "how much of (the | my | our) (limit | budget) is left [for] [<span>]"),
    (
        QueryIntent::Cost,
        "(what | how much) (did | does | has) [the | my | our] <device> (cost | spend | \
         spent) [me | us] [so far] <span>",
    ),
    (
        QueryIntent::Cost,
        "(what | how much) (did | does | has) <span> [the | my | our] <device> cost",
    ),
    (QueryIntent::Cost, "(what's | what is) the cost of [the | my | our] <device> [for] <span>"),
    (
        QueryIntent::RunCost,
        "(what | how much) (does | will | would) it cost to (run | start | use) [the | my | our] \
         <device> [right] now",
    ),
    (
        QueryIntent::RunCost,
        "(what | how much) (does | will | would) running [the | my | our] <device> [right] now cost",
    ),
    (
        QueryIntent::Refund,
        "(refund | return) (my | the | our) (last | latest | previous | most recent) (order \
         | purchase)",
    ),
    (
        QueryIntent::Refund,
        "(give | get) me (a refund | my money back) (for | on) (my | the | our) (last | \
         latest | previous) (order | purchase)",
    ),
    (QueryIntent::Freeze, "(freeze | lock | block | pause) [the | my | our] <device>"),
    (
        QueryIntent::FreezeHome,
        "(freeze | lock | block | pause | stop) (everything | all orders | all spending | \
         all payments | all purchases | all speakers | all devices | the whole house | the \
         whole home | the house | the home)",
    ),
    (
        QueryIntent::Spent,
        "how much (have i | have we | did i | did we) (spent | spend) [so far] <span>",
    ),
    (QueryIntent::Spent, "how much (was | has been | is) spent [so far] <span>"),
    (
        QueryIntent::Spent,
        "what (have i | have we | did i | did we) (spent | spend) [so far] <span>",
    ),
    (
        QueryIntent::Price,
        "how much (is | are | does | do) [the | a | an | one] [<measure>] [of] <item> cost",
    ),
    (QueryIntent::Price, "how much (is | are) [the | a | an | one] [<measure>] [of] <item>"),
    (
        QueryIntent::Price,
        "(what's | what is) the price of [the | a | an | one] [<measure>] [of] <item>",
    ),
    (QueryIntent::Price, "what (does | do) [the | a | an | one] [<measure>] [of] <item> cost"),
    (
        QueryIntent::LastOrder,
        "what (did i | did we | have i | have we) [just] (order | buy | ordered | bought) [last] [time]",
    ),
    (
        QueryIntent::LastOrder,
        "(what's | what is | what was) (my | our | the) last (order | purchase)",
    ),
    (QueryIntent::LastOrder, "what was (ordered | bought) last"),
    (
        QueryIntent::Cancel,
        "cancel (the order | this order | that order | my order | my last order)",
    ),
    (QueryIntent::CancelBare, "cancel [it | that | this]"),
    (QueryIntent::CancelBare, "(never mind | nevermind | forget it | stop)"),
];

/// A language's templates, in the syntax of [`Template`].
pub(crate) fn templates(lang: Lang) -> &'static [(QueryIntent, &'static str)] {
    match lang {
        Lang::ZhCn => ZH_QUESTIONS,
        Lang::En => EN_QUESTIONS,
    }
}

static TEMPLATES: LazyLock<Vec<(QueryIntent, Template)>> = LazyLock::new(|| {
    let both = ZH_QUESTIONS.iter().chain(EN_QUESTIONS);
    both.map(|(wanted, text)| (*wanted, Template::new(text))).collect()
});

/// Reads a sentence as a question, a command, or an answer.
pub(super) fn asked(lexicon: &Lexicon, said: &[Token]) -> Option<Utterance> {
    let (said, question) = without_politeness(said);
    if said.is_empty() {
        return None;
    }
    for (wanted, template) in TEMPLATES.iter() {
        let Some(slots) = template.fit(lexicon, said) else { continue };
        if let Some(heard) = utterance(*wanted, slots, question) {
            return Some(heard);
        }
    }
    if question {
        return None;
    }
    number(said).map(Utterance::Number)
}

/// A question asks; with a question mark it is no command.
fn utterance(wanted: QueryIntent, slots: Slots, question: bool) -> Option<Utterance> {
    match wanted {
        QueryIntent::Left => {
            Some(Utterance::Left { day_or_month: slots.span.unwrap_or(QuestionSpan::Today) })
        }
        QueryIntent::Cost => Some(Utterance::Cost { device: slots.device?, span: slots.span? }),
        QueryIntent::RunCost => Some(Utterance::RunCost { device: slots.device? }),
        QueryIntent::Refund => (!question).then_some(Utterance::RefundLast),
        QueryIntent::Freeze if question => None,
        QueryIntent::Freeze => Some(Utterance::Freeze(Some(slots.device?))),
        QueryIntent::FreezeHome => (!question).then_some(Utterance::Freeze(None)),
        QueryIntent::Cancel | QueryIntent::CancelBare => (!question).then_some(Utterance::Cancel),
        QueryIntent::Spent => Some(Utterance::Spent(slots.span?)),
        QueryIntent::Price => Some(Utterance::Price(slots.item?)),
        QueryIntent::LastOrder => Some(Utterance::LastOrder),
    }
}

/// What was said without the politeness at both ends, and whether it was a question.
fn without_politeness(said: &[Token]) -> (&[Token], bool) {
    let mut rest = said;
    let mut question = false;
    while let Some(len) = polite_at(rest) {
        rest = &rest[len..];
    }
    while let Some(last) = rest.last() {
        question |= last.kind == TokenKind::Question;
        let polite = (1..=rest.len().min(POLITE_TOKENS_MAX))
            .rev()
            .find(|len| polite_at(&rest[rest.len() - len..]).is_some_and(|found| found == *len));
        let Some(len) = polite else { break };
        rest = &rest[..rest.len() - len];
    }
    (rest, question)
}

/// The longest polite phrase, in tokens.
const POLITE_TOKENS_MAX: usize = 5;

fn polite_at(said: &[Token]) -> Option<usize> {
    match said.first()?.kind {
        TokenKind::Pause | TokenKind::Question => return Some(1),
        TokenKind::Han | TokenKind::Word | TokenKind::Digits | TokenKind::Mark => {}
    }
    // 吧 and 了 belong to the templates that know them.
    word_at(said).filter(|(word, _)| matches!(word, Word::Filler | Word::Ask)).map(|(_, len)| len)
}
