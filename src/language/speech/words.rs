//! The small words around an order: what may stand there and mean nothing, and what may not.

use super::text::{Token, tokens};
use super::trie::Trie;
use homepay_domain::household::Lang;
use std::sync::LazyLock;

/// What a small word does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Asks for something: "buy", "来".
    Verb,
    /// Asks for something only where it is counted: 打一瓶酱油 orders, 打豆腐 does not.
    Deed,
    /// A verb that takes away a question's doubt: "could you get me", "能不能帮我".
    Ask,
    /// Asks for something with a question word behind it; without one it tells what is allowed.
    May,
    /// Asks for what stands between it and [`Word::Basket`]: "add".
    Add,
    /// Where "add" puts it: "to my cart".
    Basket,
    /// Politeness, names of assistants, hesitation.
    Filler,
    /// Means nothing beside a verb; without one it makes a statement: "the two boxes", 家里两箱.
    Weak,
    /// "some", "一些": no number, and none is meant.
    Some,
    /// 买点: asks for something, and for no number of it.
    VerbSome,
    And,
    /// Joins two things, or goes on from an order before: 再加.
    More,
    /// What follows or goes before is meant of each thing: 各.
    Each,
    /// Joins a quantity and its thing: "of", "的".
    Of,
    /// Asks for a yes to what was just asked for: 好吗.
    Tag,
    /// Makes a question: "吗".
    Tail,
    /// A word of questions: no order is asked with it.
    Query,
    /// Known to turn an order into something else.
    Stop,
}

const ZH_WORDS: &[(Word, &str)] = &[
    (
        Word::Verb,
        "买 购买 购 采购 订 订购 预定 预订 下单 下个单 下一单 点 来 要 再来 再买 再要 再订 再点 叫 送 \
         充 充值 加购 下订单 我要 我就要 我再要 我还要 我来 来上 整上 买上 还想要 我想要 我想买 我想订 想买 想要 我要买 我要订 要买 要订 我要点 我想点 \
         我们要 我们要买 我们想要 咱们要 还要 需要 我需要 我们需要 囤 屯 囤点 补货 那买 那来 那要 入手",
    ),
    (Word::Deed, "弄 搞 整 打 称 割 交"),
    (Word::VerbSome, "来点 买点 要点 来点儿 买点儿 来些 买些 要些 弄点 整点 订点 点些"),
    (
        Word::Ask,
        "能不能帮我 能不能给我 可不可以帮我 可不可以给我 可以帮我 可以给我 能帮我 能给我 能否帮我 \
         可以帮忙 能不能帮忙 可否帮我 能帮忙 能不能买 可不可以买 能否买 能不能订 可不可以订 能不能来 \
         可不可以来 能不能下单 可不可以下单 能不能点 可不可以点",
    ),
    (
        Word::May,
        "可以买 能买 可以订 能订 可以来 能来 可以点 能点 可以下单 能下单 可以要 能要 可以送 能送",
    ),
    (
        Word::Filler,
        "请 请你 请您 你帮我 您帮我 你给我 您给我 在吗 在不在 麻烦 麻烦你 麻烦您 麻烦了 劳驾 劳烦 拜托 拜托了 帮 帮我 帮忙 帮个忙 帮我们 帮咱 \
         帮家里 给我 给我们 给家里 给咱们 给咱 给咱家 给我们家 替我 为我 给孩子 给宝宝 给猫 给狗 给老人 \
         给大家 一下 谢谢 谢谢你 谢谢您 谢谢啦 谢谢了 谢谢啊 谢啦 多谢 \
         谢了 谢 感谢 辛苦了 辛苦啦 辛苦 吧 呗 啊 呀 哈 哦 噢 嗯 呃 额 唉 哎 诶 欸 喂 啦 哟 那个 那就 先 \
         行 好 好的 好吧 好了 行了 就行 就行了 就好 就可以 就可以了 即可 就够了 你好 您好 嗨 赶紧 赶快 快点 尽快 小爱同学 \
         小爱 小度小度 小度 天猫精灵 小艺小艺 小艺 小布小布 小布 小雅小雅 若琪 叮咚叮咚 叮咚 你好小娜 \
         你好小智 小智 顺便 顺手 请问 嘿 过来 一趟 直接",
    ),
    (Word::Weak, "家里 我家 我们家 咱家 现在 马上 快 就 也 都 想 我想 今天"),
    (Word::Some, "一些 一点 一点儿 些 点儿"),
    (Word::And, "和 跟 与 及 以及 加 加上 然后"),
    (Word::More, "再加 再加上 外加 另外 还有"),
    (Word::Each, "各 各来 各要 各买 各订 每样 每样来 每样要 各来个 分别"),
    (Word::Of, "的"),
    (Word::Tag, "好吗 好不好 可以吗 行吗 行不行 可以不 成吗 好嘛"),
    (Word::Tail, "吗 么 嘛"),
    (
        Word::Query,
        "几 谁 多少 多少钱 哪 哪个 什么 怎么 为什么 什么时候 何时 呢 是不是 有没有 还是 要不要 该不该 \
         难道 够不够 点什么",
    ),
    (
        Word::Stop,
        "买了 订了 要了 点了 来了 下单了 买好 订好 点好 买过 买到 送到 送了 付了 充了 买完 要是 \
         订来 点来 要来 来买 买来 送来 叫来 充好 称好 叫好 送好 打好 交好 囤好 割好 要么 要不 来着 不 不要 不用 \
         不想 别 别买 甭 莫 没 没有 无 勿 未 少 停 禁 如 如果 若 假 或 或者 说 唱 讲 告诉 昨 昨天 明 明天 \
         后天 下周 以后 以前 已 已经 退 取消 算了 不对 错了",
    ),
];

const EN_WORDS: &[(Word, &[&str])] = &[
    (
        Word::Verb,
        &[
            "buy",
            "order",
            "get",
            "purchase",
            "bring",
            "pick up",
            "send",
            "fetch",
            "grab",
            "reorder",
            "restock",
            "i want",
            "i need",
            "we want",
            "we need",
            "i'd like",
            "id like",
            "i'd love",
            "i would like",
            "we'd like",
            "we would like",
            "give me",
            "give us",
            "gimme",
            "let's get",
            "let's order",
            "let's buy",
            "let's have",
            "lets get",
            "lets order",
            "i'll take",
            "i'll have",
            "we'll take",
            "we'll have",
            "let me have",
            "let me get",
            "i want to buy",
            "i want to order",
            "i'd like to buy",
            "i'd like to order",
            "i'd like to get",
            "i would like to buy",
            "i would like to order",
            "we'd like to order",
            "i need to buy",
            "i need to order",
            "go ahead and buy",
            "go ahead and order",
            "place an order for",
            "put in an order for",
            "i'm gonna need",
            "top up",
        ],
    ),
    (
        Word::Ask,
        &[
            "could you",
            "can you",
            "would you",
            "will you",
            "can i have",
            "can i get",
            "can i order",
            "could i have",
            "could i get",
            "could i order",
            "may i have",
            "can we have",
            "can we get",
            "can we order",
            "could we have",
            "could we get",
            "would you mind ordering",
            "would you mind getting",
            "would you mind buying",
            "would you mind sending",
            "do you mind ordering",
            "do you mind getting",
            "mind ordering",
        ],
    ),
    (Word::Add, &["add", "put"]),
    (
        Word::Basket,
        &[
            "to my cart",
            "to the cart",
            "in my cart",
            "in the cart",
            "to my basket",
            "to the basket",
            "in the basket",
            "in my basket",
            "to my order",
            "to the order",
            "to our order",
            "to my shopping cart",
            "to my shopping basket",
        ],
    ),
    (
        Word::Filler,
        &[
            "please",
            "pretty please",
            "pls",
            "thanks",
            "thank you",
            "thank you very much",
            "thank you so much",
            "thanks a lot",
            "thanks a bunch",
            "many thanks",
            "ta",
            "cheers",
            "hey",
            "hi",
            "hello",
            "ok",
            "okay",
            "um",
            "umm",
            "uh",
            "uhm",
            "er",
            "erm",
            "hmm",
            "well",
            "so",
            "right",
            "alright",
            "kindly",
            "alexa",
            "siri",
            "google",
            "jarvis",
            "nabu",
            "computer",
            "mycroft",
            "hey google",
            "ok google",
            "hey siri",
            "hey jarvis",
            "ok nabu",
            "okay nabu",
            "hey mycroft",
            "me",
            "us",
            "for me",
            "for us",
            "for the house",
            "for home",
            "for the family",
            "for the kids",
            "for dinner",
            "for lunch",
            "for breakfast",
        ],
    ),
    (Word::Weak, &["the", "just", "now", "right now", "also", "then", "today", "too", "as well"]),
    (Word::Some, &["some"]),
    (Word::And, &["and", "plus", "and also", "as well as", "and then", "+", "&"]),
    (Word::Each, &["each", "of each", "apiece"]),
    (Word::Of, &["of"]),
    (
        Word::Query,
        &[
            "how", "how much", "how many", "what", "what's", "why", "when", "when's", "which",
            "who", "where", "where's", "is", "are", "do", "did", "does", "should", "have you",
            "has",
        ],
    ),
    (
        Word::Stop,
        &[
            "not",
            "don't",
            "dont",
            "do not",
            "didn't",
            "won't",
            "no",
            "nope",
            "never",
            "cancel",
            "refund",
            "or",
            "if",
            "unless",
            "until",
            "stop",
            "skip",
            "without",
            "said",
            "say",
            "says",
            "told",
            "wait",
            "actually",
            "instead",
            "except",
            "i mean",
            "tomorrow",
            "yesterday",
            "remind",
            "less",
            "fewer",
            "enough",
        ],
    ),
];

/// A language's phrases of one kind.
pub(crate) fn phrases_of(word: Word, lang: Lang) -> Vec<&'static str> {
    match lang {
        Lang::ZhCn => {
            let ours = ZH_WORDS.iter().filter(|(kind, _)| *kind == word);
            ours.flat_map(|(_, phrases)| phrases.split_whitespace()).collect()
        }
        Lang::En => {
            let ours = EN_WORDS.iter().filter(|(kind, _)| *kind == word);
            ours.flat_map(|(_, phrases)| phrases.iter().copied()).collect()
        }
    }
}

static WORD_TRIE: LazyLock<Trie<Word>> = LazyLock::new(|| {
    let mut words = Trie::new();
    let mut add = |phrase: &str, word: Word| {
        let keys = tokens(phrase);
        words.add(keys.iter().map(|t| t.key.as_str()), word);
    };
    for (word, phrases) in ZH_WORDS {
        phrases.split_whitespace().for_each(|phrase| add(phrase, *word));
    }
    for (word, phrases) in EN_WORDS {
        phrases.iter().for_each(|phrase| add(phrase, *word));
    }
    words
});

/// The small word at the front.
pub(super) fn word_at(tokens: &[Token]) -> Option<(Word, usize)> {
    let (words, len) = WORD_TRIE.longest(tokens)?;
    words.first().map(|word| (*word, len))
}
