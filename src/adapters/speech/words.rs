//! The small words around an order: what may stand there and mean nothing, and what may not.

use super::text::{Token, tokens};
use super::trie::Trie;
use std::sync::LazyLock;

/// What a small word does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Asks for something: "buy", "来".
    Verb,
    /// A verb that takes away a question's doubt: "could you get me", "能不能帮我".
    Ask,
    /// Politeness, names of assistants, hesitation.
    Filler,
    /// Means nothing beside a verb; without one it makes a statement: "the two boxes", 家里两箱.
    Weak,
    /// "some", "一些": no number, and none is meant.
    Some,
    /// Joins two things.
    And,
    /// Joins a quantity and its thing: "of", "的".
    Of,
    /// Asks for a yes to what was just asked for: 好吗.
    Tag,
    /// Makes a question: "吗".
    Tail,
    /// Known to turn an order into something else.
    Stop,
}

const ZH: &[(Word, &str)] = &[
    (
        Word::Verb,
        "买 购买 购 采购 订 订购 预定 下单 下个单 下一单 点 来 要 再来 再买 再要 再订 再点 来点 买点 \
         要点 弄 搞 整 叫 送 打 称 充 充值 交 加购 我要 我想要 我想买 我想订 想买 想要 我要买 我要订 \
         我们要 我们要买 咱们要 还要 需要 我需要 割 囤 那买 那来 那要",
    ),
    (
        Word::Ask,
        "能不能帮我 能不能给我 可不可以帮我 可不可以给我 可以帮我 可以给我 能帮我 能给我 能否帮我 \
         可以帮忙 能不能帮忙 可否帮我 能帮忙",
    ),
    (
        Word::Filler,
        "请 请你 请您 麻烦 麻烦你 麻烦您 麻烦了 劳驾 拜托 拜托了 帮 帮我 帮忙 帮我们 帮家里 给我 \
         给我们 给家里 给咱们 给咱家 给我们家 替我 为我 给孩子 给宝宝 给猫 给狗 给老人 给大家 一下 \
         谢谢 谢谢你 谢谢您 谢谢啦 多谢 谢了 谢 感谢 辛苦了 吧 呗 啊 呀 哈 哦 噢 嗯 呃 额 唉 哎 喂 \
         那个 那就 先 行 好 好的 好吧 好了 行了 你好 您好 嗨 赶紧 快点 小爱同学 小爱 小度小度 小度 天猫精灵 顺便 请问 嘿 过来 一趟",
    ),
    (Word::Weak, "家里 我家 我们家 咱家 现在 马上 快 就 也 都 想 我想"),
    (Word::Some, "一些 一点 一点儿 些 点儿"),
    (Word::And, "和 跟 与 及 以及 还有 再加 外加 加 加上 另外 再加上 然后"),
    (Word::Of, "的"),
    (Word::Tag, "好吗 好不好 可以吗 行吗 行不行"),
    (Word::Tail, "吗 么 嘛"),
    (
        Word::Stop,
        "买了 订了 要了 点了 来了 下单了 买好 订好 点好 买过 买到 送到 送了 付了 充了 买完 要是 \
         来买 买来 订来 点来 要来 送来 叫来 充好 称好 叫好 送好 打好 交好 囤好 割好 要么 要不 点什么 来着 不 别 没 无 勿 未 几 谁 多少 如 若 假 或 呢 说 唱 讲 昨 明 已 退 取消",
    ),
];

const EN: &[(Word, &[&str])] = &[
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
            "i want",
            "i need",
            "we want",
            "we need",
            "i'd like",
            "id like",
            "i would like",
            "we'd like",
            "we would like",
            "give me",
            "give us",
            "i'll take",
            "i'll have",
            "let me have",
            "let me get",
            "i want to buy",
            "i want to order",
            "i'd like to buy",
            "i'd like to order",
            "i would like to buy",
            "i would like to order",
            "i need to buy",
            "i need to order",
            "go ahead and buy",
            "go ahead and order",
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
            "could i have",
            "could i get",
            "may i have",
            "can we have",
            "can we get",
            "could we have",
            "could we get",
            "would you mind",
        ],
    ),
    (
        Word::Filler,
        &[
            "please",
            "pls",
            "thanks",
            "thank you",
            "thank you very much",
            "thanks a lot",
            "cheers",
            "hey",
            "hi",
            "hello",
            "ok",
            "okay",
            "um",
            "uh",
            "uhm",
            "er",
            "erm",
            "well",
            "so",
            "right",
            "alright",
            "kindly",
            "alexa",
            "hey google",
            "hey siri",
            "me",
            "us",
            "for me",
            "for us",
            "for the house",
            "for home",
            "for the family",
        ],
    ),
    (Word::Weak, &["the", "just", "now", "right now", "also", "then"]),
    (Word::Some, &["some"]),
    (Word::And, &["and", "plus", "and also", "as well as", "and then", "+", "&"]),
    (Word::Of, &["of"]),
    (
        Word::Stop,
        &[
            "not", "don't", "dont", "no", "never", "cancel", "refund", "or", "if", "how", "what",
            "why", "when", "stop", "without", "said", "say", "told", "did", "do", "should",
        ],
    ),
];

static WORDS: LazyLock<Trie<Word>> = LazyLock::new(|| {
    let mut words = Trie::new();
    let mut add = |phrase: &str, word: Word| {
        let keys = tokens(phrase);
        words.add(keys.iter().map(|t| t.key.as_str()), word);
    };
    for (word, phrases) in ZH {
        phrases.split_whitespace().for_each(|phrase| add(phrase, *word));
    }
    for (word, phrases) in EN {
        phrases.iter().for_each(|phrase| add(phrase, *word));
    }
    words
});

/// The small word at the front.
pub(super) fn word_at(tokens: &[Token]) -> Option<(Word, usize)> {
    let (words, len) = WORDS.longest(tokens)?;
    words.first().map(|word| (*word, len))
}
