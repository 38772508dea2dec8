//! `homepay voice`: what other voice assistants need of the household.

use super::client::Client;
use super::house::in_force;
use super::out::Out;
use super::run_command::household_of;
use super::{Done, Exit, Failure};
use crate::config::Loaded;
use clap::Subcommand;
use homepay_domain::household::Household;
use homepay_language::voice_export::{OutputFile, blueprint, hassil, rhasspy};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

#[derive(Subcommand, Debug)]
pub(super) enum VoiceCommand {
    /// Sentences for another recogniser, written from the catalogue and the devices
    Export {
        /// Rhasspy 2.5 (sentences.ini and slots), Home Assistant's custom sentences, or its
        /// blueprint, which needs no household
        format: VoiceFormat,
        /// Write the files into this folder; without it they are shown
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Read this household file instead of asking the daemon
        #[arg(long, value_name = "FILE")]
        household: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum VoiceFormat {
    /// Rhasspy 2.5
    Rhasspy,
    /// Home Assistant Assist: sentences from the catalogue, and what answers them
    Hassil,
    /// Home Assistant Assist: an automation for each satellite, for any catalogue
    Blueprint,
}

pub(super) async fn voice(
    loaded: &Loaded,
    client: &Client,
    command: VoiceCommand,
    out: Out,
) -> Done {
    let VoiceCommand::Export { format, dir, household } = command;
    let household = match household {
        _ if format == VoiceFormat::Blueprint => Household::default(),
        Some(file) => household_of(&file, &loaded.settings).map_err(|problems| {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failure::usage(told.join("\n"))
        })?,
        None => in_force(client).await?,
    };
    let lang = loaded.settings.home().lang;
    let files = match format {
        VoiceFormat::Rhasspy => rhasspy(&household, lang),
        VoiceFormat::Blueprint => blueprint(),
        VoiceFormat::Hassil => hassil(&household, lang),
    };
    if let Some(dir) = &dir {
        for file in &files {
            write(&dir.join(&file.path), &file.text)?;
        }
    }
    out.document(&document(&files, dir.as_deref()), |_| shown(&files, dir.as_deref()));
    Ok(Exit::Done)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::write(path, text))
        .map_err(|e| Failure::no(format!("{} cannot be written: {e}", path.display())))
}

fn document(files: &[OutputFile], dir: Option<&Path>) -> Value {
    let texts: Map<String, Value> =
        files.iter().map(|file| (file.path.clone(), Value::from(file.text.as_str()))).collect();
    json!({ "files": texts, "written_to": dir.map(|d| d.display().to_string()) })
}

fn shown(files: &[OutputFile], dir: Option<&Path>) -> String {
    match dir {
        Some(dir) => {
            let paths = files.iter().map(|file| dir.join(&file.path).display().to_string());
            paths.collect::<Vec<_>>().join("\n")
        }
        None => {
            let texts = files.iter().map(|file| format!("# --- {}\n{}", file.path, file.text));
            texts.collect::<Vec<_>>().join("\n").trim_end().to_owned()
        }
    }
}
