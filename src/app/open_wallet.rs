//! The wallet of a home, and who asks it for more than payments: its balance, and what time it is.

use super::private_files::sandbox_keys;
use super::{AppPlan, WalletPlan};
use futures_util::FutureExt;
use homepay_domain::household::Home;
use homepay_engine::clock_watch::{ClockWatch, DeviceWitnesses};
use homepay_engine::vitals::Vitals;
use homepay_engine::{Input, balance};
use homepay_io::http::{HttpClient, TIMEOUT_DEFAULT};
use homepay_io::system_clock::{HomeClock, OsEntropy, kernel_agrees};
use homepay_sandbox::wallet::{SandboxOptions, SandboxWallet};
use homepay_text::clip::clip;
use homepay_wallets::Connector;
use homepay_wallets::native::{NativeWallet, parse_base_url};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub(super) struct OpenWallet {
    pub connector: Arc<dyn Connector>,
    pub http: Arc<HttpClient>,
    pub sandbox: Option<SandboxWallet>,
}

pub(super) async fn open_wallet(
    plan: &AppPlan,
    console: SocketAddr,
    callback_secret: &[u8],
    clock: &HomeClock,
) -> anyhow::Result<OpenWallet> {
    let mut sandbox = None;
    let (url, account, key_id, request_key, response_key) = match &plan.wallet {
        WalletPlan::Native { url, account, key_id, request_key, response_key } => (
            url.clone(),
            account.clone(),
            key_id.clone(),
            request_key.clone(),
            response_key.clone(),
        ),
        WalletPlan::Sandbox { account, balance, admin } => {
            let keys = sandbox_keys(&plan.state_dir)?;
            let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
            let options = SandboxOptions {
                listen: loopback,
                admin: *admin,
                db: plan.state_dir.join("sandbox-wallet.db"),
                account: account.clone(),
                currency: plan.home.currency,
                balance: *balance,
                key_id: "k1".to_owned(),
                request_key: keys.request.clone(),
                response_key: keys.response.clone(),
                callback: Some((
                    format!("http://{console}/wallet/callback"),
                    callback_secret.to_vec(),
                )),
                clock: Arc::new(clock.clone()),
                durable: true,
            };
            let wallet = homepay_sandbox::wallet::start(options).await?;
            let url = format!("http://{}", wallet.address);
            sandbox = Some(wallet);
            (url, account.clone(), "k1".to_owned(), keys.request, keys.response)
        }
    };
    let (authority, base_path) = parse_base_url(&url)
        .map_err(|why| anyhow::anyhow!("wallet.url = \"{}\": {why}", clip(&url)))?;
    let connector = NativeWallet {
        authority,
        base_path,
        account,
        key_id,
        request_key,
        response_key,
        currency: plan.home.currency,
    };
    Ok(OpenWallet {
        connector: Arc::new(connector),
        http: Arc::new(HttpClient::new(&url, TIMEOUT_DEFAULT)?),
        sandbox,
    })
}

/// The in-process sandbox has this machine's clock: it is no witness of what time it is.
pub(super) fn clock_watch(
    clock: &HomeClock,
    wallet: &OpenWallet,
    devices: Arc<DeviceWitnesses>,
    vitals: &Arc<Vitals>,
    queue: mpsc::Sender<Input>,
) -> ClockWatch<HttpClient, HomeClock> {
    let outside = wallet.sandbox.is_none();
    ClockWatch {
        clock: clock.clone(),
        kernel: kernel_agrees,
        wallet: outside.then(|| (wallet.connector.clone(), wallet.http.clone())),
        devices,
        vitals: vitals.clone(),
        entropy: Box::new(OsEntropy),
        queue,
    }
}

/// Where the owner wants to know when there is little in the wallet, it is asked now and then.
pub(super) fn ask_balance(
    home: &Home,
    wallet: &OpenWallet,
    clock: HomeClock,
    queue: mpsc::Sender<Input>,
) -> JoinHandle<()> {
    let of = (wallet.connector.clone(), wallet.http.clone());
    let wanted = home.rules.wallet_low.is_some();
    let task = async move {
        if wanted {
            balance::run(of, clock, Box::new(OsEntropy), queue).await;
        }
    };
    tokio::spawn(task.boxed())
}
