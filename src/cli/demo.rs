//! A household in one process: embedded broker, sandbox wallet, books in a fresh folder, and
//! devices that talk real MQTT.

mod stage;
mod story;

use super::out::{Out, line};
use super::{Done, Exit, Failure};
use crate::lifecycle::stop_on_signals;
use crate::telemetry::logs;
use homepay_domain::household::Lang;
use serde_json::json;
use stage::DemoStage;
use std::io::IsTerminal;
use story::{DemoStep, steps};
use tokio_util::sync::CancellationToken;

/// How the story is told.
#[derive(Clone, Copy)]
pub(super) struct Telling {
    lang: Lang,
    json: bool,
    colour: bool,
}

impl Telling {
    /// A line of the story, in the language that is told in.
    fn say(self, mark: &str, zh: &str, en: &str) {
        if self.json {
            return;
        }
        let words = match self.lang {
            Lang::ZhCn => zh,
            Lang::En => en,
        };
        line(&format!("   {mark} {words}"));
    }

    fn title(self, step: &DemoStep) {
        if self.json {
            return;
        }
        let title = step.title(self.lang);
        let bold = if self.colour { ("\x1b[1;36m", "\x1b[0m") } else { ("", "") };
        line(&format!("\n{}{}. {title}{}", bold.0, step.number, bold.1));
    }

    fn verdict(self, passed: bool) -> String {
        let (word, colour) = if passed { ("✓", "\x1b[32m") } else { ("✗", "\x1b[31m") };
        if self.colour { format!("{colour}{word}\x1b[0m") } else { word.to_owned() }
    }
}

/// The language of the terminal, where none is asked for.
fn language(asked: Option<&str>) -> Result<Lang, Failure> {
    if let Some(asked) = asked {
        let wrong = || Failure::usage(format!("--lang {asked}: write zh-CN or en"));
        return Lang::parse(asked).ok_or_else(wrong);
    }
    let env = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|v| std::env::var(v).ok());
    Ok(env.as_deref().and_then(Lang::parse).unwrap_or(Lang::En))
}

pub(super) async fn demo(once: bool, seed: u64, lang: Option<&str>, out: Out) -> Done {
    logs("error", false);
    let colour = !out.json && std::io::stdout().is_terminal();
    let telling = Telling { lang: language(lang)?, json: out.json, colour };
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone()).map_err(|e| Failure::no(e.to_string()))?;
    let mut stage = DemoStage::build(telling, stop.clone()).await?;
    stage.introduce(telling);
    let mut results = Vec::new();
    for step in steps() {
        if stop.is_cancelled() {
            break;
        }
        telling.title(&step);
        let result = tokio::select! {
            result = step.play(&mut stage, telling) => result,
            () = stop.cancelled() => break,
        };
        if let Err(why) = &result {
            telling.say(
                "⚠",
                &format!("没有照剧本走：{why:#}"),
                &format!("off the script: {why:#}"),
            );
        }
        results.push((step, result.map_err(|why| format!("{why:#}"))));
    }
    let passed = results.len() == steps().len() && results.iter().all(|(_, r)| r.is_ok());
    summary(&results, telling, out, passed);
    if !once && !stop.is_cancelled() {
        telling.say("…", "日子照常过下去，按 Ctrl-C 结束。", "Life goes on. Press Ctrl-C to end.");
        stage.live_on(seed, telling, &stop).await;
    }
    stage.close().await?;
    Ok(if passed || !once { Exit::Done } else { Exit::No })
}

fn summary(results: &[(DemoStep, Result<(), String>)], telling: Telling, out: Out, passed: bool) {
    let steps: Vec<_> = results
        .iter()
        .map(|(step, result)| {
            json!({
                "step": step.number, "title": step.title(telling.lang),
                "ok": result.is_ok(), "why": result.as_ref().err(),
            })
        })
        .collect();
    out.document(&json!({"ok": passed, "steps": steps}), |_| {
        let mut text = String::from("\n");
        for (step, result) in results {
            let mark = telling.verdict(result.is_ok());
            text.push_str(&format!("{mark} {:>2}. {}\n", step.number, step.title(telling.lang)));
        }
        text
    });
}
