//! The first speaker: this page itself, or one that the home has.

use super::{PAGE_SPEAKER, Progress, StepRefused, add, answer, free_id, proven, quoted};
use crate::Pages;
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use homepay_domain::household::DeviceKind;
use serde::Deserialize;

/// Ways in which a home's speakers speak: profile, and whether it is found by a topic (else it signs with a
/// key).
const VOICES: [(&str, bool); 4] =
    [("ha-assist", true), ("hermes", true), ("xiaoai", true), ("homepay-native", false)];

#[derive(Template)]
#[template(path = "wizard_speaker.html")]
struct SpeakerStep {
    p: Page,
    progress: Progress,
    fault: Option<String>,
    voices: Vec<&'static str>,
    /// Speakers that are there already.
    known: Vec<String>,
    has_page: bool,
    said: SpeakerFields,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct SpeakerFields {
    #[serde(default)]
    which: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    profile: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    password: String,
}

fn step(pages: &Pages, page: Page, progress: Progress, said: SpeakerFields) -> SpeakerStep {
    let view = pages.api.view();
    let devices = view.book.household.devices.iter();
    let speakers = devices.filter(|(_, device)| device.kind == DeviceKind::Speaker);
    let known: Vec<(String, String)> = speakers
        .map(|(id, device)| (id.to_string(), device.name.of(page.lang).to_owned()))
        .collect();
    SpeakerStep {
        progress,
        fault: None,
        voices: VOICES.iter().map(|(profile, _)| *profile).collect(),
        has_page: known.iter().any(|(id, _)| id == PAGE_SPEAKER),
        known: known.into_iter().map(|(_, name)| name).collect(),
        said,
        p: page,
    }
}

pub(super) async fn form(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let progress = Progress::at(&pages, &signed, "speaker");
    show(&step(&pages, signed.page, progress, SpeakerFields::default()))
}

pub(super) async fn add_speaker(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<SpeakerFields>,
) -> Response {
    let progress = Progress::at(&pages, &signed, "speaker");
    let done = match proven(&pages, &desk, &signed, said.password.clone()).await {
        Ok(()) => added(&pages, &signed, &said).await,
        Err(refused) => Err(refused),
    };
    let said = SpeakerFields { password: String::new(), ..said };
    let again = {
        let (pages, progress) = (pages.clone(), progress.clone());
        move |page, why| {
            show(&SpeakerStep { fault: Some(why), ..step(&pages, page, progress, said) })
        }
    };
    answer(signed.page, &progress, done, again)
}

async fn added(pages: &Pages, signed: &SignedIn, said: &SpeakerFields) -> Result<(), StepRefused> {
    let page = &signed.page;
    let household = pages.api.view().book.household.clone();
    let is_taken = |id: &homepay_domain::ids::Name| household.devices.contains_key(id);
    let key = || {
        let bytes = BASE64_STANDARD.encode(rand::random::<[u8; 32]>());
        format!("keys = {{ k1 = {} }}\n", quoted(&format!("base64:{bytes}")))
    };
    if said.which != "own" {
        let is_there = household.devices.keys().any(|id| id.as_str() == PAGE_SPEAKER);
        if is_there {
            return Ok(());
        }
        let table = format!(
            "[[devices]]\nid = \"{PAGE_SPEAKER}\"\nkind = \"speaker\"\nname = {}\n\
             profile = \"homepay-native\"\n{}",
            quoted(&page.t("wizard-page-speaker")),
            key()
        );
        return add(pages, signed, &table).await;
    }
    let name = said.name.trim();
    if name.is_empty() {
        return Err(StepRefused::wrong(page.t("wizard-no-name")));
    }
    let known = VOICES.iter().find(|(profile, _)| *profile == said.profile);
    let Some((profile, has_topic)) = known else {
        return Err(StepRefused::wrong(page.t("wizard-no-profile")));
    };
    let topic = said.topic.trim();
    let mut table = format!(
        "[[devices]]\nid = {}\nkind = \"speaker\"\nname = {}\nprofile = \"{profile}\"\n",
        quoted(&free_id(name, "speaker", is_taken)),
        quoted(name)
    );
    match (has_topic, topic.is_empty()) {
        (false, _) => table.push_str(&key()),
        (true, true) => return Err(StepRefused::wrong(page.t("wizard-no-topic"))),
        (true, false) => table.push_str(&format!("topic = {}\n", quoted(topic))),
    }
    add(pages, signed, &table).await
}
