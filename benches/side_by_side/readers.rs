//! A decision while owners look: fifty readers at the HTTP door of a house of a thousand devices, each
//! of whom asks for another view every second, as pages that are left open do.

use crate::hub::{Hub, device};
use crate::load::{Fleet, Mix};
use crate::table::{Figures, Target, median};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const DEVICES: usize = 1_000;
const READERS: usize = 50;
/// How often each of them asks.
const EVERY: Duration = Duration::from_secs(1);
/// Runs with and without readers take turns this often.
const ROUNDS: usize = 7;
/// Orders a second, and of a run.
const PER_S: u32 = 100;
const PACED: usize = 400;

/// Readers that go on until they are dropped.
struct Readers {
    ends: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Readers {
    /// They have a thread of their own: what they read is not to delay the load.
    fn start(socket: PathBuf) -> Readers {
        let (ends, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until, count) = (ends.clone(), answers.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let readers = (0..READERS).map(|number| {
                    tokio::spawn(read(socket.clone(), number, until.clone(), count.clone()))
                });
                for reader in readers.collect::<Vec<_>>() {
                    reader.await.expect("a reader that is answered");
                }
            });
        });
        Readers { ends, answers, thread: Some(thread) }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the readers");
        }
    }
}

async fn read(socket: PathBuf, number: usize, ends: Arc<AtomicBool>, answers: Arc<AtomicU64>) {
    let own = format!("devices/{}", device(number));
    let targets = ["status", "limits", "orders", "alerts", &own];
    let all = EVERY * u32::try_from(number).expect("few readers");
    tokio::time::sleep(all / u32::try_from(READERS).expect("few readers")).await;
    for target in targets.iter().cycle().skip(number) {
        let began = Instant::now();
        let mut stream = UnixStream::connect(&socket).await.expect("the control socket");
        let request =
            format!("GET /api/v1/{target} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        assert!(
            answer.starts_with(b"HTTP/1.1 200"),
            "{target}: {}",
            String::from_utf8_lossy(&answer)
        );
        answers.fetch_add(1, Ordering::Relaxed);
        if ends.load(Ordering::Relaxed) {
            return;
        }
        tokio::time::sleep(EVERY.saturating_sub(began.elapsed())).await;
    }
}

pub async fn measure(dir: &Path, broker: u16, figures: &mut Figures) {
    let dir = dir.join("watched");
    let hub = Hub::start(&dir, broker, "watched", DEVICES);
    let mut fleet = Fleet::connect(broker, "watched", hub.pid()).await;
    fleet.paced(PER_S, PACED, Mix::Declined).await;
    let (mut alone, mut watched, mut looks) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        alone.push(fleet.paced(PER_S, PACED, Mix::Declined).await);
        let readers = Readers::start(dir.join("control.sock"));
        watched.push(fleet.paced(PER_S, PACED, Mix::Declined).await);
        looks += readers.answers.load(Ordering::Relaxed);
    }
    let seconds = ROUNDS as f64 * PACED as f64 / f64::from(PER_S);
    for (part, name, target) in [(0.5, "p50", Target::Most(1.05)), (0.99, "p99", Target::None)] {
        let ms = |runs: &[crate::load::Run]| {
            median(runs.iter().map(|run| run.percentile(part).as_secs_f64() * 1000.0))
        };
        let (without, with) = (ms(&alone), ms(&watched));
        let how =
            format!("{with:.2} / {without:.2} ms, {:.0} looks a second", looks as f64 / seconds);
        figures.add(&format!("decision beside readers, {name}"), how, with / without, "×", target);
    }
}
